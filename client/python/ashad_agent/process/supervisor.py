"""The supervisor of one trial: starts its program, and ends only when nothing of it is left.

A small process between the agent and the trial, run as `python -I -S supervisor.py CONTROL GRACE
SIGNAL -- COMMAND...`; it imports nothing of this package, so that it starts in a few milliseconds.
On Linux it is the subreaper: whatever the program starts is its descendant for ever, also what
leaves the process group, opens a session or forks twice. It never outlives its agent by more than
the grace period: the control socket ends with the agent, however that ends, kill -9 included.

The agent says, a line each: `stop N` (send signal N to the process group; SIGKILL to all when the
grace period is over), `kill` (do so now); an agent that is gone said `stop SIGNAL`. It answers
`failed ERRNO` (it could not be started), `exit CODE SIGNAL` (the program ended), `left N`
(processes that it had left running and that are ended now), and last of all `clean`, or `stuck N`
(these cannot be killed).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time

LEFTOVER_GRACE_S = 5.0  # for what the program left running behind it, at most
_STUCK_S = 10.0  # a process that SIGKILL does not end hangs in the kernel
# Sent to everything at once by a batch system; the agent says what is to be done.
_IGNORED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(arguments: list[str]) -> None:
    """Run one program to its end and beyond."""
    control, grace_s, stop = int(arguments[0]), float(arguments[1]), int(arguments[2])
    os.set_inheritable(control, False)
    for number in _IGNORED:
        if signal.getsignal(number) != signal.SIG_IGN:
            # A handler, for exec brings it back to the default; what is ignored stays so.
            signal.signal(number, _nothing)
    reaper = subreaper()
    with socket.socket(fileno=control) as line:
        Supervisor(line, grace_s, stop, reaper=reaper).run(arguments[4:])


class Supervisor:
    """The process of one program."""

    def __init__(
        self, line: socket.socket, grace_s: float, stop_signal: int, *, reaper: bool
    ) -> None:
        self._reaper = reaper
        self._line, self._grace_s, self._stop_signal = line, grace_s, stop_signal
        self._alone = False  # the agent is gone
        self._heard = b""
        self._child = 0
        self._status: int | None = None
        self._deadline: float | None = None  # when everything is killed
        self._killed_at: float | None = None
        self._wake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(self, command: list[str]) -> None:
        """Start it, keep watch, clear up."""
        self._child, failed = start(command)
        if failed:
            os.waitpid(self._child, 0)
            self._say(f"failed {failed}")
            return
        while self._status is None and not self._is_stuck:
            self._wait()
            self._reap()
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._kill_all()
        if self._status is not None:
            code, number = _parts(self._status)
            self._say(f"exit {code} {number}")
            self._end_leftovers()
        if not self._reaper:  # what it left is not among our children: its group is all we have
            _signal_group(self._child, signal.SIGKILL)
        while self._reap() and not self._is_stuck:
            self._kill_all()
            self._wait()
        still = descendants()
        self._say(f"stuck {len(still)}" if still else "clean")

    @property
    def _is_stuck(self) -> bool:
        return self._killed_at is not None and time.monotonic() > self._killed_at + _STUCK_S

    def _wait(self) -> None:
        timeout = None
        if self._deadline is not None:
            timeout = max(0.0, self._deadline - time.monotonic())
        line = self._line.fileno()
        heard = [self._wake] if self._alone else [self._wake, line]
        ready = select.select(heard, [], [], timeout)[0]
        if self._wake in ready:
            os.read(self._wake, 4096)
        if line in ready:
            self._hear()

    def _hear(self) -> None:
        try:
            said = self._line.recv(4096)
        except OSError:
            said = b""
        if not said:  # the agent is gone
            self._alone = True
            self._stop(self._stop_signal)
        self._heard += said
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            word, _, number = line.partition(b" ")
            if word == b"stop":
                self._stop(int(number))
            elif word == b"kill":
                self._deadline = 0.0

    def _stop(self, number: int) -> None:
        if self._status is None:
            _signal_group(self._child, number)
            _signal_group(self._child, signal.SIGCONT)  # a stopped process takes no signal
        if self._deadline is None:
            self._deadline = time.monotonic() + self._grace_s

    def _reap(self) -> bool:
        """Take in the dead; return whether any child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._child:
                self._status = status

    def _end_leftovers(self) -> None:
        """End what the program left running; orphans are children of this process by now."""
        left = descendants()
        if not left:
            return
        self._say(f"left {len(left)}")
        for pid in left:
            _signal(pid, signal.SIGTERM)
            _signal(pid, signal.SIGCONT)
        limit = time.monotonic() + min(self._grace_s, LEFTOVER_GRACE_S)
        self._deadline = limit if self._deadline is None else min(limit, self._deadline)
        while self._reap() and time.monotonic() < self._deadline:
            self._wait()

    def _kill_all(self) -> None:
        """Kill what is there, and look again soon: a fork may have slipped through."""
        found = descendants()
        if self._status is None:  # a number that was reaped may be another's by now
            _signal_group(self._child, signal.SIGKILL)
        for pid in found:
            _signal(pid, signal.SIGKILL)
        now = time.monotonic()
        self._killed_at = self._killed_at or now
        self._deadline = now + 0.1

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the agent is gone
            self._line.sendall(text.encode() + b"\n")


def start(command: list[str]) -> tuple[int, int]:
    """Start a program in a session of its own; return its pid, and errno if it could not be."""
    heard, said = os.pipe()
    supervisor = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(heard)
            os.setsid()
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != supervisor:
                os._exit(1)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores these two
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            os.execvpe(command[0], command, os.environ)  # noqa: S606  # never a shell
        except OSError as error:
            os.write(said, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(said)
    with os.fdopen(heard, "rb") as pipe:
        failed = pipe.read()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)  # the ends of the pipes belong to the program alone
    os.dup2(nothing, 2)
    os.close(nothing)
    return pid, int(failed or 0)


def subreaper() -> bool:
    """Make this process the parent of all orphans among its descendants; Linux only."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(root: int | None = None) -> list[int]:
    """Return the living descendants of a process, of this one by default; none without /proc."""
    children: dict[int, list[int]] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in filter(str.isdigit, names):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
        except OSError:
            continue
        children.setdefault(int(parent), []).append(-int(name) if state == b"Z" else int(name))
    found: list[int] = []
    level = [os.getpid() if root is None else root]
    while level:
        below = [pid for parent in level for pid in children.get(parent, ())]
        found += below
        level = [abs(pid) for pid in below]
    return [pid for pid in found if pid > 0]


def _prctl(option: int, value: int) -> bool:
    try:
        import ctypes  # noqa: PLC0415  # not there in every Python

        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def _parts(status: int) -> tuple[int, int]:
    if os.WIFSIGNALED(status):
        return 0, os.WTERMSIG(status)
    return os.WEXITSTATUS(status), 0


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(leader, number)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _nothing(*_: object) -> None:
    """Take a signal and do nothing, but wake up."""


if __name__ == "__main__":
    main(sys.argv[1:])
