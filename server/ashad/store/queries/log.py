"""All that happened in a study, in order of sequence numbers. Changes nothing."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING

from ashad.core.history.records import Change, Event, Report
from ashad.store import rows
from ashad.store.codes import ENTERED

if TYPE_CHECKING:
    from ashad.store.reader import Reader

_AFTER = "study = ? AND seq > ? ORDER BY seq"


def log(reader: Reader, study: int, after: int) -> Iterator[Report | Change | Event]:
    """Yield what happened after a sequence number; within a snapshot of the reader."""
    assert reader.connection.in_transaction
    values = study, after
    parts: list[Iterator[Report | Change | Event]] = [
        map(rows.event, reader.stream(rows.select("event", _AFTER), values)),
        map(rows.change, reader.stream(rows.select("change", _AFTER), values)),
        _reports(reader, values),
    ]
    return heapq.merge(*parts, key=attrgetter("seq"))


def _reports(reader: Reader, values: tuple[int, int]) -> Iterator[Report]:
    """Yield reports with their rung entries: of two streams, since most have none."""
    entries = reader.stream(rows.select("entry", _AFTER), values)
    entry = next(entries, None)
    for row in reader.stream(rows.select("report", _AFTER), values):
        found = rows.open_row("report", row)
        seq, verdict = found[1], found[6]
        if not verdict & ENTERED:
            yield rows.report_of(found, None)
            continue
        while entry is not None and entry[1] < seq:
            entry = next(entries, None)
        yield rows.report_of(found, entry if entry is not None and entry[1] == seq else None)
