"""Processes that work at a word: each says `ready`, then answers each line with a line."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

READY = "ready"


class Crew:
    """Worker processes of one service."""

    def __init__(
        self, stack: ExitStack, commands: Iterable[Sequence[str]], log: Any = subprocess.DEVNULL
    ) -> None:
        self.members = [stack.enter_context(process(command, log)) for command in commands]
        for member in self.members:
            expect(member, READY)

    def ask(self, word: object, some: int | None = None) -> list[str]:
        """Tell all, or the first some of them; return what each of these says then."""
        members = self.members[:some]
        for member in members:
            tell(member, word)
        return [line(member) for member in members]


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


def expect(started: subprocess.Popen[str], word: str) -> None:
    """Read a line; raise if the word is not in it."""
    said = line(started)
    if word not in said:
        raise RuntimeError(f"{started.args!r} said {said!r}")


def line(started: subprocess.Popen[str]) -> str:
    """Read a line."""
    assert started.stdout is not None
    return started.stdout.readline()
