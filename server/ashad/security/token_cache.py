"""The daemon's view of the token file, always as the file is now.

Looks at the file before each use, so that a revocation takes effect at once; while the file cannot
be read no token is valid. Never writes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ashad.security.tokens import DeniedError, Token, TokenFileError, read_tokens, split

_FileMark = tuple[int, int, int]


class TokenCache:
    """Tokens by id. `wall` gives seconds since 1970."""

    def __init__(
        self, path: Path, wall: Callable[[], float], log_error: Callable[..., object]
    ) -> None:
        self.path = path
        self._wall, self._log_error = wall, log_error
        self._mark: _FileMark | None = None
        self._looked = False
        self._tokens: dict[str, Token] = {}

    def find(self, presented: str) -> Token:
        """Return the token that is presented, or raise `DeniedError`."""
        number, secret = split(presented)
        self._look()
        token = self._tokens.get(number)
        if token is None or not token.matches(secret):
            raise DeniedError(
                "TOKEN_INVALID", "this daemon does not know the token; ask for a new one"
            )
        state = token.state(self._wall())
        if state != "active":
            raise DeniedError(
                f"TOKEN_{state.upper()}", f"the token {token.id} is {state}; ask for a new one"
            )
        return token

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
            self._log_error(
                "token_file_unreadable", why=f"{error}; until it is fixed no token is valid"
            )
        self._tokens = {token.id: token for token in tokens}
        # The mark was taken before reading: a file that was replaced meanwhile is read again.
        self._looked, self._mark = True, mark


def _mark(path: Path) -> _FileMark | None:
    """Return what tells one state of a file from the next."""
    try:
        found = os.stat(path)  # noqa: PTH116 - on every call
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
