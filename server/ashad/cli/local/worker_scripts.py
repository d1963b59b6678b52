"""Scripts that are workers themselves, run side by side under the supervisors of the agent.

A script asks for its trials with the Python client. None of them outlives this process, however it
ends; what they print goes to stderr.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from ashad_agent.process.child import Child, ProcessOptions, SupervisorStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ashad_agent.process.exit_status import Exit

_GRACE_S = 10.0
_INTERRUPTED = 128 + signal.SIGINT
_FAILED = 1


def run(script: Path, many: int, variables: Mapping[str, str]) -> int:
    """Run a Python script so many times until all have ended; return 0 if all ended well."""
    ways = ProcessOptions(grace_s=_GRACE_S, stop_signal=signal.SIGINT)
    children: list[Child] = []
    ends: list[Exit] = []
    try:
        for _ in range(many):
            child = Child([sys.executable, str(script)], {**os.environ, **variables}, ways)
            children.append(child)
        readers = [threading.Thread(target=_read, args=(child, ends)) for child in children]
        for reader in readers:
            reader.start()
        code = _join(readers, children)
    finally:
        for child in children:
            child.close()
            child.wait()
    return code or (0 if all(end.clean for end in ends) else _FAILED)


def _join(readers: list[threading.Thread], children: list[Child]) -> int:
    code = 0
    while any(reader.is_alive() for reader in readers):
        try:
            for reader in readers:
                reader.join()
        except KeyboardInterrupt:
            for child in children:
                child.kill() if code else child.stop(signal.SIGINT)
            code = _INTERRUPTED
    return code


def _read(child: Child, ends: list[Exit]) -> None:
    """Pass on what it prints until nothing of it is left."""
    pipes = [threading.Thread(target=_pass, args=(end,)) for end in (child.out, child.err)]
    for pipe in pipes:
        pipe.start()
    status = SupervisorStatus()
    while not status.over:
        status.take(child.line.recv(4096))
    for pipe in pipes:
        pipe.join()
    assert status.end is not None
    ends.append(status.end)


def _pass(descriptor: int) -> None:
    while data := os.read(descriptor, 65536):
        os.write(2, data)
