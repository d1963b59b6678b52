"""A read sees one state of the file, whatever is committed between its statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ashad.core.engine.configurations.versions import SpaceVersions
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.history.records import ReportContent
from ashad.core.kinds import Asha
from ashad.core.space import Float
from ashad.core.spec import StudySpec, to_json
from ashad.service.reads.explanations import explanations
from ashad.service.reads.obsolete_checkpoints import Now, obsolete
from ashad.service.reads.pages import Memory, Place, trials
from ashad.store import Batch, Reader, StudyRow, Writer, load

SPEC = StudySpec("loss", False, 9, {"lr": Float(0.0, 1.0)}, Asha(promotion=False, eta=3.0))


class Committing:
    """A study in a file. `more` commits a trial with a report, a change and an event."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer, self.reader = Writer(path), Reader(path)
        self.now = 1_000_000
        archive = self.reader.archive(1)
        self.study, records = Study.create("s", "uid", SPEC, 7, self.now, archive)
        self.commit(records)
        self.more()

    def commit(self, records: list) -> None:
        state, batch = self.study.state, Batch()
        batch.add(1, records)
        spec = json.dumps(to_json(state.spec))
        batch.put(StudyRow(1, "s", state.uid, state.seed, state.created, state.mode, spec))
        self.writer.commit(batch)

    def more(self) -> None:
        """Commit a whole trial of nine reports, each with a checkpoint, and a pause."""
        self.now += 1_000_000
        made = self.study.suggest(self.now, "w", f"r{self.now}")
        assert isinstance(made[0], Assignment)
        held, records = made[0], made[-1]
        for resource in range(1, 10):
            content = ReportContent(
                resource, 1 / self.now, None, f"file:///{held.trial}/{resource}"
            )
            decision, _, reported = self.study.report(self.now, held.key, content)
            records = [*records, *reported]
            if decision.action != "CONTINUE":
                break
        self.commit([*records, *self.study.pause(self.now), *self.study.resume(self.now)])


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Committing]:
    made = Committing(tmp_path / "a.db")
    yield made
    made.reader.close()
    made.writer.close()


def _log(file: Committing) -> object:
    with file.reader.snapshot():
        return list(file.reader.log(1))


def _explanations(file: Committing) -> object:
    memory = Memory(1, "uid", file.study.state.seq, maximize=False, seed=1, now=0, live={})
    with file.reader.snapshot():
        return explanations(file.reader, memory, 0, SPEC, SpaceVersions(SPEC, 0))


def _obsolete(file: Committing) -> object:
    with file.reader.snapshot():
        return obsolete(file.reader, 1, Now(1_000, {}, frozenset()), 0, 1_000)


def _page(file: Committing) -> object:
    memory = Memory(1, "uid", file.study.state.seq, maximize=False, seed=1, now=0, live={})
    with file.reader.snapshot():
        return trials(file.reader, memory, Place("trials", "", 100), (), ())


def _load(file: Committing) -> object:
    state = load(file.reader, file.reader.studies()[0]).state
    return state.seq, dict(state.counts), state.trials


@pytest.mark.parametrize("read", [_log, _explanations, _obsolete, _load, _page])
def test_a_commit_between_two_statements_is_not_half_seen(
    file: Committing, read: Callable[[Committing], object]
) -> None:
    statements = 0

    def at(number: int) -> Callable[[str], None]:
        def statement(text: str) -> None:
            nonlocal statements
            statements += text.startswith("SELECT")
            if statements == number and text.startswith("SELECT"):
                file.more()

        return statement

    file.reader.connection.set_trace_callback(at(0))
    before = read(file)
    whole, looked = statements, 0
    for number in range(2, whole + 1):  # the first takes the snapshot
        statements = 0
        file.reader.connection.set_trace_callback(None)
        before = read(file)
        file.reader.connection.set_trace_callback(at(number))
        assert read(file) == before, f"a commit before statement {number} of {whole}"
        looked += 1
    assert looked
    file.reader.connection.set_trace_callback(None)
    assert read(file) != before  # what was committed is seen by the next
