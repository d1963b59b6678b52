"""A batch is in the file as it was handed over, however many reports it has."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from ashad.core.history.records import Decision, Report
from ashad.store import Reader, Writer
from ashad.store.rows import LARGE, MANY

BETWEEN = Decision("CONTINUE", "BETWEEN_RUNGS", 1, next_resource=30)
IN_RUNG = Decision("STOP", "BELOW_CUTOFF", 1, 0, 30, 4, 5, 1, 0.25, 0, 1)


def reported(seq: int) -> Report:
    """Return a report, each unlike the one before."""
    diverged = "nan" if seq % 5 == 0 else None
    metrics = '{"lr": 0.1}' if seq % 7 == 0 else None
    checkpoint = f"file:///{seq}" if seq % 11 == 0 else None
    first, last, decided = (0, 0, IN_RUNG) if seq % 3 == 0 else (None, None, BETWEEN)
    value = None if diverged else 1 / seq
    return Report(
        seq, 10**15 + seq, seq % 4, 1 + seq % 2, 31 + seq, value, diverged, metrics, checkpoint,
        first, last, decided,
    )  # fmt: skip


@pytest.mark.parametrize("many", [1, LARGE - 1, LARGE, LARGE + 1, LARGE + MANY])
def test_all_reports_of_a_batch_are_read_as_they_were_written(tmp_path: Path, many) -> None:
    reports = [reported(seq) for seq in range(1, many + 1)]
    with closing(Writer(tmp_path / "a.db")) as writer, closing(Reader(tmp_path / "a.db")) as reader:
        batch = writer.batch()
        batch.add(1, reports)
        writer.commit(batch)
        assert list(reader.reports(1)) == reports
