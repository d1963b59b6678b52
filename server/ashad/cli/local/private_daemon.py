"""The private daemon of a database: found or started by whoever needs it, and left when done.

Beside the database lies a folder with four files: `turn` is locked by who comes or goes, one at a
time; `users` is locked, shared, by each who uses the daemon; `daemon` is locked by the daemon while
it lives and holds its address; `daemon.log` is what it said. A database that an ordinary daemon
serves is left to it: then that one is used.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from ashad_client.text import split_address

from ashad.cli.errors import CommandError
from ashad.daemon.exit_codes import EXIT_BUSY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

_LISTENING = "listening on "
_SAID = 4096  # bytes of the log's end that an error quotes


@dataclass(frozen=True, slots=True)
class LocalDaemon:
    """Where the daemon of a database listens. `private`: it ends with its last user."""

    address: str
    db: Path
    private: bool


def folder_of(db: Path) -> Path:
    """Return the folder beside a database in which its private daemon is found."""
    return db.with_name(f"{db.name}.local")


@contextlib.contextmanager
def private_daemon(db: Path, other: str, *, allow_network_fs: bool) -> Iterator[LocalDaemon]:
    """Use the private daemon of a database, started if it is not there.

    `other`: the address of an ordinary daemon, if one serves this database already.
    """
    db = db.absolute()
    folder = folder_of(db)
    for made in (db.parent, folder):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(folder / "users") as users:
        with _turn(folder):
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for the end of one that nobody used any more
            address, process = _address(folder), None
            if address is None:
                address, process = _start(db, folder, allow_network_fs=allow_network_fs)
        try:
            yield LocalDaemon(address or other, db, private=address is not None)
        finally:
            with _turn(folder):
                _leave(users, folder)
            if process is not None and process.poll() is None:
                process.returncode = 0  # others use it: it is no longer ours to wait for


@contextlib.contextmanager
def when_it_dies(db: Path, tell: Callable[[str], object]) -> Iterator[threading.Event]:
    """Have a thread tell the last words of a daemon that ends within this context.

    Gives an event that is set then.
    """
    died, expected = threading.Event(), threading.Event()
    folder = folder_of(db.absolute())
    with _opened(folder / "daemon") as daemon:
        if _locked(daemon, fcntl.LOCK_SH):  # an ordinary daemon, which somebody else looks after
            expected.set()

    def wait() -> None:
        with _opened(folder / "daemon") as daemon:
            fcntl.flock(daemon, fcntl.LOCK_SH)
        if not expected.is_set():
            died.set()
            tell(_last_words(folder / "daemon.log"))

    threading.Thread(target=wait, name="ashad-daemon-watch", daemon=True).start()
    try:
        yield died
    finally:
        expected.set()


def _address(folder: Path) -> str | None:
    """Return where the private daemon listens; None where there is none."""
    with _opened(folder / "daemon") as daemon:
        if _locked(daemon, fcntl.LOCK_SH):
            return None
        written = daemon.read().decode(errors="replace").strip()
    try:
        split_address(written)
    except ValueError:
        raise CommandError(
            f"the private daemon of {folder} is starting or ending; try again"
        ) from None
    return written


def _start(
    db: Path, folder: Path, *, allow_network_fs: bool
) -> tuple[str, subprocess.Popen[bytes]] | tuple[None, None]:
    """Start it; return its address and process, or nothing where another serves the database."""
    # -P: what lies in the folder of the user is no module of ours.
    command = [sys.executable, "-P", "-m", "ashad.cli.local.daemon_process", str(db), str(folder)]
    with _opened(folder / "daemon") as daemon, _opened(folder / "daemon.log") as log:
        daemon.truncate()
        log.truncate()
        process = subprocess.Popen(  # noqa: S603  # our own module
            [*command, *(["allow-network-fs"] if allow_network_fs else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for the run, which needs the daemon to the end
        )
        assert process.stdout is not None
        with process.stdout:
            said = process.stdout.readline().decode(errors="replace")
        if _LISTENING not in said:
            if process.wait() == EXIT_BUSY:
                return None, None
            why = _last_words(folder / "daemon.log")
            raise CommandError(f"the daemon did not start: {why}")
        address = said.split(_LISTENING, 1)[1].split()[0].strip(",;")
        daemon.write(address.encode())
    return address, process


def _leave(users: IO[bytes], folder: Path) -> None:
    """Give up the daemon; if nobody else uses it, wait until it has ended."""
    fcntl.flock(users, fcntl.LOCK_UN)
    if not _locked(users, fcntl.LOCK_EX) and _locked(users, fcntl.LOCK_SH):
        return  # others use it
    fcntl.flock(users, fcntl.LOCK_UN)
    with _opened(folder / "daemon") as daemon:
        fcntl.flock(daemon, fcntl.LOCK_SH)


def _locked(file: IO[bytes], kind: int) -> bool:
    """Take a lock if it can be had at once."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    with _opened(folder / "turn") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _opened(path: Path) -> IO[bytes]:
    """Open a file that only its user may read, made if it is not there."""
    return open(path, "r+b", opener=lambda name, flags: os.open(name, flags | os.O_CREAT, 0o600))


def _last_words(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _SAID))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "it said nothing")
    return click.unstyle(said.removeprefix("ashad: "))
