"""What was told already, in a file that one process holds: a restart goes on there.

The file is replaced as a whole, never written in place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ashad.cli.errors import CommandError, InvalidFileError
from ashad.cli.notification.events import StudyEvent, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {"created": str, "after": int, "best": list}
_TYPES |= {"finished": bool, "stalled": bool, "changed": int, "front": list, "ids": list}
_EVENT: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "key", "study", "time", "message"), (str,)),
    "trial": (int, type(None)),
    "value": (float, type(None)),
}


def default(address: str, study: str, where: str) -> Path:
    """Return the file of who tells this of that study: `where` is the command or the address."""
    home = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    name = hashlib.sha256(f"{address}\0{study}\0{where}".encode()).hexdigest()[:20]
    return home / "ashad" / "notify" / f"{name}.json"


@contextlib.contextmanager
def held(path: Path) -> Iterator[Position]:
    """Hold the file while something is told. Raises CommandError where another process does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(f"--state {path}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            why = "another `ashad notify` holds it; end that one, or give another file"
            raise CommandError(f"--state {path}: {why}") from None
        yield Position(path)
    finally:
        os.close(lock)


class Position:
    """The file. `told` is None where there is none yet; `pending` was on its way at the end.

    `repeated`: its key, which is all that earlier versions kept of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.told: Told | None = None
        self.pending: StudyEvent | None = None
        self.repeated = ""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError):
            raise self._wrong() from None
        self._read(data)

    def save(self, told: Told, pending: StudyEvent | None = None) -> None:
        """Write it. `pending` is an event that is on its way."""
        self.told, self.pending = told, pending
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(asdict(told) | {"pending": asdict(pending) if pending else ""}, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise CommandError(f"--state {self._path}: {error.strerror}") from None

    def _read(self, data: Any) -> None:
        names = {one.name for one in fields(Told)}
        if isinstance(data, dict):
            for name in ("front", "ids"):
                data.setdefault(name, [])  # a file of before there was one
        if not isinstance(data, dict) or set(data) != names | {"pending"}:
            raise self._wrong()
        pending = data.pop("pending")
        if not all(type(value) is _TYPES[name] for name, value in data.items()):
            raise self._wrong()
        self.told = Told(**data)
        if isinstance(pending, str):
            self.repeated = pending
        elif (
            isinstance(pending, dict)
            and set(pending) == set(_EVENT)
            and all(type(value) in _EVENT[name] for name, value in pending.items())
        ):
            self.pending = StudyEvent(**pending)
            self.repeated = self.pending.key
        else:
            raise self._wrong()

    def _wrong(self) -> InvalidFileError:
        return InvalidFileError(
            f"--state {self._path}: this is no file of `ashad notify`; remove it to begin anew"
        )
