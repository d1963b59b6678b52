"""A daemon that another one has taken over from does not begin, or ends at once.

It is told by the marks in the folder of the replica, which it looks at for as long as it serves.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ashad.daemon import termination
from ashad.daemon.exit_codes import EXIT_CONFIG, EXIT_DATA, EXIT_IO, StartupError
from ashad.daemon.replica.confirmation import ASSIGNMENTS
from ashad.daemon.replica.marks import FIRST, Mark, Marks
from ashad.store import DamagedError, StoreError, UnusableFileError, epoch

LOOK_S = 0.5  # between two looks at the marks
FENCE_S = 4 * LOOK_S  # after it has begun an epoch a standby waits so long: the other has ended


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """The folder that daemon and standby share, and Litestream's control socket, if it is asked."""

    folder: Path
    control: Path | None = None
    confirm: str = ASSIGNMENTS


def epoch_of(db: Path) -> int:
    """Return the epoch of a file; one that is not there is of the first."""
    try:
        found = epoch(db)
    except (UnusableFileError, DamagedError) as error:
        raise StartupError(EXIT_DATA, str(error)) from error
    except StoreError as error:
        raise StartupError(EXIT_IO, str(error)) from error
    return FIRST if found is None else found.seq


def admit(settings: ReplicaSettings, db: Path) -> int:
    """Return the epoch that a file is served in, or refuse one that was taken over."""
    own = epoch_of(db)
    try:
        newest = Marks(settings.folder).newest()
    except OSError as error:
        raise StartupError(
            EXIT_CONFIG,
            f"--replica {settings.folder}: {error.strerror}; it must be there, since it says "
            "whether another daemon has taken over",
        ) from error
    if newest.epoch > own:
        raise StartupError(EXIT_CONFIG, said(settings, db, own, newest))
    return own


def said(settings: ReplicaSettings, db: Path, own: int, newest: Mark) -> str:
    """Say what a daemon is told that was taken over from."""
    return (
        f"{db} is of epoch {own}, and epoch {newest.epoch} began at {newest.began}: the daemon "
        f"that serves now is at {newest.address}. Start no daemon on this file; it stays as it "
        f"is. To make this machine the standby: ashad standby --replica {settings.folder} "
        f"--primary {newest.address}, which sets the file aside and takes the newer one when it "
        "is its turn"
    )


async def watch(settings: ReplicaSettings, db: Path, own: int, log: Any) -> NoReturn:
    """Look at the marks for ever, and end the process when there is a newer one."""
    marks, away = Marks(settings.folder), False
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            newest = await asyncio.to_thread(marks.newest)
        except OSError as error:
            if not away:
                log.warning("replica_unreadable", folder=str(settings.folder), error=str(error))
            away = True
            continue
        if away:
            log.warning("replica_readable", folder=str(settings.folder))
        away = False
        if newest.epoch > own:
            log.error("taken_over", epoch=newest.epoch, by=newest.address, began=newest.began)
            log.error("superseded", why=said(settings, db, own, newest))
            termination.exit_now(EXIT_CONFIG)
