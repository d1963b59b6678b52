"""Worker ids that outlive an agent: started again, it is known, and gets its trials back at once.

An id is held by one process at a time: each has a file in the user's state folder that is locked
while it is used, and let go by the kernel however the agent ends. A copy of that folder, in an
image of a container or of a machine, is no id: the file names the boot, the namespaces and the
inode that it was made for, and anywhere else a new id is made.
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
        names = [name] if slots == 1 else [f"{name}-{i}" for i in range(slots)]
        try:
            folder = _folder()
            folder.mkdir(parents=True, exist_ok=True)
            if name:
                return [self._named(folder, str(one)) for one in names]
            return [self._free(folder) for _ in range(slots)]
        except OSError as error:
            log.warning("worker ids are new each time: %s", error)
            return [*names] if name else [None] * slots

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
        """Return the token of the file that was locked last: random, and valid only here."""
        file = self._files[-1]
        place = _place(file)
        token, _, made_for = (
            os.pread(file, 1000, 0).decode("ascii", "replace").strip().partition(" ")
        )
        if place and made_for == place and re.fullmatch(r"[0-9a-f]{12}", token):
            return token
        made = secrets.token_hex(6)
        os.ftruncate(file, 0)
        os.pwrite(file, f"{made} {place}\n".encode(), 0)
        return made


def _place(file: int) -> str:
    """Name what no copy of the file shares; empty where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        spaces = [str(os.stat(f"/proc/self/ns/{kind}").st_ino) for kind in ("pid", "mnt")]
    except OSError:
        return ""
    status = os.fstat(file)
    return "-".join([boot, *spaces, str(status.st_dev), str(status.st_ino)])


def _folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "ashad" / "workers"
