"""Processes that work at a word: each says `ready`, then answers each line with a line.

Nobody waits for ever for one: who has not answered in time is ended, and `Silent` says so.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Timer
from typing import Any

READY = "ready"
PATIENCE_S = 1800.0  # what an answer may take where nothing else is said


class Silent(Exception):  # noqa: N818 - it is the process that is silent
    """A process that ended, or was ended, before it answered."""


class Crew:
    """Worker processes of one service."""

    def __init__(
        self, stack: ExitStack, commands: Iterable[Sequence[str]], log: Any = subprocess.DEVNULL,
        within: float = PATIENCE_S,
    ) -> None:  # fmt: skip
        """Start them, and wait until each is ready; `within` so many seconds for all."""
        until = time.monotonic() + within
        self.members = [stack.enter_context(process(command, log)) for command in commands]
        for member in self.members:
            expect(member, READY, until - time.monotonic())

    def ask(self, word: object, within: float = PATIENCE_S) -> list[str]:
        """Tell all; return what each of them says then, `within` so many seconds for all."""
        until = time.monotonic() + within
        for member in self.members:
            tell(member, word)
        return [line(member, until - time.monotonic()) for member in self.members]


@contextmanager
def process(command: Sequence[str], log: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a process with both ends of a pipe; it ends with the block."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def tell(started: subprocess.Popen[str], word: object) -> None:
    """Write a line."""
    assert started.stdin is not None
    started.stdin.write(f"{word}\n")
    started.stdin.flush()


def ask(started: subprocess.Popen[str], word: object) -> str:
    """Write a line, and read one."""
    tell(started, word)
    return line(started)


def expect(started: subprocess.Popen[str], word: str, within: float = PATIENCE_S) -> None:
    """Read a line; raise if the word is not in it."""
    said = line(started, within)
    if word not in said:
        raise RuntimeError(f"{started.args!r} said {said!r}")


def line(started: subprocess.Popen[str], within: float = PATIENCE_S) -> str:
    """Read a line, or end the process after so many seconds and raise `Silent`."""
    assert started.stdout is not None
    timer = Timer(max(within, 0.0), started.kill)
    timer.start()
    said = started.stdout.readline()
    timer.cancel()
    if not said:
        raise Silent(f"{started.args!r} gave no answer (status {started.wait()})")
    return said
