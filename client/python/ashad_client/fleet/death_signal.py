"""Becomes another program that the kernel kills when whoever started it ends. Linux only.

A program of its own, `python -I -S death_signal.py PARENT COMMAND...`, that imports nothing of this
package: to ask for the signal between fork and exec takes a fork, and gRPC's handlers begin threads
in a forked child, which can crash it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: str, *command: str) -> None:
    """Ask for the signal, then become the command; end where `parent` has ended by then."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  # never a shell


if __name__ == "__main__":
    main(*sys.argv[1:])
