"""Studies judged by fronts on a real daemon: ranks over a crash, why, the front, refusals."""

from __future__ import annotations

import random

from ashad_client.v1 import ashad_pb2 as pb

from tests.contract.test_objectives import tell
from tests.support import oracle
from tests.support.wire import PROMOTION, Code, refused, spec

PARETO = pb.COMBINATION_PARETO
ERROR = pb.Objective(metric="error", goal=pb.GOAL_MINIMIZE)
GAIN = pb.Objective(metric="gain", goal=pb.GOAL_MAXIMIZE)
FRONTS = {
    "metric": "", "goal": pb.GOAL_UNSPECIFIED, "objectives": [ERROR, GAIN], "combination": PARETO,
}  # fmt: skip


def asked(wire, name):
    return wire.studies.GetBestTrial(pb.GetBestTrialRequest(study=name), timeout=9)


def test_ranks_go_on_over_crashes_and_the_front_is_what_nothing_dominates(wire):
    rng = random.Random(1)
    name = wire.create(max_resource=9, **FRONTS)
    rungs, latest = {1: oracle.Rung(1), 3: oracle.Rung(3), 9: oracle.Rung(9)}, {}
    for number in range(24):
        held = wire.take(name)
        for level in (1, 3, 9):
            error, gain = rng.randrange(8) / 8, rng.randrange(8) / 8
            decision = tell(wire, held, level, error=error, gain=gain)
            latest[number] = point = error, -gain + 0.0
            rungs[level].entries.append((oracle.Standing(0, 0, error, point), number))
            assert decision.rank == rungs[level].rank(number)
            assert not decision.HasField("cutoff")
            if decision.action != pb.ACTION_CONTINUE:
                break
        if number in (7, 15, 23):
            wire.crash()
    points = latest.values()
    best = [n for n in latest if not any(oracle.dominates(p, latest[n]) for p in points)]
    answer = asked(wire, name)
    found = [one.trial.trial for one in answer.front]
    assert found == sorted(best, key=lambda n: (latest[n], n))
    for one in answer.front:
        told = {m.name: m.value for m in one.report.metrics}
        assert (one.report.value, -told["gain"] + 0.0) == latest[one.trial.trial]
    assert answer.value == min(r.value for r in wire.reports(name))


def test_why_tells_the_front_and_who_dominates(wire):
    name = wire.create(max_resource=3, **FRONTS)
    for error, gain in ((0.5, 5), (0.9, 9), (0.6, 4), (0.7, 4)):
        tell(wire, wire.take(name), 1, error=error, gain=gain)

    def why(trial):
        request = pb.ExplainTrialRequest(study=name, trial=trial)
        [told] = wire.studies.ExplainTrial(request, timeout=9).explanations
        return told

    assert "reported error 0.9 with gain 9: rank 2 of 2 in rung 0" in why(1).sentence
    place = "front 1 of 1, number 2 of the 2 there by spread: nothing dominates it."
    assert why(1).sentence.endswith(place)
    place = "front 2 of 2, number 1 of the 1 there by spread: trial 0 dominates it."
    assert why(2).sentence.endswith(place)
    assert "in front 3 of 3" in why(3).sentence
    assert why(3).sentence.endswith("trials 0, 2 dominate it.")
    entries = [(e.rank, e.trial, e.front, e.value) for e in why(3).entries]
    assert entries == [(1, 0, 1, 0.5), (2, 1, 1, 0.9), (3, 2, 2, 0.6), (4, 3, 3, 0.7)]


def test_the_best_paused_trial_is_promoted(wire):
    name = wire.create(max_resource=3, asha=PROMOTION, **FRONTS)
    for error, gain in ((0.5, 5), (0.6, 4), (0.9, 9)):
        tell(wire, wire.take(name), 1, error=error, gain=gain)
    wire.crash()
    assert wire.take(name).trial == 0
    assert wire.study(name).brackets[0].rungs[0].promoted == 1


def test_what_breaks_a_bound_is_behind_all_fronts_and_in_none(wire):
    name = wire.create(max_resource=3, outcome_constraints=["ms <= 20"], **FRONTS)
    tell(wire, wire.take(name), 1, error=0.1, gain=9, ms=30)
    assert tell(wire, wire.take(name), 1, error=0.9, gain=1, ms=20).rank == 1
    wire.crash()
    assert tell(wire, wire.take(name), 1, error=0.9, gain=0, ms=20).rank == 2
    assert [one.trial.trial for one in asked(wire, name).front] == [1]


def test_what_is_refused(wire):
    def create(**fields):
        return pb.CreateStudyRequest(study="x", spec=spec(**FRONTS | fields))

    many = [pb.Objective(metric=f"m{n}", goal=1) for n in range(5)]
    weighted = pb.Objective(metric="gain", goal=2, weight=2)
    for fields, field, why in (
        ({"objectives": many}, "spec.objectives", "give 2 to 4"),
        ({"metric": "gain"}, "spec.metric", "the first of the objectives"),
        ({"goal": pb.GOAL_MAXIMIZE}, "spec.metric", "with its goal"),
        ({"objectives": [ERROR, weighted]}, "spec.objectives[gain]", "weight, scale and reference"),
        ({"tpe": pb.TpeSampler()}, "spec.sampler", "take random, halton or grid"),
        ({"hyperband": pb.Hyperband(eta=3)}, "spec.algorithm", "take asha"),
        ({"limits": pb.StudyLimits(target_value=1)}, "limits.target_value", "leave it out"),
        (
            {"outcome_constraints": ["error <= 1"]},
            "spec.outcome_constraints[0]",
            "put another objective first",
        ),
    ):
        call = wire.studies.CreateStudy
        refused(call, create(**fields), Code.INVALID_ARGUMENT, "INVALID_SPEC", field, why)
