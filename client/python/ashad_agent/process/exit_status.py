"""How a trial's program ended, and what that says of the trial; the exit codes of the agent. Pure.

| the program | the trial |
|---|---|
| was told to stop or to pause | as decided, whatever its exit code |
| ended while the agent was leaving | given back |
| exited with 0 | completed (without any metric: failed, METRIC_MISSING) |
| exited with 75 (EX_TEMPFAIL) | given back |
| anything else | failed, with its exit code or signal and its last words |
"""

from __future__ import annotations

import enum
import signal
from dataclasses import dataclass

DONE = 0
REFUSED = 1
USAGE = 2
FLAPPING = 3  # three failures in the first minute
NO_ANSWER = 69
BROKEN = 70  # a fault of the agent itself
GIVEN_BACK = 75  # of a trial's program
NOT_EXECUTED = (126, 127)  # of a shell: it is no program, or there is none
_SIGNALLED = 128  # + the number of the signal that ended the agent

# Those which a scheduler sends to everything at once: the agent's own may be on its way.
LEAVING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)

_HINTS = {
    signal.SIGKILL: "out of memory?",
    signal.SIGSEGV: "a fault of the program",
    signal.SIGABRT: "it aborted itself",
    signal.SIGILL: "built for another processor?",
}


class Kind(enum.Enum):
    """What is told to the daemon of a trial whose program has ended."""

    DECIDED = "nothing: it was decided before"
    COMPLETE = "complete"
    MISSING = "complete, though the metric was never seen, which the daemon takes for a failure"
    RELEASE = "release"
    FAIL = "fail"


@dataclass(frozen=True)
class Exit:
    """How a process ended: by a signal, or with a code; or why it was not to end by itself."""

    code: int = 0
    signal: int = 0
    error: str = ""
    unstarted: bool = False  # the system could not execute it

    @property
    def clean(self) -> bool:
        """Whether it exited with 0."""
        return not (self.code or self.signal or self.error)

    @property
    def by_leaving(self) -> bool:
        """Whether it ended as a program does that is asked to leave."""
        return self.signal in LEAVING or self.code - _SIGNALLED in LEAVING

    def __str__(self) -> str:
        if self.error:
            return self.error
        if not self.signal:
            return f"exit code {self.code}"
        hint = _HINTS.get(self.signal)  # type: ignore[call-overload]
        return f"killed by {signal_name(self.signal)}" + (f" ({hint})" if hint else "")


_LAST_WORDS = "; its last words:\n"


@dataclass(frozen=True)
class Ending:
    """The verdict."""

    kind: Kind
    message: str = ""
    of_the_command: bool = False  # it could not be executed at all

    @property
    def failed(self) -> bool:
        """Whether something is wrong with the program."""
        return self.kind in (Kind.FAIL, Kind.MISSING)

    @property
    def brief(self) -> str:
        """The message without the last words, which were seen on stderr."""
        return self.message.partition(_LAST_WORDS)[0]


def classify(end: Exit, *, told: bool, leaving: bool, seen: bool, last_words: str) -> Ending:
    """Say what the end of a program means for its trial."""
    if told:
        return Ending(Kind.DECIDED)
    if leaving:
        return Ending(Kind.RELEASE, "the agent leaves")
    if end.clean:
        return Ending(Kind.COMPLETE if seen else Kind.MISSING)
    if end.code == GIVEN_BACK and not end.error:
        return Ending(Kind.RELEASE, f"exit code {GIVEN_BACK}")
    words = last_words.strip()
    message = f"{end}{_LAST_WORDS}{words}" if words else str(end)
    return Ending(Kind.FAIL, message, end.code in NOT_EXECUTED or end.unstarted)


def signalled(number: int) -> int:
    """Return the exit code of an agent that a signal ended."""
    return _SIGNALLED + number


def signal_name(number: int) -> str:
    """Return SIGTERM for 15."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_number(text: str) -> int:
    """Read TERM, SIGTERM or 15. Raises ValueError."""
    word = text.upper()
    try:
        return int(
            signal.Signals(int(word))
            if word.isdigit()
            else signal.Signals[word if word.startswith("SIG") else f"SIG{word}"]
        )
    except (KeyError, ValueError):
        raise ValueError(f"{text!r} is no signal, such as TERM, INT or USR1") from None
