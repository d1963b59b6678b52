"""The committed rows of a study: what its file tells is what an archive in memory tells."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import Decision, Report
from ashad.store import Batch, Reader, Writer

from tests.support.history import History


def test_a_report_is_found_by_its_key_among_many(tmp_path: Path) -> None:
    """By halves, so at both ends, in the middle, and between the attempts."""
    store, reader = Writer(tmp_path / "a.db"), Reader(tmp_path / "a.db")
    decision, batch, chance = Decision("CONTINUE", "BETWEEN_RUNGS"), Batch(), random.Random(5)
    keys, seq = [], 0
    for attempt in (1, 2, 5):
        for resource in sorted(chance.sample(range(1, 200), 60)):
            for trial in (3, 4):
                seq += chance.randint(1, 9)
                keys.append((trial, attempt, resource))
                batch.add(1, [Report(seq, 0, *keys[-1], 0.5, *[None] * 5, decision)])
    store.commit(batch)
    archive = reader.archive(1)
    for key in itertools.product((2, 3, 4), range(7), range(201)):
        found = archive.report(*key)
        assert (found is not None) == (key in keys), key
        assert found is None or (found.trial, found.attempt, found.resource) == key
    reader.close()
    store.close()


@pytest.mark.parametrize("seed", range(4))
def test_the_file_tells_what_an_archive_in_memory_tells(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "a.db", seed)
    for _ in range(80):
        history.step()
    (study,) = history.reader.studies()
    memory = InMemoryArchive()
    with history.reader.snapshot():
        memory.take(history.reader.log(study.id))
        memory.take(history.reader.trials(study.id))
    archive = history.reader.archive(study.id)
    assert memory.trials
    for number, row in memory.trials.items():
        assert repr(archive.trial(number)) == repr(row)
        assert repr(archive.last_report(number)) == repr(memory.last_report(number))
        for attempt in range(1, row.attempt + 1):
            assert archive.ending(number, attempt) == memory.ending(number, attempt)
    for key in [*memory.reports, (0, 1, 10**6), (len(memory.trials), 1, 1)]:
        assert repr(archive.report(*key)) == repr(memory.report(*key))
    for change in memory.changes:
        if change.request:
            assert archive.request(change.request) == memory.request(change.request)
    for maximize in (False, True):
        gone: list[int] = []
        while (due := memory.best(maximize=maximize, without=gone)) is not None:
            assert repr(archive.best(maximize=maximize, without=gone)) == repr(due)
            gone.append(due.number)
        assert archive.best(maximize=maximize, without=gone) is None
    history.close()
