"""One stream of lines into readings: knows the lines before, and bars that write over their line.

A header such as "Epoch 2/3" holds for the lines below it (Keras). Of what a bar writes over itself,
what stood last for a resource is its reading; it counts when the resource grows or the line ends,
and not at all if the bar erases itself. Pure.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ashad_agent.metrics.line_splitter import LineSplitter
from ashad_agent.metrics.metric_parser import LONGEST, MetricParser, Parsed, Reading, Skipped

_LONGEST_PEEK = 4096
_CURSOR_UP = re.compile(rb"\x1b\[[0-9]*A\s*$")


class LineReader:
    """Reads one stream of one program."""

    def __init__(self, parser: MetricParser, *, every: bool = False) -> None:
        """`every`: look at each line, also where the metric cannot be in it."""
        self._parser = parser
        self._splitter = LineSplitter([] if every else parser.needles(), LONGEST)
        self._header: int | None = None
        self._held: Reading | None = None
        self._bar_at = 0  # how far a bar over the resource has come
        self._grown = self._ahead = self._erased = False

    def feed(self, chunk: bytes) -> list[Parsed]:
        """Return what the lines say that end in this chunk."""
        found: list[Parsed] = []
        for line in self._splitter.feed(chunk):
            found += self.take(line)
        rest = self._splitter.rest
        if self._held is not None and 0 < len(rest) < _LONGEST_PEEK:
            found += self._peek(rest)
        self._splitter.keep = self._held is not None
        return found

    def finish(self, *, trust: bool) -> list[Parsed]:
        """Return what the rest says; a line without its end only if it is to be trusted."""
        rest = self._splitter.finish()
        if not trust:
            return []
        return (self.take(rest) if rest else []) + self._flush()

    def take(self, line: bytes) -> list[Parsed]:
        """Read one line, or one piece of it that ends with a carriage return."""
        over = line.endswith(b"\r") or bool(_CURSOR_UP.search(line))
        said = self._in_place(line)
        if not over and self._held is None and not self._bar_at:
            return [said]
        found = self._of_bar(said)
        self._erased = not line.strip() if isinstance(said, Skipped) else False
        return found if over else found + self._flush()

    def _in_place(self, line: bytes) -> Parsed:
        said = self._parser.parse(line)
        if isinstance(said, Skipped) and not said.near:
            header = self._parser.header(line)
            self._header = self._header if header is None else header
        elif self._header is not None and isinstance(said, Reading) and said.is_open:
            return replace(said, resource=self._header, bar=False)
        return said

    def _of_bar(self, said: Parsed) -> list[Parsed]:
        if isinstance(said, Skipped):
            return [said] if said.near else []
        if said.bar and said.resource == 0:
            self._ahead = True  # the bar is told of an epoch before it moves on
            return []
        if said.bar and self._ahead:
            at = said.resource or 0
            if at <= self._bar_at:
                return []
            self._bar_at = at
            return [said]
        held, self._held = self._held, said
        if held is None or held.resource is None or said.resource is None:
            return []
        if said.resource == held.resource:
            return []
        self._grown = True
        return [held]

    def _peek(self, rest: bytes) -> list[Parsed]:
        """Look at a piece that has not ended: the resource may have grown."""
        held = self._held
        now = self._parser.resource(rest)
        if held is None or held.resource is None or now is None or now <= held.resource:
            return []
        self._held, self._grown = None, True
        return [held]

    def _flush(self) -> list[Parsed]:
        held, self._held = self._held, None
        counts = held is not None and (self._grown or not self._erased)
        self._bar_at, self._grown, self._ahead, self._erased = 0, False, False, False
        return [held] if held is not None and counts else []
