"""A file of metrics that a program writes: its new lines, as they come. Never writes.

What stood in the file before the program began is an earlier run's and is passed over; a file that
is cut, replaced or written anew is read from its beginning.
"""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import dataclass

from ashad_agent.metrics.line_splitter import Splitter
from ashad_agent.metrics.metric_parser import LONGEST, MetricParser, Parsed, Skipped, number_of
from ashad_client.errors import invalid

_CHUNK = 1 << 20
_KNOWN_BY = 256  # bytes at the end of what was there, by which it is known again


@dataclass(frozen=True)
class Source:
    """Where metrics are read from: "stdout", "stderr", or a file of "lines" or of "csv"."""

    kind: str
    path: str = ""


def source_of(text: str) -> Source:
    """Read stdout, stderr, file:PATH or csv:PATH. Raises `Error`."""
    kind, colon, path = text.partition(":")
    if text in ("stdout", "stderr"):
        return Source(text)
    if colon and path and kind in ("file", "csv"):
        return Source("lines" if kind == "file" else "csv", path)
    raise invalid(f"--metrics: stdout, stderr, file:PATH or csv:PATH, not {text!r}")


class Table:
    """Lines of CSV; the first one names the columns."""

    def __init__(self, rules: MetricParser) -> None:
        self._rules = rules
        self._columns: list[str] = []

    def parse(self, line: bytes) -> Parsed:
        """Read one line."""
        text = line.rstrip(b"\r\n").decode("utf-8-sig", "replace")
        try:
            cells = next(csv.reader(io.StringIO(text, newline="")), [])
        except csv.Error as error:
            return Skipped(f"no CSV: {error}", near=True)
        cells = [cell.strip() for cell in cells]
        if not self._columns or cells == self._columns:
            self._columns = cells
            if cells and self._rules.key not in cells:
                return Skipped(f"no column {self._rules.key} in the header", near=True)
            return Skipped("the header")
        return self._rules.parse_object(dict(zip(self._columns, map(_cell, cells))))


class Tail:
    """Follows one file, from where it ends now."""

    def __init__(self, path: str, rules: MetricParser, *, table: bool) -> None:
        self._path, self._rules, self._is_table = path, rules, table
        self._begin((0, 0))
        self._old: tuple[int, bytes] | None = None  # time and end of what was there before
        status = _status(path)
        if status is not None:
            self._identity = status.st_dev, status.st_ino
            self._skip_to = status.st_size
            self._at = 0 if table else self._skip_to  # an old header still names the columns
            self._old = status.st_mtime_ns, _end(path, status.st_size)

    def read(self) -> list[Parsed]:
        """Return what the new lines say."""
        status = _status(self._path)
        if status is None:
            return []
        identity = status.st_dev, status.st_ino
        if identity != self._identity or status.st_size < self._at or self._is_anew(status):
            self._begin(identity)
            self._old = None
        found: list[Parsed] = []
        while self._at < status.st_size:
            with open(self._path, "rb") as file:
                file.seek(self._at)
                chunk = file.read(min(_CHUNK, status.st_size - self._at))
            if not chunk:
                break
            self._at += len(chunk)
            for line in self._splitter.feed(chunk):
                self._line_at += len(line) + 1
                self._take(line, found)
        return found

    def finish(self, *, trust: bool) -> list[Parsed]:
        """Return what the rest says; a last line without its end only if it is to be trusted."""
        found = self.read()
        rest = self._splitter.finish()
        if rest and trust:
            self._line_at += len(rest) + 1
            self._take(rest, found)
        return found

    def _begin(self, identity: tuple[int, int]) -> None:
        self._identity = identity
        self._at = self._line_at = self._skip_to = 0
        self._parser = Table(self._rules) if self._is_table else self._rules
        needles = [] if self._is_table else self._rules.needles()
        self._splitter = Splitter(needles, LONGEST)

    def _is_anew(self, status: os.stat_result) -> bool:
        """Whether what was there when the program began has been overwritten, not added to."""
        if self._old is None or status.st_mtime_ns == self._old[0]:
            return False
        _, end = self._old
        self._old = None
        return status.st_size <= self._skip_to or _end(self._path, self._skip_to) != end

    def _take(self, line: bytes, found: list[Parsed]) -> None:
        said = self._parser.parse(line)
        if not self._is_table or self._line_at > self._skip_to:
            found.append(said)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _end(path: str, size: int) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, size - _KNOWN_BY))
            return file.read(min(size, _KNOWN_BY))
    except OSError:
        return b""


def _cell(text: str) -> object:
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    number = number_of(text)
    return text if number is None else number
