"""A file of metrics that a program writes: its new lines, as they come. Never writes.

What stood in the file before the program began is an earlier run's and is passed over. A file that
is cut, replaced or rewritten in place is read from its beginning, with its new header.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, replace

from ashad_agent.metrics.line_reader import LineReader
from ashad_agent.metrics.line_splitter import LineSplitter
from ashad_agent.metrics.metric_parser import LONGEST, MetricParser, Parsed, Reading, Skipped
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


class TableReader:
    """Lines of CSV, or with tabs or semicolons; the first one names the columns."""

    def __init__(self, parser: MetricParser) -> None:
        self._parser = parser
        self._splitter = LineSplitter([], LONGEST)
        self._columns: list[str] = []
        self._delimiter = ","

    def feed(self, chunk: bytes) -> list[Parsed]:
        """Return what the rows say that end in this chunk."""
        return [self.take(line) for line in self._splitter.feed(chunk)]

    def finish(self, *, trust: bool) -> list[Parsed]:
        """Return what the rest says; a row without its end only if it is to be trusted."""
        rest = self._splitter.finish()
        return [self.take(rest)] if rest and trust else []

    def take(self, line: bytes) -> Parsed:
        """Read one row."""
        text = line.rstrip(b"\r\n").decode("utf-8-sig", "replace")
        if not self._columns:
            self._delimiter = next((d for d in ",\t;" if self._holds_key(text, d)), ",")
        try:
            cells = _cells(text, self._delimiter)
        except csv.Error as error:
            return Skipped(f"no CSV: {error}", near=True)
        if not self._columns or self._parser.key in cells:
            self._columns = cells
            if cells and self._parser.key not in cells:
                return Skipped(f"no column {self._parser.key} in the header", near=True, weak=True)
            return Skipped("the header")
        row = dict(zip(self._columns, cells))
        if row.get(self._parser.key) == "":  # measured in other rows
            return Skipped(f"{self._parser.key} is empty", near=True, weak=True)
        return self._parser.parse_object(row)

    def _holds_key(self, text: str, delimiter: str) -> bool:
        try:
            return self._parser.key in _cells(text, delimiter)
        except csv.Error:
            return False


class MetricFile:
    """Follows one file, from where it ends now."""

    def __init__(self, path: str, parser: MetricParser, *, table: bool) -> None:
        self._path, self._parser, self._is_table = path, parser, table
        self._given = self._repeated = 0  # readings so far; those of them that come again
        self._begin((0, 0))
        self._old: tuple[int, bytes] | None = None  # time and end of what was there before
        status = _status(path)
        if status is not None:
            self._identity = status.st_dev, status.st_ino
            self._skip_to = status.st_size
            self._old = status.st_mtime_ns, _end(path, status.st_size)
            if table:  # an old header still names the columns
                self._read_to(status.st_size)
            else:
                self._at, self._known = status.st_size, self._old[1]
                self._head = _begin_of(path, status.st_size)

    def read(self) -> list[Parsed]:
        """Return what the new lines say."""
        status = _status(self._path)
        if status is None:
            return []
        identity = status.st_dev, status.st_ino
        if identity != self._identity or self._is_anew(status):
            self._begin(identity)
            self._old = None
        elif status.st_size < self._at or self._is_rewritten():
            self._begin(identity)
            self._repeated = self._given
        found = self._read_to(status.st_size)
        if found and self._is_rewritten():  # just now: what was read may be half old, half new
            return []
        return self._counted(found)

    def finish(self, *, trust: bool) -> list[Parsed]:
        """Return what the rest says; a last line without its end only if it is to be trusted."""
        return self.read() + self._counted(self._reader.finish(trust=trust))

    def _read_to(self, size: int) -> list[Parsed]:
        found: list[Parsed] = []
        while self._at < size:
            with open(self._path, "rb") as file:
                file.seek(self._at)
                chunk = file.read(min(_CHUNK, size - self._at))
            if not chunk:
                break
            if self._at == len(self._head):
                self._head += chunk[: _KNOWN_BY - self._at]
            self._at += len(chunk)
            self._known = (self._known + chunk)[-_KNOWN_BY:]
            found += self._reader.feed(chunk)
        return found

    def _counted(self, found: list[Parsed]) -> list[Parsed]:
        """Mark what was given before the file was rewritten."""
        marked: list[Parsed] = []
        for said in found:
            if isinstance(said, Reading):
                again = self._repeated > 0
                self._repeated -= again
                self._given += not again
                marked.append(replace(said, again=again))
            else:
                marked.append(said)
        return marked

    def _begin(self, identity: tuple[int, int]) -> None:
        self._identity = identity
        self._at = self._skip_to = 0
        self._head = self._known = b""  # the beginning of the file, and what stands before `at`
        self._reader = (TableReader if self._is_table else LineReader)(self._parser)

    def _is_rewritten(self) -> bool:
        """Whether what was read is no longer what stands there."""
        try:
            with open(self._path, "rb") as file:
                if file.read(len(self._head)) != self._head:
                    return True
                file.seek(self._at - len(self._known))
                return file.read(len(self._known)) != self._known
        except OSError:
            return False

    def _is_anew(self, status: os.stat_result) -> bool:
        """Whether what was there when the program began has been overwritten, not added to."""
        if self._old is None or status.st_mtime_ns == self._old[0]:
            return False
        _, end = self._old
        self._old = None
        return status.st_size <= self._skip_to or _end(self._path, self._skip_to) != end


def _cells(text: str, delimiter: str) -> list[str]:
    row = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return [cell.strip() for cell in row]


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _begin_of(path: str, size: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(min(size, _KNOWN_BY))
    except OSError:
        return b""


def _end(path: str, size: int) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, size - _KNOWN_BY))
            return file.read(min(size, _KNOWN_BY))
    except OSError:
        return b""
