"""One command of `ashad` from its first word to its exit status, in a process that was forked.

For tests of what a command says and does, many in a row. That the installed program starts, and
what its signals and descriptors do, is tested by processes of their own.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.daemon import fork_server

_LONGEST_S = 120.0


@dataclass(frozen=True)
class Ended:
    """What became of it."""

    code: int
    out: str
    err: str


def piped(words: list[str], env: dict[str, str], cwd: Path) -> Ended:
    """Run it to its end with its output going elsewhere than to a terminal."""
    with contextlib.ExitStack() as held:
        files = [os.memfd_create(name) for name in ("out", "err")]
        for file in files:
            held.callback(os.close, file)
        out, err = (Path(f"/proc/{os.getpid()}/fd/{file}") for file in files)
        server = fork_server()
        pid = server.start(words, out, err, env=env, cwd=str(cwd))
        code = server.wait(pid, _LONGEST_S)
        assert code is not None, f"it does not end: {words}"
        return Ended(code, out.read_text(), err.read_text())


def on_a_terminal(words: list[str], env: dict[str, str], cwd: Path) -> str:
    """Run it to its end on a terminal of its own; return all that came there."""
    ours, theirs = pty.openpty()
    server, found, end = fork_server(), b"", time.monotonic() + _LONGEST_S
    try:
        name = Path(os.ttyname(theirs))
        pid = server.start(words, name, name, env=env, cwd=str(cwd))
        while server.poll(pid) is None:
            assert time.monotonic() < end, f"it does not end: {words}"
            if select.select([ours], [], [], 0.005)[0]:
                found += os.read(ours, 65536)
        os.close(theirs)
        with contextlib.suppress(OSError):  # once all is read, since the other end is closed
            while part := os.read(ours, 65536):
                found += part
    finally:
        os.close(ours)
    return found.decode()
