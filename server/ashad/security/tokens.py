"""Tokens and their file: made, listed and revoked by people, only read by the daemon.

The file holds a hash of each token and never the token itself, which is shown once, when it is
made. It is replaced as a whole, so that a reader sees the old file or the new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

Role = Literal["admin", "worker", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
PREFIX = "ash"  # secret scanners know tokens by it
MAX_FILE_BYTES = 16 << 20
MOST_RATE = 1_000_000
MAX_LABEL = 200
_VERSION = 1
_LAST = 253_402_300_799  # the end of the year 9999, the last that dates can be written of


class DeniedError(Exception):
    """A token that opens nothing; `reason` is stable and UPPER_SNAKE."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TokenFileError(Exception):
    """The file cannot be read or written; the message names it and the fix."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of one token. Times are seconds since 1970.

    `studies` are names, or beginnings of names that end in `*`; none means all. `rate` is how many
    calls a second it may make, None the daemon's own limit.
    """

    id: str
    role: Role
    digest: str
    created: int
    label: str = ""
    studies: tuple[str, ...] = ()
    expires: int | None = None
    revoked: int | None = None
    rate: int | None = None

    def covers(self, study: str) -> bool:
        """Whether it may see this study at all."""
        return not self.studies or any(
            study.startswith(one[:-1]) if one.endswith("*") else study == one
            for one in self.studies
        )

    @property
    def owner(self) -> str:
        """Whose it is: its label as one line of printable text, its id where it has none."""
        return _line(self.label) or self.id

    def state(self, now: float) -> str:
        """Return "active", "expired" or "revoked"."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "active"

    def matches(self, secret: str) -> bool:
        """Whether this is its secret; takes as long whatever is wrong."""
        return hmac.compare_digest(self.digest, _digest(secret))


def default_path(db: Path) -> Path:
    """Return where the tokens of a database are kept."""
    return db.with_name(db.name + ".tokens")


def split(presented: str) -> tuple[str, str]:
    """Return (id, secret) of a token as it is presented; raise `DeniedError` for what is none."""
    prefix, _, rest = presented.partition("_")
    number, _, secret = rest.partition("_")
    if prefix != PREFIX or not number or not secret:
        raise DeniedError("TOKEN_INVALID", "this daemon does not know the token; ask for a new one")
    return number, secret


class TokenFile:
    """The file of tokens, for whoever makes and revokes them.

    Where the path is a link, what it leads to is replaced: the daemon may know it by that name.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path.resolve()
        self._clock = clock

    def read(self) -> list[Token]:
        """Return all tokens, oldest first; none where there is no file yet."""
        return read_tokens(self.path)

    def create(
        self,
        role: Role,
        *,
        label: str = "",
        studies: tuple[str, ...] = (),
        lifetime_s: float | None = None,
        rate: int | None = None,
    ) -> tuple[Token, str]:
        """Make a token; return what is known of it, and the token, which nobody sees again."""
        now = int(self._clock())
        secret = secrets.token_urlsafe(32)
        token = Token(
            id=secrets.token_hex(4),
            role=role,
            digest=_digest(secret),
            created=now,
            label=label,
            studies=studies,
            expires=None if lifetime_s is None else now + int(lifetime_s),
            rate=rate,
        )
        with self._changing() as tokens:
            tokens.append(token)
        return token, f"{PREFIX}_{token.id}_{secret}"

    def revoke(self, number: str) -> Token:
        """Revoke the token of that id, for good. Repeated, it is an echo."""
        with self._changing() as tokens:
            for place, token in enumerate(tokens):
                if token.id == number:
                    if token.revoked is None:
                        tokens[place] = replace(token, revoked=int(self._clock()))
                    return tokens[place]
        raise TokenFileError(f"{self.path}: no token has the id {number!r}; see ashad token list")

    @contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        """Read under a lock, and replace the file by what the list has become."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._leave(lock)
        except OSError as error:
            raise TokenFileError(f"{error.filename}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tokens = read_tokens(self.path)
            before = list(tokens)
            yield tokens
            if tokens != before:
                self._write(tokens)
        finally:
            os.close(lock)

    def _leave(self, handle: int) -> None:
        """Leave a file to whom the tokens belong: else root would lock the daemon out.

        What others might read before they may read still; nobody but the owner may write.
        """
        there = self.path.exists()
        found = (self.path if there else self.path.parent).stat()
        if os.geteuid() == 0:
            os.fchown(handle, found.st_uid, found.st_gid)
        if there:
            os.fchmod(handle, found.st_mode & 0o044 | 0o600)

    def _write(self, tokens: list[Token]) -> None:
        text = json.dumps(
            {"version": _VERSION, "tokens": [asdict(one) for one in tokens]}, indent=1
        )
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    self._leave(handle)
                    file.write(text + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise TokenFileError(f"{self.path} cannot be written: {error.strerror}") from error


def read_tokens(path: Path) -> list[Token]:
    """Read a file of tokens strictly; a file that is not there holds none."""
    try:
        # Not waited for: a pipe would stop the daemon.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(MAX_FILE_BYTES + 1) if stat.S_ISREG(mode) else b""
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TokenFileError(f"{path} cannot be read: {error.strerror}") from error
    if mode & stat.S_IWOTH:
        raise TokenFileError(f"{path} may be written by everyone; chmod o-w it, and look into it")
    if len(raw) > MAX_FILE_BYTES:
        raise TokenFileError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
    try:
        content = json.loads(raw)
        if content["version"] != _VERSION:
            raise TokenFileError(f"{path} is of version {content['version']}, not {_VERSION}")
        tokens = {token.id: token for token in map(_token, content["tokens"])}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise TokenFileError(f"{path} is no file of tokens; see ashad token --help") from error
    if len(tokens) < len(content["tokens"]):  # only one of them would be revoked
        raise TokenFileError(f"{path}: an id is there twice; take out one of its tokens")
    return list(tokens.values())


def _token(entry: dict[str, Any]) -> Token:
    token = Token(**{**entry, "studies": tuple(entry["studies"])})
    texts = (token.id, token.digest, token.label, *token.studies)
    if token.role not in ROLES or not all(isinstance(text, str) for text in texts):
        raise ValueError(token.id)
    if not re.fullmatch("[0-9A-Za-z]+", token.id) or not re.fullmatch("[0-9a-f]{64}", token.digest):
        raise ValueError(token.id)
    for number, least, most in (
        (token.created, 0, _LAST),
        (token.expires, 0, _LAST),
        (token.revoked, 0, _LAST),
        (token.rate, 1, MOST_RATE),
    ):
        if number is not None and not (isinstance(number, int) and least <= number <= most):
            raise ValueError(token.id)
    return token


@lru_cache(4096)
def _line(label: str) -> str:
    """Return a label as it can be kept and sent: one that was typed may not even be Unicode."""
    return "".join(c if c.isprintable() else "?" for c in label[:MAX_LABEL]).strip()


def _digest(secret: str) -> str:
    # A plain hash is enough: the secret has 256 random bits, so that nobody can try them out.
    return hashlib.sha256(secret.encode()).hexdigest()
