"""`--dry-parse`: what would be taken from a log, line by line, and why the others were not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO

from ashad_agent.metrics.line_splitter import Splitter
from ashad_agent.metrics.metric_file import Table
from ashad_agent.metrics.metric_parser import (
    LONGEST,
    MetricParser,
    Parsed,
    Progress,
    Reading,
    Skipped,
)
from ashad_agent.process.exit_status import DONE, REFUSED

_CHUNK = 1 << 20
_MOST_EXAMPLES = 20
_WIDTH = 60


def show(log: BinaryIO, rules: MetricParser, *, table: bool, most: int) -> int:
    """Print it; `most` is max_resource. Return 0 if anything would be reported, else 1."""
    parser = Table(rules) if table else rules
    progress = Progress(0, most)
    taken = passed = 0
    whys: dict[str, int] = {}
    for number, line in enumerate(_lines(log), 1):
        said: Parsed = parser.parse(line)
        where = progress.place(said) if isinstance(said, Reading) else said
        if isinstance(said, Reading) and isinstance(where, int):
            taken += 1
            print(f"{number:>7}  {rules.resource} {where}: {_words(rules, said)}")
            continue
        passed += 1
        assert isinstance(where, Skipped)
        near = where.near or isinstance(said, Reading)
        seen = whys[where.why] = whys.get(where.why, 0) + 1
        if near and seen <= _MOST_EXAMPLES:
            print(f"{number:>7}  not taken, {where.why}: {_excerpt(line)}")
    print(f"{taken} lines would be reported, {passed} say nothing:")
    for why, count in sorted(whys.items(), key=lambda pair: -pair[1])[:_MOST_EXAMPLES]:
        print(f"{count:>7}  {why}")
    if not taken:
        print(
            f"Wanted is a line such as {rules.resource_key}=3 {rules.key}=0.25; "
            "for another form see --regex, --metric, --resource",
            file=sys.stderr,
        )
    return DONE if taken else REFUSED


def _lines(log: BinaryIO) -> Iterator[bytes]:
    splitter = Splitter([], LONGEST)
    while True:
        chunk = log.read(_CHUNK)
        if not chunk:
            break
        yield from splitter.feed(chunk)
    rest = splitter.finish()
    if rest:
        yield rest


def _words(rules: MetricParser, said: Reading) -> str:
    counted = "" if said.resource is not None else " (counted up: no resource in the line)"
    others = "".join(f" {name}={value!r}" for name, value in said.others.items())
    checkpoint = f" checkpoint={said.checkpoint}" if said.checkpoint else ""
    return f"{rules.metric}={said.value!r}{others}{checkpoint}{counted}"


def _excerpt(line: bytes) -> str:
    text = line[: 4 * _WIDTH].decode("utf-8", "replace").strip()
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return shown if len(shown) <= _WIDTH else shown[:_WIDTH] + "..."
