r"""Bytes into lines, at the speed of the flood: what cannot matter is dropped without being split.

A line ends with \n or \r\n. A lone \r ends a piece of a line that is written over, by a progress
bar: such a piece is given with its \r. A line that is longer than a limit is given up to that limit
and one byte, so that its reader sees that it is too long; memory stays bounded. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PIECE = re.compile(rb"[^\r\n]*[\r\n]")


class LineSplitter:
    """Takes chunks, gives the lines that hold one of the needles; no needles: every line."""

    def __init__(self, needles: Sequence[bytes], limit: int) -> None:
        self._needles, self._limit = list(needles), limit
        self.rest = b""  # of the line that has not ended yet
        self.keep = False  # give every line for now, needle or not
        self._skipping = False  # within a line that was given already, since it is too long

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end in this chunk."""
        if self._skipping:
            end = re.search(rb"[\r\n]", chunk)
            if end is None:
                return []
            chunk, self._skipping = chunk[end.end() :], False
        held = b""
        if b"\r" in chunk or self.rest.endswith(b"\r"):
            chunk, self.rest = self.rest + chunk, b""
            if chunk.endswith(b"\r"):  # a \n may follow
                chunk, held = chunk[:-1], b"\r"
            chunk = chunk.replace(b"\r\n", b"\n")
        at = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if not at:
            return self._longer(chunk + held)
        whole, self.rest = self.rest + chunk[:at], b""
        return self._split(whole) + self._longer(chunk[at:] + held)

    def finish(self) -> bytes:
        """Return what came after the last end of a line."""
        rest, self.rest, self._skipping = self.rest, b"", False
        return rest if rest and self._matters(rest) else b""

    def _split(self, whole: bytes) -> list[bytes]:
        if not self._matters(whole):
            return []
        if b"\r" not in whole:
            lines = whole[:-1].split(b"\n")
            return [line[: self._limit + 1] for line in lines if self._matters(line)]
        found, keep = [], self.keep
        for piece in _PIECE.findall(whole):
            if keep or self._matters(piece):
                found.append(piece.rstrip(b"\n")[: self._limit + 1])
                keep = self.keep or piece.endswith(b"\r")  # also the end of a line written over
        return found

    def _longer(self, chunk: bytes) -> list[bytes]:
        self.rest += chunk
        if len(self.rest) <= self._limit:
            return []
        line, self.rest, self._skipping = self.rest[: self._limit + 1], b"", True
        return [line] if self._matters(line) else []

    def _matters(self, text: bytes) -> bool:
        return self.keep or not self._needles or any(needle in text for needle in self._needles)
