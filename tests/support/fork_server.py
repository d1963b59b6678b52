"""The nursery: imports the daemon once, then forks one real daemon process for each line it reads.

A fresh interpreter takes a second to start, a fork a hundredth; otherwise they are the same: each
child is a session of its own, runs `serve` with the settings of the line and ends by itself or by
a signal. Lines in and out are JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import ashad.daemon.main


def _serve(settings: dict[str, Any], out: int) -> None:
    os.setsid()
    os.dup2(out, 1)
    log = os.open(settings.pop("log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    shim = settings.pop("shim", None)
    if shim is not None:
        loaded = ctypes.CDLL(os.environ["LD_PRELOAD"])
        match = Path(settings["db"]).name.encode()
        if "gate" in shim:
            loaded.hold(match, shim["gate"].encode())
        else:
            number = ctypes.c_long(shim["n"])
            loaded.arm(match, number, int(shim["once"]), shim["errno"], shim["fired"].encode())
    settings["db"] = Path(settings["db"])
    status = 1
    try:
        listening = ashad.daemon.main.Listening(settings.pop("address"))
        status = ashad.daemon.main.serve(
            ashad.daemon.main.Settings(listening, log_format="json", **settings)
        )
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _start(settings: dict[str, Any]) -> dict[str, Any]:
    """Fork a daemon; do not wait for it to listen, the first line of `out` will tell."""
    out = os.open(settings.pop("out"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    pid = os.fork()
    if pid == 0:
        _serve(settings, out)
    os.close(out)
    return {"pid": pid}


def _wait(pid: int, seconds: float) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return {"status": os.waitstatus_to_exitcode(status)}
        time.sleep(0.002)
    return {"status": None}


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            answer = _wait(asked["wait"], asked["seconds"])
        else:
            answer = _start(asked["start"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
