"""A file of an earlier version draws and takes values as it did then: it opens, checks and replays.

`tests/data/studies_ca6785e.db.gz` was written by the program beside it, run at that commit: steps
that add up in binary, values off the step in the queue and among the points, repeats in small
spaces, Halton points of 30 dimensions, and answers of Optuna's samplers.
"""

import gzip
import json
from pathlib import Path

import pytest
from ashad.core.engine.suggest import Assignment
from ashad.core.kinds import from_json
from ashad.core.spec import to_json
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.store import Reader, Writer
from ashad.store.check.audit import Checked, audit

EARLIER = Path(__file__).parents[3] / "data" / "studies_ca6785e.db.gz"


class Clock:
    def wall(self):
        return 1_800_000_000_000_000

    def monotonic(self):
        return 0.0


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "earlier.db"
    path.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    Writer(path).close()  # brought up to date, where the schema has changed since
    return path


def test_an_earlier_file_replays_exactly(file):
    checked = Checked()
    assert list(audit(file, checked)) == []
    assert (checked.studies, checked.trials) == (14, 308)


async def test_an_earlier_study_goes_on_as_it_was_and_an_equal_spec_is_an_echo(file):
    store, reader = Writer(file), Reader(file)
    scheduler = Scheduler(store, reader, InlineExecutor(), Clock(), lambda *a, **k: None, print)
    for name in ("step-random", "tree-tpe", "small-random"):
        study = scheduler.study(name)
        spec = study.state.spec
        assert spec.draws == 1
        assert from_json(json.loads(json.dumps(to_json(spec)))) == spec
        today = from_json(to_json(study.state.original) | {"draws": 2})
        if not spec.points_to_evaluate:  # two of them are refused today
            assert scheduler.create(name, today, validate_only=False)[1] is False
        scheduler.update(name, type(spec.limits)(max_trials=60))
        for call in range(20):
            outcome, _ = scheduler.suggest(name, f"new{call}", f"new{call}")
            assert isinstance(outcome, Assignment)
        await scheduler.durable()
    store.close()
    reader.close()
    assert list(audit(file, Checked())) == []
