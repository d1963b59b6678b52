"""No configuration of a finite space comes again while one is left that was not tried."""

import json
import random

import pytest
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.kinds import Asha, Halton, Hyperband, RandomSampler, Tpe
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling.configuration_set import Tried
from ashad.core.sampling.enumeration import Enumeration
from ashad.core.space import Int
from ashad.core.spec import StudySpec

from tests.support.specs import FINITE, FINITE_SIZES, FLAT


def spec(space, when, sampler, algorithm=None):
    return StudySpec("loss", False, 9, space, algorithm or Asha(), sampler=sampler, when=when)


def run(spec, trials, seed=0, memory=None):
    """Return the configurations of a search, with the study and its history."""
    memory, found, history = memory or InMemoryArchive(), [], []
    study, records = Study.create("s", "u", spec, seed, 0, memory)
    for call in range(trials):
        memory.take(records)
        history += records
        study.state.committed(study.state.seq)
        job, _, records = study.suggest(call, f"w{call}", f"r{call}")
        assert isinstance(job, Assignment)
        found.append(json.dumps(job.params))
        loss = random.Random(f"{seed}/{call}").random()
        if call % 7:
            memory.take(records)
            history += records
            study.state.committed(study.state.seq)
            records = study.report(
                call, AttemptKey(job.trial, job.attempt, job.token), ReportContent(1, loss)
            )[2]
    memory.take(records)
    history += records
    return found, study, [r for r in history if type(r).__name__ != "TrialRow"]


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
@pytest.mark.parametrize("sampler", [RandomSampler(), Halton(), Tpe(), Tpe(0.0)], ids=repr)
@pytest.mark.parametrize("name", FINITE)
def test_none_comes_again_before_all_have_come(name, sampler, seed):
    space, when = FINITE[name]
    size = FINITE_SIZES[name]
    found, study, history = run(spec(space, when, sampler), size + 5, seed)
    assert len(set(found[:size])) == size
    again = replay("s", "u", seed, history)
    assert snapshot(again.state) == snapshot(study.state)


def test_a_synchronous_search_neither():
    found, _, _ = run(spec(FLAT, {}, RandomSampler(), Hyperband(repeat=True)), 48)
    assert len(set(found)) == 48


def test_what_a_person_tried_is_not_proposed():
    memory = InMemoryArchive()
    study, records = Study.create(
        "s", "u", spec({"n": Int(1, 4)}, {}, RandomSampler()), 0, 0, memory
    )
    memory.take(records)
    for call, n in enumerate((2, 3)):
        memory.take(study.enqueue(call, f"e{call}", {"n": n})[2])
    found = []
    for call in range(4):
        job, _, records = study.suggest(9, f"w{call}", f"r{call}")
        memory.take(records)
        found.append(job.params["n"])
    assert found[:2] == [2, 3]
    assert sorted(found[2:]) == [1, 4]


@pytest.mark.parametrize(
    "bits", [4, 10, *(pytest.param(many, marks=pytest.mark.slow) for many in (40, 63, 200))]
)
def test_what_was_tried_is_a_set_whatever_its_size(bits):
    space = {f"p{i}": Int(0, 1) for i in range(bits)}
    tried, naive, numbers = Tried.of(space, {}), set(), random.Random(bits)
    whole = Enumeration.of(space, {})
    for _ in range(20_000 if bits == 40 else 2_000):
        params = whole.configuration(numbers.randrange(min(2**bits, 2**14)))
        key = tuple(params.values())
        assert (params in tried) == (key in naive)
        tried.add(params)
        naive.add(key)
        if not tried.full and params in tried:
            free = tried.next_untried(params)
            assert tuple(free.values()) not in naive
    assert tried.full == (len(naive) == 2**bits)
    assert len(tried.numbers()) == len(naive)
    assert tried.numbers() == sorted(tried.numbers())
