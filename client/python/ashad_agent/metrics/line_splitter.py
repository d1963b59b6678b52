"""Bytes into lines, at the speed of the flood: what cannot matter is dropped without being split.

A line ends with a newline. One that is longer than a limit is given up to that limit and one byte,
so that its reader sees that it is too long; memory stays bounded whatever comes. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence


class Splitter:
    """Takes chunks, gives the lines that hold one of the needles; no needles: every line."""

    def __init__(self, needles: Sequence[bytes], limit: int) -> None:
        self._needles, self._limit = list(needles), limit
        self._rest = b""
        self._skipping = False  # within a line that was given already, since it is too long

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end in this chunk."""
        if self._skipping:
            _, end, chunk = chunk.partition(b"\n")
            if not end:
                return []
            self._skipping = False
        if b"\n" not in chunk:
            return self._longer(chunk)
        whole, _, rest = chunk.rpartition(b"\n")
        whole = self._rest + whole
        self._rest = b""
        lines = whole.split(b"\n") if self._matters(whole) else []
        found = [line[: self._limit + 1] for line in lines if self._matters(line)]
        return found + self._longer(rest)

    def finish(self) -> bytes:
        """Return what came after the last newline."""
        rest, self._rest, self._skipping = self._rest, b"", False
        return rest if rest and self._matters(rest) else b""

    def _longer(self, chunk: bytes) -> list[bytes]:
        self._rest += chunk
        if len(self._rest) <= self._limit:
            return []
        line, self._rest, self._skipping = self._rest[: self._limit + 1], b"", True
        return [line] if self._matters(line) else []

    def _matters(self, text: bytes) -> bool:
        return not self._needles or any(needle in text for needle in self._needles)
