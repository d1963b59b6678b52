"""The marks of epochs in the folder of a replica: who serves, for every daemon that looks.

An epoch is begun by a file that nobody else can have made, `epoch-2.json`; Litestream's copy of the
database in that epoch is the folder `epoch-2` beside it. So a daemon that comes back, and what
replicates for it, can reach nothing of a later epoch. Marks are made and read, never changed or
removed; what stands in one is shown to people and decides nothing.
"""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ashad_client.text import clean

FIRST = 1  # the epoch of a file that nobody took over; it has no mark
_NAME = re.compile(r"epoch-([1-9][0-9]{0,8})(\.json)?")
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Mark:
    """An epoch: where its daemon listens, and when it began."""

    epoch: int
    address: str = "an address that is not known"
    began: str = "an unknown time"


class TakenError(Exception):
    """Another standby has begun this epoch."""


class Marks:
    """The folder of a replica."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self) -> Mark:
        """Return the last epoch that was begun. Raises `OSError` where nothing can be read."""
        epoch = max(self._epochs(), default=FIRST)
        try:
            with (self.folder / f"epoch-{epoch}.json").open("rb") as file:
                said = json.loads(file.read(_MOST_BYTES))
            return Mark(epoch, _text(said["address"]), _text(said["began"]))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return Mark(epoch)

    def begin(self, epoch: int, address: str) -> Mark:
        """Begin an epoch, durably, or raise `TakenError`: two standbys never begin the same."""
        mark = Mark(epoch, address, datetime.now(UTC).isoformat(timespec="seconds"))
        path = self.folder / f"epoch-{epoch}.json"
        try:
            held = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            raise TakenError(f"{path} is there: another standby has begun epoch {epoch}") from None
        with os.fdopen(held, "w", encoding="utf-8") as file:
            file.write(json.dumps({**asdict(mark), "host": socket.gethostname()}) + "\n")
            file.flush()
            os.fsync(held)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return mark

    def copies(self) -> list[int]:
        """Return the epochs that Litestream has copied something of, the newest first."""
        return sorted(
            (n for n in self._epochs() if any((self.copy(n) / "ltx").glob("*/*.ltx"))), reverse=True
        )

    def copy(self, epoch: int) -> Path:
        """Return the folder of Litestream's copy in an epoch."""
        return self.folder / f"epoch-{epoch}"

    def _epochs(self) -> set[int]:
        names = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return {int(found[1]) for found in names if found}


def _text(value: object) -> str:
    return clean(str(value))[:200]
