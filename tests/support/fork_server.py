"""A process that imports `ashad` once, then forks a real process for each command line it reads.

A fresh interpreter takes a second to start, a fork a hundredth; otherwise they are the same: each
child is a session of its own, has the command line and the environment of its line, and ends by
itself or by a signal. Lines in and out are JSON. `out` may be a terminal; then it is all three.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import ashad.cli.operations.serve
import ashad.daemon.main  # noqa: F401 - imported here, so that no child has to
from ashad.cli import main as ashad_


def _serve(asked: dict[str, Any]) -> None:
    os.setsid()
    terminal = Path(asked["out"]).is_char_device()
    for name, descriptor, flags in (
        (asked["out"] if terminal else os.devnull, 0, os.O_RDONLY),
        (asked["out"], 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND),
        (asked["log"], 2, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    # What Python made of the descriptors of this process, it makes anew of those of the child.
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    if (shim := asked.get("shim")) is not None:
        _arm(shim, asked["file"].encode())
    status: Any = 1
    try:
        ashad_(asked["argv"], prog_name="ashad")
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def _arm(shim: dict[str, Any], file: bytes) -> None:
    """Let the storage under a file fail, or hold still: see shim.c."""
    loaded = ctypes.CDLL(os.environ["LD_PRELOAD"])
    if "gate" in shim:
        loaded.hold(file, shim["gate"].encode())
    else:
        number = ctypes.c_long(shim["n"])
        loaded.arm(file, number, int(shim["once"]), shim["errno"], shim["fired"].encode())


def _start(asked: dict[str, Any]) -> dict[str, Any]:
    """Fork a daemon; do not wait for it to listen, the first line of `out` will tell."""
    if not Path(asked["out"]).is_char_device():
        Path(asked["out"]).write_bytes(b"")
    pid = os.fork()
    if pid == 0:
        _serve(asked)
    return {"pid": pid}


def _poll(pid: int) -> dict[str, Any]:
    found, status = os.waitpid(pid, os.WNOHANG)
    return {"status": os.waitstatus_to_exitcode(status) if found else None}


def main() -> None:
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _poll(asked["poll"]) if "poll" in asked else _start(asked["start"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
