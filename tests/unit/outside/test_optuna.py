"""Samplers of Optuna: recorded like any draw, asked outside of the daemon, and nobody is stuck.

The library is the real one. PyTorch is not among the packages of developers: what needs it is left
out where it is not there.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import select
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from importlib.util import find_spec
from math import isnan
from os import pidfd_open
from statistics import median

import pytest
from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment, Wait
from ashad.core.errors import RefusalError
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import ReportContent
from ashad.core.kinds import Asha, Optuna, Random, RandomSampler
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.samplers import independent
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import Limits, StudySpec
from ashad.outside import Process, UnanswerableError, beside
from ashad.outside.optuna_answer import answer
from ashad.outside.optuna_process import NEEDS, missing
from ashad.outside.optuna_question import LEAST, MOST, Question, configuration, question, told
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.simulate import Hill, simulate
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
METHODS = ["tpe_multivariate", "cmaes", pytest.param("gp", marks=TORCH)]
SPACE = {
    "x": Float(0.0, 1.0), "rate": Float(1e-4, 1.0, log=True), "n": Int(1, 64),
    "kind": Choice(("a", "b", "c")), "fixed": Constant(7),
}  # fmt: skip


def of(method="tpe_multivariate", algorithm=None, **more):
    algorithm = algorithm or Asha(promotion=True)
    return StudySpec("loss", False, 9, SPACE, algorithm, sampler=Optuna(method), seed=3, **more)


def loss(params):
    return (params["x"] - 0.3) ** 2 + abs(params["n"] - 20) / 64 + (params["kind"] != "b")


# --- the core ------------------------------------------------------------------------------------


class Search:
    """A study, and proposals made of nothing but the question."""

    def __init__(self, method="tpe_multivariate", spec=None):
        self.memory, self.records, self.calls, self.asked = InMemoryArchive(), [], 0, 0
        self.study, records = Study.create("s", "uid", spec or of(method), 3, 0, self.memory)
        self.keep(records)

    def keep(self, records):
        self.records += records
        self.memory.take(records)
        self.study.state.committed(self.study.state.seq)

    def train(self, jobs):
        for _ in range(jobs):
            outcome = self.suggest()
            if isinstance(outcome, Wait):
                self.keep(self.study.propose(self.calls, self.drawn()))
                outcome = self.suggest()
            self.report(outcome)

    def report(self, job):
        value = loss(job.params) + 1 / job.target
        content = ReportContent(job.target, value, None, "checkpoint")
        self.keep(self.study.report(self.calls, job.key, content)[2])

    def drawn(self):
        state = self.study.state
        found = question(state)
        if found is None:
            return independent(state.spec, state.seed, state.trials, state.known.tried)
        self.asked += 1
        places = [uniform(found.seed, j, "place") for j in range(len(found.choices))]
        return configuration(state, places)

    def suggest(self):
        self.calls += 1
        outcome, _, records = self.study.suggest(self.calls, "w", f"r{self.calls}")
        self.keep(records)
        return outcome


def test_without_a_proposal_a_worker_waits_and_nothing_changes():
    search = Search()
    assert search.suggest() == Wait("SAMPLER_BUSY")  # such a study makes none of its own
    search.train(LEAST)
    assert search.asked == 0  # what is known is too little
    search.train(60)
    assert search.asked > 30
    while not isinstance(job := search.suggest(), Wait):
        search.report(job)
    before = snapshot(search.study.state), len(search.records)
    assert search.suggest() == Wait("SAMPLER_BUSY")
    assert (snapshot(search.study.state), len(search.records)) == before
    drawn = search.drawn()
    search.keep(search.study.propose(search.calls, drawn))
    job = search.suggest()
    assert isinstance(job, Assignment)
    assert job.params == drawn
    assert json.loads(search.memory.trials[job.trial].params) == drawn
    assert search.memory.trials[job.trial].origin == "sampled"


def test_the_question_of_another_space_tells_what_it_holds_of_the_past():
    search = Search()
    search.train(60)
    state = search.study.state
    space = SPACE | {"x": Float(0.2, 0.9), "kind": Choice(("b", "c", "z")), "more": Int(1, 3)}
    asked = SpaceChange(replace(state.spec, space=space), {"more": 2})
    search.keep(search.study.change_space(99, "c", asked)[1])
    found = question(state)
    assert found.choices == [0, 0, 0, 3, 0]
    rows = [json.loads(row.params) for row in search.memory.trials.values()]
    held = [p for p in rows if 0.2 <= p["x"] <= 0.9 and p["kind"] != "a"]
    assert LEAST <= len(found.told) <= len(held) < len(rows)
    assert {place[-1] for place, _ in found.told} == {0.5}
    assert {place[3] for place, _ in found.told} <= {0.5 / 3, 1.5 / 3}
    assert not any(isnan(at) for place, _ in found.told for at in place)
    search.train(5)
    newest = json.loads(search.memory.trials[state.trials - 1].params)
    assert (set(newest), newest["kind"] in "bcz") == (set(space), True)


def test_a_proposal_that_nobody_wants_any_more_changes_nothing():
    search = Search(spec=of(limits=Limits(max_trials=3)))
    search.train(2)
    search.study.enqueue(0, "mine", {"x": 0.5})
    for _ in range(2):  # one is queued; then there may be no more
        assert search.study.propose(9, search.drawn()) == []
        search.report(search.suggest())
    paused = Search()
    paused.keep(paused.study.pause(1))
    assert paused.study.propose(9, paused.drawn()) == []


def test_points_to_evaluate_come_first():
    search = Search(spec=of(points_to_evaluate=({"x": 0.25}, {"n": 7})))
    for name, value in (("x", 0.25), ("n", 7)):
        job = search.suggest()
        assert job.params[name] == value
        search.keep(search.study.complete(0, job.key)[1])
    assert search.suggest() == Wait("SAMPLER_BUSY")


def test_the_question_is_the_highest_level_with_enough_entries_in_order_of_trials():
    search = Search()
    search.train(200)
    state, found = search.study.state, question(search.study.state)
    sizes = {
        n: r.size for n, r in zip(state.brackets[0].levels, state.brackets[0].rungs, strict=True)
    }
    level = max(n for n, size in sizes.items() if size >= LEAST)
    told = {r.trial: r.value for r in search.memory.reports.values() if r.resource == level}
    assert [score for _, score in found.told] == [told[trial] for trial in sorted(told)]
    assert found.choices == [0, 0, 0, 3]  # a constant does not vary
    assert len(found.told) == sizes[level] <= MOST


@pytest.mark.parametrize("place", [[0.5] * 3, [0.5, 0.5, 0.5, 1.5], []])
def test_an_answer_that_is_no_place_is_refused(place):
    with pytest.raises(ValueError, match="no place of 4 numbers"):
        configuration(Search().study.state, place)


def test_a_replay_needs_no_library():
    search = Search()
    search.train(80)
    log = [r for r in search.records if not hasattr(r, "params")]
    assert snapshot(replay("s", "uid", 3, log).state) == snapshot(search.study.state)


def test_unknown_methods_are_refused_by_name():
    with pytest.raises(RefusalError, match=r"spec.optuna.method: give one of tpe_multivariate, gp"):
        Search(spec=of("simulated_annealing"))


# --- the library ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_same_question_has_the_same_answer_in_another_process(method):
    search = Search(method)
    search.train(90)
    found = question(search.study.state)
    here = answer(**found._asdict())
    assert here == answer(**found._asdict())  # whatever it remembers of the last time
    ran = subprocess.run(
        [sys.executable, "-m", "ashad.outside"], input=json.dumps(found._asdict()) + "\n",
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(ran.stdout) == {"place": here}
    assert answer(**found._replace(seed=found.seed + 1)._asdict()) != here


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_it_finds_better_ones_than_random_draws(method):
    """What Optuna calls the parts of CMA-ES inside is not promised: it would be no better then."""
    space = {name: Float(0.0, 1.0) for name in "abc"}

    def best(sampler, seed):
        study = StudySpec(
            "loss", False, 1, space, Random(), sampler=sampler, limits=Limits(max_trials=60)
        )
        return simulate(study, Hill(study, seed, 0.0), 1, seed).best[-1][1]

    ours, random = ([best(s, n) - 1 for n in range(5)] for s in (Optuna(method), RandomSampler()))
    assert median(ours) < 0.5 * median(random), (ours, random)


def test_questions_of_any_kind_have_an_answer():
    """All choices, one value only, one parameter, ties, workers without end."""
    told = [([0.25], 1.0)] * 12
    for method in ("tpe_multivariate", "cmaes"):
        for choices in ([0], [2], [1]):
            [place] = answer(method, 1, choices, told, [[0.25]] * 50)
            assert 0 <= place <= 1
    wide = [([0.5] * 30, float(i)) for i in range(40)]
    assert len(answer("cmaes", 1, [0] * 30, wide, [])) == 30


def test_what_is_missing_is_named(monkeypatch):
    assert all(method in NEEDS for method in ("tpe_multivariate", "gp", "cmaes"))
    monkeypatch.setattr("ashad.outside.optuna_process.find_spec", lambda name: None)
    assert "pip install 'ashad[optuna]'" in missing("cmaes")
    assert "'ashad[optuna]' torch" in missing("gp")


TREE = {
    "opt": Choice(("sgd", "adam")), "x": Float(0.0, 1.0), "layers": Int(1, 4),
    "momentum": Float(0.0, 1.0), "width": Int(1, 64, log=True), "fixed": Constant(7),
}  # fmt: skip
WHEN = {"momentum": (("opt", ("sgd",)),), "width": (("opt", ("adam",)), ("layers", (2, 3)))}


def tree(method, algorithm=None):
    return StudySpec(
        "loss", False, 9, TREE, algorithm or Random(), sampler=Optuna(method), seed=3, when=WHEN,
        limits=Limits(max_trials=40),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_conditional_spaces_are_proposed_for_as_well(method):
    """A parameter is there exactly where its parents say so; the same question, the same answer."""
    search = Search(spec=tree(method))
    seen = set()
    for number in range(30):
        outcome = search.suggest()
        if isinstance(outcome, Wait):
            asked = question(search.study.state)
            if asked is None:
                drawn = search.drawn()
            else:
                here = answer(**json.loads(json.dumps(asked._asdict())))
                again = answer(**asked._asdict())
                assert json.dumps(here) == json.dumps(again)
                drawn = configuration(search.study.state, here)
                seen |= set(drawn)
            search.keep(search.study.propose(number, drawn))
            outcome = search.suggest()
        params = outcome.params
        assert ("momentum" in params) == (params["opt"] == "sgd")
        assert ("width" in params) == (params["opt"] == "adam" and params["layers"] in (2, 3))
        value = (params["x"] - 0.3) ** 2 + (params["opt"] == "sgd") + params.get("momentum", 0)
        search.keep(search.study.report(number, outcome.key, ReportContent(9, value))[2])
    assert {"opt", "x", "layers", "fixed"} < seen
    log = [r for r in search.records if not hasattr(r, "params")]
    assert snapshot(replay("s", "uid", 3, log).state) == snapshot(search.study.state)


def test_a_search_of_a_conditional_space_runs_to_its_end():
    study = tree("tpe_multivariate", Asha())
    assert len(simulate(study, Hill(study, 1, 0.0), 3, 1).jobs) >= 40


# --- the process beside the daemon ---------------------------------------------------------------

QUESTION = Question("tpe_multivariate", 1, [0], [([0.1], 1.0), ([0.9], 2.0)] * 6, [])


@pytest.mark.slow
async def test_a_lost_process_is_started_again():
    process = Process()
    first = await process.ask(QUESTION)
    os.kill(process.pid, signal.SIGKILL)
    assert await process.ask(QUESTION) == first
    await process.close()


async def test_a_process_that_ends_whenever_it_is_asked_gives_no_answer(monkeypatch):
    async def start():
        return await beside.start("true", env=os.environ)

    monkeypatch.setattr("ashad.outside.channel.start", start)
    with pytest.raises(OSError, match=r"ended with 0|pipe|Connection"):
        await Process().ask(QUESTION)


@pytest.mark.slow
async def test_a_question_that_takes_too_long_is_given_up_and_the_next_is_answered():
    process = Process(patience=0.0)
    with pytest.raises(TimeoutError):
        await process.ask(QUESTION)
    process._channel.patience = 60.0
    assert len(await process.ask(QUESTION)) == 1
    await process.close()


async def test_a_mistake_of_the_library_is_told_and_the_process_lives():
    process = Process()
    with pytest.raises(UnanswerableError, match="Error"):
        await process.ask(QUESTION._replace(told=[([], 1.0)]))
    pid = process.pid
    await process.ask(QUESTION)
    assert process.pid == pid
    await process.close()


@pytest.mark.slow
def test_the_process_ends_with_a_daemon_that_was_killed():
    program = f"""
import asyncio, sys
from ashad.outside.optuna_question import Question
from ashad.outside import Process
async def main():
    process = Process()
    await process.ask({QUESTION!r})
    print(process.pid, "optuna" in sys.modules, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        pid, loaded = parent.stdout.readline().split()
        beside = pidfd_open(int(pid))
        parent.kill()
    assert loaded == b"False"  # so a fit cannot stall the loop of the daemon
    assert select.select([beside], [], [], 30)[0], "it lives on"


# --- the daemon ----------------------------------------------------------------------------------


class Clock:
    def wall(self):
        return 1_700_000_000_000_000

    def monotonic(self):
        return 0.0


class Held:
    """A library that takes its time, or fails."""

    def __init__(self, error=None):
        self.asked, self.go, self.error = asyncio.Event(), asyncio.Event(), error

    def missing(self, method):
        return None

    async def ask(self, question):
        self.asked.set()
        await self.go.wait()
        if self.error:
            raise self.error
        return [0.5] * len(question.choices)


def scheduler(path, library, log=lambda event, **facts: None):
    def fatal(error):
        raise error

    return Scheduler(
        Writer(path), Reader(path), InlineExecutor(), Clock(), log, fatal, library=library
    )


def begin(daemon):
    """Train as many as it takes until a sampler is asked; return a trial that still runs."""
    daemon.create("s", of(algorithm=Random()), validate_only=False)
    running = daemon.suggest("s", "slow", "slow")[0]
    for n in range(LEAST):
        job, _ = daemon.suggest("s", "w", f"r{n}")
        daemon.report("s", job.key, ReportContent(9, loss(job.params)))
    return running


async def test_while_a_sampler_thinks_the_daemon_goes_on(tmp_path):
    library = Held()
    daemon = scheduler(tmp_path / "a.db", library)
    running = begin(daemon)
    standing = [
        asyncio.create_task(daemon.wait_for_trial("s", (f"v{n}", f"q{n}", None), 60))
        for n in range(3)
    ]
    assert daemon.suggest("s", "w", "more")[0] == Wait("SAMPLER_BUSY")
    await library.asked.wait()
    decision, _ = daemon.report("s", running.key, ReportContent(4, 1.0))
    assert decision.action == "CONTINUE"
    library.go.set()
    found = [(await task)[0] for task in standing]
    assert [a.trial for a in found] == [LEAST + 1, LEAST + 2, LEAST + 3]
    assert all(a.params["x"] == 0.5 for a in found)


@pytest.mark.parametrize("error", [OSError("lost"), TimeoutError(), KeyError("bug")])
async def test_without_an_answer_the_draw_is_random_and_the_log_says_so(tmp_path, error):
    events, library = [], Held(error)
    daemon = scheduler(tmp_path / "a.db", library, lambda event, **facts: events.append(event))
    begin(daemon)
    library.go.set()
    outcome, _ = await daemon.wait_for_trial("s", ("v", "q", None), 60) if isinstance(
        daemon.suggest("s", "v", "q")[0], Wait
    ) else (None, 0)  # fmt: skip
    assert outcome.trial == LEAST + 1
    assert "sampler_failed" in events


async def test_a_configuration_that_is_queued_meanwhile_goes_before_and_the_answer_is_asked_anew(
    tmp_path,
):
    library = Held()
    daemon = scheduler(tmp_path / "a.db", library)
    begin(daemon)
    assert isinstance(daemon.suggest("s", "w", "q")[0], Wait)
    await library.asked.wait()
    queued, _ = daemon.enqueue("s", "mine", {"x": 0.25})
    library.go.set()
    assert daemon.suggest("s", "w", "q")[0].trial == queued.number
    outcome, _ = await daemon.wait_for_trial("s", ("v", "p", None), 60) if isinstance(
        daemon.suggest("s", "v", "p")[0], Wait
    ) else (None, 0)  # fmt: skip
    assert outcome.params["x"] == 0.5


async def test_a_study_that_is_deleted_meanwhile_is_gone(tmp_path):
    library = Held()
    daemon = scheduler(tmp_path / "a.db", library)
    begin(daemon)
    assert isinstance(daemon.suggest("s", "w", "q")[0], Wait)
    await library.asked.wait()
    daemon.delete("s", force=True)
    library.go.set()
    await asyncio.gather(*daemon._proposals._asking.values())
    assert (daemon.names(), daemon._proposals._asking) == ([], {})


async def test_where_the_library_is_missing_a_study_is_refused_and_nothing_is_made(tmp_path):
    library = Held()
    library.missing = lambda method: "optuna is not there; pip install 'ashad[optuna]'"
    daemon = scheduler(tmp_path / "a.db", library)
    with pytest.raises(RefusalError, match=r"pip install 'ashad\[optuna\]'") as refused:
        daemon.create("s", of(), validate_only=True)
    assert (refused.value.reason, daemon.names()) == ("SAMPLER_MISSING", [])


def call(daemon, rpc, **fields):
    service = daemon.studies if rpc in ("CreateStudy", "ListTrials") else daemon.scheduler
    return getattr(service(), rpc)(getattr(pb, f"{rpc}Request")(**fields), timeout=120)


def train(daemon, jobs):
    """Train trials to their end, one after the other; return their parameters."""
    found = []
    for _ in range(jobs):
        job = call(
            daemon, "Suggest", study="s", worker="w", request_id=uuid.uuid4().hex,
            max_wait={"seconds": 60},
        ).assignment  # fmt: skip
        params = {p.name: getattr(p.value, p.value.WhichOneof("kind")) for p in job.params}
        call(
            daemon, "Report", study="s", trial=job.trial, attempt=job.attempt,
            lease_token=job.lease_token, resource=9,
            metrics=[pb.Metric(name="loss", value=loss(params))],
        )  # fmt: skip
        found.append(params)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_daemon_that_was_killed_goes_on_as_if_it_had_not_been(new_daemon, tmp_path, method):
    (tmp_path / "other").mkdir()
    with new_daemon(tmp_path) as daemon, new_daemon(tmp_path / "other") as killed:
        message = pb.StudySpec(
            metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=9, seed=3, random={},
            optuna=pb.OptunaSampler(method=f"OPTUNA_METHOD_{method.upper()}"),
            space=[
                pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1)),
                pb.ParameterSpec(name="n", int_range=pb.IntRange(low=1, high=64)),
                pb.ParameterSpec(name="kind", categorical={"choices": [
                    pb.ParameterValue(string_value=c) for c in "abc"
                ]}),
            ],
        )  # fmt: skip
        found = []
        for one in (daemon.start(), killed.start()):
            call(one, "CreateStudy", study="s", spec=message)
            found.append(train(one, 14))
            if one is killed:
                killed.kill()
                killed.start()
            found[-1] += train(one, 6)
        assert found[0] == found[1]
        assert daemon.stop() == 0
    without_the_library(tmp_path / "ashad.db")


def without_the_library(db):
    """Audit and load the file where nothing of Optuna can be imported."""
    program = f"""
import sys
sys.modules["optuna"] = sys.modules["cmaes"] = sys.modules["ashad.outside"] = None
from pathlib import Path
from ashad.store import Reader
from ashad.store import audit
from ashad.store.load import load
db = Path({str(db)!r})
wrong = list(audit.audit(db)) if hasattr(audit, "audit") else list(audit(db))
reader = Reader(db)
print(wrong, load(reader, reader.studies()[0]).state.trials)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout == "[] 20\n", ran.stderr[-2000:]


@pytest.mark.slow
def test_ashad_replay_needs_no_library(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        daemon.start()
        message = pb.StudySpec(
            metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=9, seed=3, asha={},
            optuna=pb.OptunaSampler(),
            space=[
                pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1)),
                pb.ParameterSpec(name="n", int_range=pb.IntRange(low=1, high=64)),
                pb.ParameterSpec(name="kind", constant=pb.ParameterValue(string_value="b")),
            ],
        )  # fmt: skip
        call(daemon, "CreateStudy", study="s", spec=message)
        train(daemon, 14)
        program = "import sys; sys.modules['optuna'] = None; import ashad.cli as c; c.main()"
        ran = subprocess.run(
            [sys.executable, "-c", program, "replay", "s", "--eta", "4", "--address",
             daemon.address],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert "as it was" in ran.stdout


def test_the_infeasible_are_told_as_worse_than_every_feasible_one_in_their_order():
    far, near = 2.0**1010, 2.0**1001
    assert told([0.5, far, 0.25, near, far], 2.0**1000) == [0.5, 0.75, 0.25, 0.625, 0.75]
    assert told([far, near], 2.0**1000) == [1.0, 0.5]
    assert told([3.0, 1e305], math.inf) == [3.0, 1e305]
