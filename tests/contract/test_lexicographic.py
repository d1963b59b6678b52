"""Goals in order on a real daemon: ranks over a crash, why, the best, refusals."""

from __future__ import annotations

import random

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.contract.test_objectives import tell
from tests.support import oracle
from tests.support.wire import PROMOTION, Code, refused, spec

ORDER = pb.COMBINATION_LEXICOGRAPHIC
ERROR = pb.Objective(metric="error", goal=pb.GOAL_MINIMIZE, tolerance=0.25, target=0.1)
GAIN = pb.Objective(metric="gain", goal=pb.GOAL_MAXIMIZE, relative_tolerance=0.5)
MS = pb.Objective(metric="ms", goal=pb.GOAL_MINIMIZE)
GOALS = {
    "metric": "", "goal": pb.GOAL_UNSPECIFIED, "objectives": [ERROR, GAIN, MS],
    "combination": ORDER,
}  # fmt: skip


def asked(wire, name, **by):
    return wire.studies.GetBestTrial(pb.GetBestTrialRequest(study=name, **by), timeout=9)


def named(told):
    return dict(zip(("error", "gain", "ms"), told, strict=True))


def naive(error, gain, ms):
    return (
        oracle.step(error, (1, 0.25, 0, 0.1)),
        oracle.step(gain, (-1, 0, 0.5, None)),
        oracle.step(ms, (1, 0, 0, None)),
    )


def test_ranks_go_on_over_crashes_and_the_best_is_the_first(wire):
    rng = random.Random(1)
    name = wire.create(max_resource=9, **GOALS)
    rungs = {n: oracle.Rung(n, in_order=True) for n in (1, 3, 9)}
    latest = {}
    for number in range(24):
        held = wire.take(name)
        for level in (1, 3, 9):
            told = rng.randrange(8) / 8, rng.randrange(1, 9), rng.randrange(3)
            decision = tell(wire, held, level, **named(told))
            latest[number] = naive(*told), told
            standing = oracle.Standing(0, 0, told[0], naive(*told))
            rungs[level].entries.append((standing, number))
            assert decision.rank == rungs[level].rank(number)
            assert not decision.HasField("cutoff")
            if decision.action != pb.ACTION_CONTINUE:
                break
        if number in (7, 15, 23):
            wire.crash()
    first = min(latest, key=lambda n: (latest[n][0], n))
    for by in ({}, {"by": pb.BEST_BY_SMOOTHED}):
        answer = asked(wire, name, **by)
        assert (answer.trial.trial, answer.value) == (first, latest[first][1][0])
        assert answer.report.value == answer.value
        assert not answer.front
    assert wire.study(name).best.value == min(r.value for r in wire.reports(name))


def test_why_tells_which_goal_decided(wire):
    name = wire.create(max_resource=3, **GOALS)
    for told in ((0.5, 6, 9), (0.4, 6, 5), (0.55, 6, 5), (0.05, 1.4, 5), (0.1, 1.2, 7)):
        tell(wire, wire.take(name), 1, **named(told))

    def why(trial):
        request = pb.ExplainTrialRequest(study=name, trial=trial)
        [told] = wire.studies.ExplainTrial(request, timeout=9).explanations
        return told

    assert "reported error 0.5 with gain 6, ms 9: rank 1 of 1 in rung 0" in why(0).sentence
    assert why(1).sentence.endswith(
        "It is before trial 0, the first that may not continue, by ms, 5 to 9 (error counts as "
        "equal from 0.35 to 0.6; gain 6 is the same)."
    )
    assert why(2).sentence.endswith(
        "It is behind trial 1, the last that may continue: they are equal in all, and the older "
        "one is first (error counts as equal from 0.35 to 0.6; gain 6 is the same; ms 5 is the "
        "same)."
    )
    assert why(3).sentence.endswith("the first that may not continue, by error, 0.05 to 0.4.")
    assert why(4).sentence.endswith(
        "It is behind trial 3, the last that may continue, by ms, 7 to 5 (error reaches its "
        "target; gain counts as equal from 1 to 1.5)."
    )
    entries = [(e.rank, e.trial, e.within_quota, e.value) for e in why(4).entries]
    assert entries == [
        (1, 3, True, 0.05), (2, 4, False, 0.1), (3, 1, False, 0.4), (4, 2, False, 0.55),
        (5, 0, False, 0.5),
    ]  # fmt: skip


def test_the_best_paused_trial_is_promoted(wire):
    name = wire.create(max_resource=3, asha=PROMOTION, **GOALS)
    for told in ((0.2, 6, 9), (0.3, 6, 5), (0.5, 9, 1)):
        tell(wire, wire.take(name), 1, **named(told))
    wire.crash()
    assert wire.take(name).trial == 1
    assert wire.study(name).brackets[0].rungs[0].promoted == 1


def test_what_breaks_a_bound_is_behind_and_never_the_best(wire):
    name = wire.create(max_resource=3, outcome_constraints=["ms <= 20"], **GOALS)
    tell(wire, wire.take(name), 1, error=0.1, gain=9, ms=30)
    assert not asked(wire, name).HasField("trial")
    assert tell(wire, wire.take(name), 1, error=0.9, gain=1, ms=20).rank == 1
    wire.crash()
    assert tell(wire, wire.take(name), 1, error=0.9, gain=0, ms=20).rank == 2
    assert asked(wire, name).trial.trial == 1


def one(**fields):
    return pb.Objective(metric="error", goal=pb.GOAL_MINIMIZE, **fields)


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"objectives": [one(), MS]}, "spec.objectives[error].tolerance", "or a target"),
        (
            {"objectives": [one(tolerance=1, relative_tolerance=1), MS]},
            "spec.objectives[error].relative_tolerance", "not both",
        ),
        ({"objectives": [one(tolerance=-1), MS]}, "spec.objectives[error].tolerance", "1e-100"),
        (
            {"objectives": [one(relative_tolerance=1e-12), MS]},
            "spec.objectives[error].relative_tolerance", "such as 0.01",
        ),
        ({"objectives": [one(target=1e101), MS]}, "spec.objectives[error].target", "1e100"),
        ({"objectives": [one(tolerance=1, weight=2), MS]}, "spec.objectives[error]", "of a sum"),
        (
            {"combination": pb.COMBINATION_PARETO, "objectives": [one(tolerance=1), MS]},
            "spec.objectives[error]", 'say combination = "lexicographic"',
        ),
        (
            {"combination": 0, "objectives": [one(), MS, GAIN]}, "spec.objectives[gain]",
            'say combination = "lexicographic"',
        ),
        ({"metric": "ms"}, "spec.metric", "the first of the objectives"),
        ({"tpe": pb.TpeSampler()}, "spec.sampler", "take random, halton or grid"),
        ({"hyperband": pb.Hyperband(eta=3)}, "spec.algorithm", "lexicographic is of rungs without"),
        ({"limits": pb.StudyLimits(target_value=1)}, "limits.target_value", "leave it out"),
        (
            {"outcome_constraints": ["error <= 1"]}, "spec.outcome_constraints[0]",
            "put another objective first",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(wire, fields, field, why):
    request = pb.CreateStudyRequest(study="x", spec=spec(**GOALS | fields))
    call = wire.studies.CreateStudy
    refused(call, request, Code.INVALID_ARGUMENT, "INVALID_SPEC", field, why)
