"""One program under its supervisor: the pipes that it writes into, and the words to its supervisor.

Starts and signals; waits for nothing and reads nothing by itself.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ashad_agent.process import supervisor
from ashad_agent.process.exit_status import Exit

_SUPERVISOR = str(Path(supervisor.__file__).resolve())
_MARK = "ASHAD_SUPERVISED"  # in the environment of a program and of all that it starts
# What the arguments or the load of a moment may be to blame for.
_OF_A_TRIAL = (errno.E2BIG, errno.ENOMEM, errno.EAGAIN)
_SWEEP_S = 1.0  # how long a process may be without an environment
_numbers = itertools.count()


@dataclass(frozen=True)
class ProcessOptions:
    """How programs live and are ended."""

    grace_s: float = 30.0
    stop_signal: int = 15
    pty: bool = False
    stall_s: float | None = None  # how long a program may say no metric


class Child:
    """A program that was started; `out`, `err` and `line` are to be read until they end."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], process: ProcessOptions
    ) -> None:
        self._stop_signal = process.stop_signal
        self._mark = f"{os.getpid()}-{next(_numbers)}-{time.time_ns()}"
        self.out, program_out = _terminal() if process.pty else os.pipe()
        self.err, program_err = os.pipe()
        self.line, far = socket.socketpair()
        try:
            self._supervisor = subprocess.Popen(  # noqa: S603  # an argument list, never a shell
                [
                    sys.executable,
                    "-I",
                    "-S",
                    _SUPERVISOR,
                    str(far.fileno()),
                    str(process.grace_s),
                    str(process.stop_signal),
                    "--",
                    *command,
                ],
                env={**environment, _MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=program_out,
                stderr=program_err,
                pass_fds=[far.fileno()],
                start_new_session=True,
            )
        except BaseException:
            self.close()
            raise
        finally:
            far.close()
            os.close(program_out)
            os.close(program_err)

    @property
    def pid(self) -> int:
        """The process id of the supervisor."""
        return self._supervisor.pid

    def stop(self, number: int | None = None) -> None:
        """Send a signal to the process group, SIGKILL to all when the grace period is over."""
        self._say(f"stop {number or self._stop_signal}\n")

    def kill(self) -> None:
        """Kill all of it now."""
        self._say("kill\n")

    def close(self) -> None:
        """Let go of the pipes; a supervisor that still runs ends its program."""
        self.line.close()
        for end in (self.out, self.err):
            with contextlib.suppress(OSError):
                os.close(end)
        self.out = self.err = -1

    def wait(self) -> None:
        """Wait for the supervisor to exit; kill what it could not clear up."""
        if self._supervisor.wait():  # somebody killed the supervisor itself
            _sweep(f"{_MARK}={self._mark}")

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self.line.sendall(text.encode())


class SupervisorStatus:
    """What a supervisor has said so far."""

    def __init__(self) -> None:
        self.end: Exit | None = None
        self.left = self.stuck = 0
        self.over = False
        self._rest = b""

    def take(self, said: bytes) -> None:
        """Take in what was read from its line; nothing means that it is gone."""
        self._rest += said
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            word, *numbers = line.decode("ascii", "replace").split()
            self._hear(word, [int(number) for number in numbers])
        if not said:
            self.over = True
            if self.end is None:
                self.end = Exit(error="its supervisor was killed")

    def _hear(self, word: str, numbers: list[int]) -> None:
        if word == "failed":
            why = f"it could not be started: {os.strerror(numbers[0])}"
            self.end = Exit(error=why, unstarted=numbers[0] not in _OF_A_TRIAL)
        elif word == "exit":
            self.end = Exit(numbers[0], numbers[1])
        elif word == "left":
            self.left = numbers[0]
        elif word == "stuck":
            self.stuck = numbers[0]
            self.end = self.end or Exit(signal=9)


def _terminal() -> tuple[int, int]:
    """Open a pseudo-terminal that passes bytes on as they are; return its two ends."""
    ours, programs = os.openpty()
    settings = termios.tcgetattr(programs)
    settings[1] &= ~termios.OPOST  # no \r before \n
    settings[3] &= ~(termios.ECHO | termios.ISIG)
    termios.tcsetattr(programs, termios.TCSANOW, settings)
    with contextlib.suppress(OSError, AttributeError):
        size = termios.tcgetwinsize(2) if os.isatty(2) else (24, 80)
        termios.tcsetwinsize(programs, size)
    return ours, programs


def _sweep(mark: str) -> None:
    """Kill what a supervisor that was killed has left: its orphans are children of this process.

    They are known by the mark in their environment. Other children are none of its business: the
    private daemon of a local run, the service of a tracker.
    """
    until, again = time.monotonic() + _SWEEP_S, True
    while again and time.monotonic() < until:
        again = False
        for pid in supervisor.descendants():
            with contextlib.suppress(OSError):
                found = Path(f"/proc/{pid}/environ").read_bytes()
                if mark.encode() in found.split(b"\0"):
                    os.kill(pid, 9)
                    os.waitpid(pid, 0)
                again = again or not found  # it is being started: look again
