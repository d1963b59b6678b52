"""The keyring: the daemon's view of the tokens, always that of the file as it is now.

Looks at the file before each use, so that a revocation counts at once, and lets nobody in while
the file cannot be read. Counts the calls of each token; never writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ashad.security.tokens import Denied, Token, TokenFileError, read_tokens, split

RATE = 20_000  # calls a second that one token may make where it says nothing else
_BURST_S = 2.0  # a token may be so many seconds ahead of its rate

Mark = tuple[int, int, int]


class Keyring:
    """Tokens by id. `wall` gives seconds since 1970, `monotonic` seconds that never run back."""

    def __init__(
        self, path: Path, wall: Callable[[], float], monotonic: Callable[[], float],
        tell: Callable[[str], None], rate: int = RATE,
    ) -> None:  # fmt: skip
        self.path, self._rate = path, rate
        self._wall, self._monotonic, self._tell = wall, monotonic, tell
        self._mark: Mark | None = None
        self._looked = False
        self._tokens: dict[str, Token] = {}
        self._spent: dict[str, float] = {}  # the time up to which a token has used its calls

    def find(self, presented: str) -> Token:
        """Return the token that is presented, or raise `Denied`."""
        number, secret = split(presented)
        self._look()
        token = self._tokens.get(number)
        if token is None or not token.matches(secret):
            raise Denied("TOKEN_INVALID", "the token is none of this daemon's; ask for a new one")
        state = token.state(self._wall())
        if state != "active":
            raise Denied(
                f"TOKEN_{state.upper()}", f"the token {token.id} is {state}; ask for a new one"
            )
        return token

    def spend(self, token: Token) -> float:
        """Count one call; return how many seconds too early it comes, 0 where it may go on."""
        now, each = self._monotonic(), 1.0 / (token.rate or self._rate)
        begun = max(self._spent.get(token.id, 0.0), now - _BURST_S)
        if begun > now:
            return begun - now
        self._spent[token.id] = begun + each
        return 0.0

    @property
    def count(self) -> int:
        """How many tokens are active."""
        self._look()
        now = self._wall()
        return sum(token.state(now) == "active" for token in self._tokens.values())

    def _look(self) -> None:
        mark = _mark(self.path)
        if self._looked and mark == self._mark:
            return
        try:
            tokens = read_tokens(self.path)
        except TokenFileError as error:
            tokens = []
            self._tell(f"{error}; nobody is let in until it is mended")
        self._tokens = {token.id: token for token in tokens}
        # Of the file that was there before it was read: one that came meanwhile is looked at again.
        self._looked, self._mark = True, mark


def _mark(path: Path) -> Mark | None:
    """Return what tells one state of a file from the next."""
    try:
        found = os.stat(path)  # noqa: PTH116 - on every call
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
