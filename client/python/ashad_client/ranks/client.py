"""The loop over trials on every rank: rank 0 asks the daemon, and all ranks hear the same.

An exception on any rank fails the trial, once; a rank that leaves gives it back; of one that is
gone without a word the lease expires, as of any worker. It takes part in no collective of theirs.
"""

from __future__ import annotations

import atexit
import dataclasses
import logging
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from ashad_client._sync.client import Client
from ashad_client._sync.trial import Trial
from ashad_client.errors import misuse
from ashad_client.ranks.agreement import Agreement, disagreement
from ashad_client.ranks.group import Group
from ashad_client.ranks.message import differences, of_trial
from ashad_client.ranks.trial import SharedTrial
from ashad_client.session.attempt import describe
from ashad_client.session.loop_exit import LoopExit

if TYPE_CHECKING:
    from ashad_client.trackers.run_log import Destination

log = logging.getLogger("ashad_client")

_GRACE_S = 10.0  # from leaving the loop to saying why; an interpreter that ends takes a second


@final
class SharedClient:
    """A client that all ranks of a group have; what is not here is that of the client itself."""

    def __init__(self, client: Client, group: Group) -> None:
        self.client = client
        self.rank, self.size = group.rank, group.size
        self._trial: Trial | None = None  # on rank 0
        self._left: set[int] = set()  # ranks that left the loop, and have not said why
        self._told = threading.Event()  # one of them has
        self._failure = ""  # what it said, where it failed
        self._warned = False
        self._exit: LoopExit | None = None  # of a loop that this rank left, where it must say why
        self._agreement = Agreement(group, self._noted, self._outcome)
        if self.size > 1:
            atexit.register(self.close)
            _give_back_on_sigterm()

    def trials(
        self,
        study: str,
        *,
        defaults: Mapping[str, Any] | None = None,
        max_resource: int | None = None,
        log_to: Sequence[Destination] = (),
    ) -> Iterator[SharedTrial]:
        """Yield the same trials on every rank, until the study is finished.

        `log_to`: as of `Client.trials`; rank 0 alone tells the trackers.
        """
        self._say_why()
        self._agreement.over = False
        alone = {"defaults": defaults, "max_resource": max_resource, "log_to": log_to}
        offered = self.client.trials(study, **alone) if self.rank == 0 else iter(())  # type: ignore[arg-type]
        ended, loop_exit = False, LoopExit()
        try:
            while not self._agreement.over:
                loop_exit = LoopExit()
                told = self._agreement.decide(
                    {"do": "trials", "study": study}, lambda words: self._next(words, offered)
                )
                if "finished" in told:
                    break
                if "trial" in told:  # else a rank still was in the last one, which had ended
                    yield SharedTrial(told["trial"], self._agreement, self._decide, self._end)
            ended = True
        finally:
            if isinstance(offered, Generator):
                offered.close()
            if not ended:
                loop_exit.mark()
                self._agreement.leave()
                self._exit = loop_exit if self.rank else None

    def suggest(self, *_: Any, **__: Any) -> None:
        """Refuse: a trial of one rank alone is none of this client's."""
        raise misuse("SHARED", "ranks share trials in a loop: for trial in client.trials(...)")

    def close(self) -> None:
        """Say why this rank left, if it did, and hang up; rank 0 settles what it holds."""
        self._close(None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def __enter__(self) -> SharedClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close(error)

    def _close(self, error: BaseException | None) -> None:
        atexit.unregister(self.close)
        self._say_why(error)
        self.client.__exit__(type(error) if error else None, error, None)
        self._agreement.close()

    def _say_why(self, error: BaseException | None = None) -> None:
        loop_exit, self._exit = self._exit, None
        if loop_exit is not None:
            error = error or loop_exit.find()
            failed = isinstance(error, Exception)
            said = {"note": "fail", "message": describe(error)} if failed and error else None
            self._agreement.note(said or {"note": "release"}, late=True)

    # --- on rank 0 ---

    def _next(self, words: list[dict[str, Any]], offered: Iterator[Trial]) -> dict[str, Any]:
        self._agree(words)
        if len({word["do"] for word in words}) > 1:
            return self._stopped()
        self._trial = next(offered, None)
        self._warned, self._failure = False, ""
        self._left.clear()
        self._told.clear()
        return {"finished": True} if self._trial is None else {"trial": of_trial(self._trial)}

    def _decide(self, words: list[dict[str, Any]], own: Any) -> dict[str, Any]:
        self._agree(words)
        trial = self._trial
        assert trial is not None
        if words[0]["do"] != "report" or len({word["do"] for word in words}) > 1:
            trial.should_stop()
            return self._stopped()
        resource, checkpoint, metrics = own
        said = differences(trial.metric, words)
        if said and not self._warned:
            self._warned = True
            log.warning(
                "%s: %s differs between ranks: %s; that of rank 0 is reported. Reduce it first",
                f"{trial.study}/{trial.number}",
                trial.metric,
                said,
            )
        return {"decision": dataclasses.asdict(trial.report(resource, checkpoint, metrics))}

    def _stopped(self) -> dict[str, Any]:
        assert self._trial is not None
        return {"decision": dataclasses.asdict(self._trial.decision)}

    def _agree(self, words: list[dict[str, Any]]) -> None:
        """Raise where ranks are at different steps, unless one of them has ended the trial."""
        over = self._trial is not None and self._trial.decision.should_stop
        steps = {(word["do"], word.get("resource"), word.get("study")) for word in words}
        if len(steps) > 1 and not over:
            raise disagreement(words)

    def _end(self, kind: str, message: str) -> None:
        if self.rank:
            self._agreement.note({"note": kind, "message": message})
        elif self._trial is not None:
            end = getattr(self._trial, kind)
            end(message) if message else end()

    def _noted(self, rank: int, word: dict[str, Any] | None) -> None:
        """Hear, in a thread, how it ended for another rank; the first word of it counts."""
        trial = self._trial
        if trial is None:
            return
        if word is None and rank in self._left:
            self._end_for(trial, "release", "")
        elif word is None:
            if not self._told.is_set():
                log.error("rank %d is gone: its trial is given up", rank)
                trial._attempt.end("RANK_LOST")  # noqa: SLF001  # nobody is told: the lease expires
        elif word["note"] == "left":
            self._left.add(rank)
            timer = threading.Timer(_GRACE_S, self._end_for, (trial, "release", ""))
            timer.daemon = True
            timer.start()
        else:
            message = f"rank {rank}: {word['message']}" if word.get("message") else ""
            self._end_for(trial, word["note"], message)

    def _end_for(self, trial: Trial, kind: str, message: str) -> None:
        if trial is self._trial and not self._told.is_set():
            if kind == "fail":
                self._failure = message
            end = getattr(trial, kind)
            end(message) if message else end()
            self._told.set()

    def _outcome(self, rank: int) -> None:
        if self._trial is not None:
            self._told.wait(2 * _GRACE_S)
        if self._failure:
            raise misuse("RANK_FAILED", self._failure)
        log.warning("rank %d left the loop, so all do", rank)


def _give_back_on_sigterm() -> None:
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
