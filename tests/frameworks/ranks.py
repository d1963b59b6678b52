"""Forks the ranks of a program from a process that has imported what is slow to import.

An interpreter with torch takes seconds of two cores to start, and a fork none; otherwise they are
what a launcher would have started, with the environment that it gives. Lines in and out are JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import sys
from typing import Any


def become(asked: dict[str, Any]) -> None:
    """Run a program as `python program ...` would, and end as it does."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    out = os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(asked["env"])
    sys.argv = asked["argv"]
    runpy.run_path(sys.argv[0], run_name="__main__")


def main() -> None:
    for module in sys.argv[1:]:
        importlib.import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            pid, status = os.waitpid(asked["wait"], os.WNOHANG)
            answer = {"status": os.waitstatus_to_exitcode(status) if pid else None}
        else:
            answer = {"pid": os.fork()}
            if answer["pid"] == 0:
                return become(asked)  # the interpreter ends as that of a program does
        print(json.dumps(answer), flush=True)
    return None


if __name__ == "__main__":
    main()
