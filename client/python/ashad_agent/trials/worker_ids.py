"""Worker ids that outlive an agent: started again, it is known, and gets its trials back at once.

An id is held by one process at a time: each has a file in the user's state folder that is locked
while it is used, and let go by the kernel however the agent ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import secrets
import socket
from pathlib import Path

from ashad_client.errors import Error

log = logging.getLogger("ashad_agent")


class WorkerIds:
    """The ids that this agent holds, until it ends."""

    def __init__(self) -> None:
        self._files: list[int] = []

    def claim(self, slots: int, name: str | None) -> list[str | None]:
        """Return an id for each slot; None where a unique one of the client's own must do.

        With `name` it is that name, numbered if there are several. Raises `Error` where another
        agent on this machine holds it.
        """
        try:
            folder = _folder()
            folder.mkdir(parents=True, exist_ok=True)
            if name:
                names = [name] if slots == 1 else [f"{name}-{i}" for i in range(slots)]
                return [self._named(folder, one) for one in names]
            return [self._free(folder) for _ in range(slots)]
        except OSError as error:
            log.warning("worker ids are new ones each time: %s", error)
            return (
                [None] * slots
                if not name
                else [name]
                if slots == 1
                else [f"{name}-{i}" for i in range(slots)]
            )

    def _named(self, folder: Path, name: str) -> str:
        if not self._lock(folder / f"named-{hashlib.sha256(name.encode()).hexdigest()[:32]}"):
            raise Error(
                f"worker id {name} is held by another agent on this machine: one process at a time",
                reason="WORKER_HELD",
            )
        return name

    def _free(self, folder: Path) -> str:
        """Return the first id that nobody holds; made where all are held."""
        host = re.sub(r"[^!-~]", "-", socket.gethostname())[:100] or "host"
        for number in range(10_000):
            if self._lock(folder / f"{host}-{number}".replace("/", "-")):
                return f"{host}-{self._token()}"
        raise OSError("too many of them are held")

    def _lock(self, path: Path) -> bool:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._files.append(file)
        return True

    def _token(self) -> str:
        """Return what the file that was locked last holds: random, kept for ever."""
        file = self._files[-1]
        found = os.pread(file, 100, 0).decode("ascii", "replace").strip()
        if re.fullmatch(r"[0-9a-f]{12}", found):
            return found
        made = secrets.token_hex(6)
        os.ftruncate(file, 0)
        os.pwrite(file, made.encode() + b"\n", 0)
        return made


def _folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "ashad" / "workers"
