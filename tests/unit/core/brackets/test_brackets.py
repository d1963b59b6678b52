"""A search that repeats its brackets: the thousandth costs what the hundredth did."""

import json
import random
import sys
import tracemalloc

import pytest
from ashad.core.brackets.brackets import Brackets
from ashad.core.brackets.plan import Rounds
from ashad.core.engine.suggest import Assignment
from ashad.core.kinds import Hyperband, SuccessiveHalving
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Float, Int
from ashad.core.spec import Limits, StudySpec, to_json
from ashad.store import Batch, Reader, StudyRow, Writer, load

from tests.support.search import Search

ALGORITHMS = {
    "hyperband": Hyperband(max_rungs=2, repeat=True),
    "halving": SuccessiveHalving(max_rungs=2, repeat=True),
}


def search_of(algorithm, *, most=None, space=None):
    limits = Limits(max_trials=most)
    space = space or {"x": Float(0, 1)}
    return Search(StudySpec("loss", False, 9, space, ALGORITHMS[algorithm], limits=limits))


def run(search, brackets, dice):
    """Let a worker search until so many brackets have begun."""
    while len(search.state.brackets) < brackets:
        step(search, dice)


def step(search, dice):
    job = search.suggest()
    search.report(job, job.next_resource, dice.random())


def restored(search, folder):
    """Write the records of a search into a file; return the state that is read from it."""
    state, path = search.state, folder / "a.db"
    writer, batch = Writer(path), Batch()
    batch.add(1, search.records)
    spec = json.dumps(to_json(state.spec))
    batch.put(StudyRow(1, "s", state.uid, state.seed, state.created, state.mode, spec))
    writer.commit(batch)
    reader = Reader(path)
    found = load(reader, reader.studies()[0])
    writer.close()
    return found.state


class Operations:
    """Counts the bytecodes that the core executes."""

    def __enter__(self):
        self.count = 0
        sys.settrace(self.call)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def call(self, frame, event, _):
        if "/ashad/core/" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self.step

    def step(self, frame, event, _):
        self.count += event == "opcode"
        return self.step


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("straggler", [False, True])
def test_a_trial_costs_the_same_work_at_100_and_at_2000_brackets(algorithm, straggler):
    search, dice, found = search_of(algorithm), random.Random(1), []
    if straggler:
        search.suggest("straggler")
    for brackets in (100, 2000):
        run(search, brackets, dice)
        with Operations() as counted:
            for _ in range(40):
                step(search, dice)
                search.study.status(search.now)
        found.append(counted.count)
    assert len(search.state.brackets.open) <= 2 + len(search.state.live)
    assert found[1] < found[0] * 1.1, found


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_settled_bracket_costs_few_bytes(algorithm):
    search, dice = search_of(algorithm), random.Random(1)
    run(search, 50, dice)
    brackets, entries = search.state.brackets, sum(map(sum, search.sizes()))
    tracemalloc.start()
    try:
        before = tracemalloc.take_snapshot()
        run(search, 2050, dice)
        after = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    only = [tracemalloc.Filter(True, "*/core/brackets/*")]
    grown = sum(
        stat.size_diff
        for stat in after.filter_traces(only).compare_to(before.filter_traces(only), "filename")
    )
    more = sum(map(sum, search.sizes())) - entries
    assert grown < 20 * more + 40 * 2000, (grown, more)
    assert len(brackets) >= 2050


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("seed", range(4))
def test_a_search_of_many_brackets_is_restored_as_it_was(algorithm, seed, tmp_path):
    """Settled brackets, open ones in their midst, trials cancelled and lost, limits that move."""
    search, dice = search_of(algorithm), random.Random(seed)
    jobs = []
    for _ in range(400):
        what = dice.random()
        if what < 0.5 or not jobs:
            jobs.append(search.suggest(f"w{len(search.records)}"))
            if not isinstance(jobs[-1], Assignment):
                jobs.pop()
        elif what < 0.9:
            job = jobs.pop(dice.randrange(len(jobs)))
            value = float("nan") if dice.random() < 0.05 else dice.randrange(20) / 20
            search.report(job, job.next_resource, value)
        elif what < 0.92:
            search.end("fail", jobs.pop(0), infeasible=dice.random() < 0.5, message="")
        elif what < 0.94:
            search.do("expire", *jobs.pop(0)[:2])
        elif what < 0.96:
            paused = [n for n, row in search.memory.trials.items() if row.state == "PAUSED"]
            if paused:
                search.do("cancel", dice.choice(paused))
        elif what < 0.98:
            search.do("update", Limits(max_trials=dice.choice([None, 5, 60, 200])))
    assert len(search.state.brackets.open) < len(search.state.brackets)
    assert snapshot(restored(search, tmp_path)) == snapshot(search.state), f"seed {seed}"


def test_a_raised_limit_opens_the_bracket_it_had_cut():
    search, dice = search_of("halving", most=4), random.Random(1)
    run(search, 2, dice)
    while isinstance(job := search.suggest(), Assignment):
        search.report(job, job.next_resource, dice.random())
    assert job.reason == "MAX_TRIALS"
    search.do("update", Limits(max_trials=6))
    found = []
    while isinstance(job := search.suggest(), Assignment):
        found.append((job.bracket, job.target))
        search.report(job, job.next_resource, dice.random())
    assert found == [(1, 3), (1, 3), (1, 9)]
    assert [bracket.created for bracket in search.state.brackets] == [3, 3]


@pytest.mark.parametrize("most", [None, 1, 7, 22, 100])
@pytest.mark.parametrize("configurations", [None, 40])
def test_the_plan_of_any_bracket_is_that_of_one_after_another(most, configurations):
    algorithm = Hyperband(repeat=True)
    space = {"n": Int(1, 40)}
    spec = StudySpec("loss", False, 9, space, algorithm, limits=Limits(max_trials=most))
    rounds, left = Rounds(spec, configurations), min(filter(None, [most, configurations, 10**9]))
    for number in range(40):
        shape = rounds.shape(number)
        plan = rounds.plan(number)
        assert plan.trials == min(shape.trials, left)
        left -= plan.trials
        assert plan.quotas == tuple(plan.trials // 3 ** (k + 1) for k in range(len(plan.levels)))
        assert rounds.whole(number) == (plan == shape)


def test_a_bracket_that_was_not_begun_is_none():
    spec = StudySpec("loss", False, 9, {"x": Float(0, 1)}, Hyperband(repeat=True))
    with pytest.raises(IndexError):
        Brackets(spec, None)[3]
