"""How ranks agree: each says its word, rank 0 answers once, and all hear the same answer.

Whatever may end the work of one rank reaches rank 0 at any time, also while the others compute. A
loop over trials is a term: what was said in a term that is over counts for nothing. It never asks a
daemon.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ashad_client.errors import Error, misuse
from ashad_client.ranks.group import Group
from ashad_client.ranks.message import of_error, to_error
from ashad_client.ranks.star import Hub, Line, Word, spoke

Answer = Callable[[list[Word]], Word]
# Told by rank 0 on the way out, or the answer where a rank left: the loop is over for all.
OVER: Word = {"over": True}


class Agreement:
    """One rank's part in it.

    `noted(rank, word)` is called on rank 0, in a thread, for what another rank says unasked: a word
    with `note`, or None where it is gone without one.
    `outcome(rank)` is called on rank 0 where a rank left; it raises `Error`, or the loop is over.
    """

    def __init__(
        self,
        group: Group,
        noted: Callable[[int, Word | None], None],
        outcome: Callable[[int], None],
    ) -> None:
        self.rank, self.size = group.rank, group.size
        self.group = group  # its store must live on
        self._noted, self._outcome = noted, outcome
        self.over = False  # the loop is, whatever this rank still does in it
        self._term = 0
        self._parted: set[int] = set()  # who said that it is done
        self._hub: Hub | None = None
        self._line: Line | None = None
        if self.size > 1 and self.rank == 0:
            self._hub = Hub(group, self._heard)
        elif self.size > 1:
            self._line = spoke(group)

    def decide(self, word: Word, answer: Answer) -> Word:
        """Say a word and return the answer to those of all ranks, which rank 0 makes of them.

        Every rank calls it. Raises `Error` on all ranks where `answer` does on rank 0.
        """
        if self._line is not None:
            return self._ask(self._line, word)
        return self._answer(word, answer)

    def note(self, word: Word, *, late: bool = False) -> None:
        """Tell rank 0 what waits for no answer; `late`: of the term that this rank left."""
        if self._line is not None:
            self._line.tell({**word, "term": self._term - late})

    def leave(self) -> None:
        """End the term on this rank, and let the others know."""
        if self.over:
            return
        self.over = True
        self.note({"note": "left"})
        if self._hub is not None:
            self._hub.tell_all({**OVER, "term": self._term})
        self._term += 1

    def close(self) -> None:
        """Say that this rank is done, and hang up."""
        self.note({"note": "done"})
        if self._hub is not None:
            self._hub.tell_all({**OVER, "term": self._term, "done": True})
            self._hub.close()
        if self._line is not None:
            self._line.close()

    # --- rank 0 ---

    def _answer(self, word: Word, answer: Answer) -> Word:
        said = {0: word} | {rank: self._next_word(rank) for rank in range(1, self.size)}
        gone = [rank for rank, one in said.items() if one is None]
        left = [rank for rank, one in said.items() if one is not None and "note" in one]
        problem: Error | None = None
        told: Word = OVER
        try:
            if gone:
                raise misuse("RANK_LOST", f"rank {gone[0]} is gone; its trial waits for its lease")
            for rank in left:
                self._outcome(rank)
            if not left:
                told = answer([one for one in said.values() if one is not None])
        except Error as error:
            problem = error
            told = {"error": of_error(error)}
        for rank in range(1, self.size):
            if self._hub is not None and rank not in gone and rank not in left:
                self._hub.tell(rank, {**told, "term": self._term})
        if problem is not None:
            raise problem
        if "over" in told:
            self._term += 1
            self.over = True
        return told

    def _next_word(self, rank: int) -> Word | None:
        assert self._hub is not None
        while True:
            word = self._hub.next_word(rank)
            if word is None or word["term"] >= self._term:
                return word

    def _heard(self, rank: int, word: Word | None) -> bool:
        if word is None:
            if rank not in self._parted:
                self._noted(rank, None)
            return False
        if word.get("note") == "done":
            self._parted.add(rank)
            return True
        if "note" in word and word["term"] == self._term:
            self._noted(rank, word)
        return "note" in word and word["note"] != "left"

    # --- the others ---

    def _ask(self, line: Line, word: Word) -> Word:
        line.tell({**word, "term": self._term})
        while True:
            told = line.hear()
            if told is None:
                raise misuse("RANK_LOST", f"rank 0 is gone, so rank {self.rank} cannot go on")
            if told["term"] < self._term:
                continue
            if "error" in told:
                raise to_error(told["error"])
            if "over" in told:
                self._term = told["term"] + 1
                self.over = True
            return told


def disagreement(words: list[dict[str, Any]]) -> Error:
    """Make the error for ranks that are not at the same step."""
    where = ", ".join(
        f"rank {rank} is at {word['do']}"
        + (f" of {word['resource']}" if "resource" in word else "")
        for rank, word in enumerate(words)
    )
    return misuse("RANKS_DISAGREE", f"all ranks take the same steps, but {where}")
