"""`--dry-parse`: what would be taken from a log, line by line, and why the others were not."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from ashad_agent.metrics.line_reader import LineReader
from ashad_agent.metrics.metric_file import TableReader
from ashad_agent.metrics.metric_parser import LONGEST, MetricParser, Parsed, Reading, Skipped
from ashad_agent.metrics.progress import Progress
from ashad_agent.process.exit_status import DONE, REFUSED

_MOST_EXAMPLES = 20


def show(log: BinaryIO, parser: MetricParser, *, table: bool, most: int) -> int:
    """Print it; `most` is max_resource. Return 0 if anything would be reported, else 1."""
    reader = TableReader(parser) if table else LineReader(parser, every=True)
    progress = Progress(0, most, key=parser.resource_key)
    taken = passed = 0
    whys: Counter[str] = Counter()
    for number, said in _numbered(log, reader):
        where = progress.place(said) if isinstance(said, Reading) else said
        if isinstance(said, Reading) and isinstance(where, int):
            taken += 1
            print(f"{number:>7}  {parser.resource_name} {where}: {_words(parser, said)}")
            continue
        passed += 1
        assert isinstance(where, Skipped)
        whys[where.why] += 1
        if where.near and whys[where.why] <= _MOST_EXAMPLES:
            hint = f" ({where.hint})" if where.hint else ""
            print(f"{number:>7}  not taken, {where.why}{hint}: {where.line}")
    print(f"{taken} lines would be reported, {passed} say nothing:")
    for why, count in whys.most_common(_MOST_EXAMPLES):
        print(f"{count:>7}  {why}")
    if not taken:
        print(
            f"Wanted is a line such as {parser.resource_key}=3 {parser.key}=0.25; "
            "for another form see --regex, --metric, --resource",
            file=sys.stderr,
        )
    return DONE if taken else REFUSED


def _numbered(log: BinaryIO, reader: TableReader | LineReader) -> Iterator[tuple[int, Parsed]]:
    number = 0
    for number, line in enumerate(_lines(log), 1):
        for said in reader.feed(line):
            yield number, said
    for said in reader.finish(trust=True):
        yield number, said


def _lines(log: BinaryIO) -> Iterator[bytes]:
    while True:
        line = log.readline(LONGEST + 2)
        if not line:
            return
        yield line


def _words(parser: MetricParser, said: Reading) -> str:
    counted = "" if said.resource is not None else " (counted up: no resource in the line)"
    others = "".join(f" {name}={value!r}" for name, value in said.others.items())
    checkpoint = f" checkpoint={said.checkpoint}" if said.checkpoint else ""
    return f"{parser.metric}={said.value!r}{others}{checkpoint}{counted}"
