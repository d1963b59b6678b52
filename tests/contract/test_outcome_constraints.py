"""Outcome constraints on a real daemon: what is told of a study that has them, what is refused."""

from __future__ import annotations

import math

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import Code, refused, reporting, spec

FAST = ["latency_ms <= 20"]


def ask_best(wire, name, by):
    return wire.studies.GetBestTrial(pb.GetBestTrialRequest(study=name, by=by), timeout=9)


@pytest.fixture
def searched(wire):
    """Four trials: the best are too slow; of each, values and latencies at 1, 2, 3."""
    name = wire.create(random=pb.RandomSearch(), outcome_constraints=FAST)
    for curve in (
        [(0.1, 31), (0.1, 31), (0.1, 31)],
        [(0.5, 20), (0.3, 30), (0.4, 10)],
        [(0.6, 5), (0.6, 5), (0.6, 5)],
        [(0.2, 19), (math.nan, 19), (0.7, math.nan)],
    ):
        trial = wire.take(name)
        for resource, (value, latency) in enumerate(curve, 1):
            wire.report(trial, resource, value, latency_ms=latency)
    return name


def test_only_feasible_reports_are_the_best(wire, searched):
    for _ in range(2):
        best = wire.study(searched).best
        assert (best.trial, best.resource, best.value) == (3, 1, 0.2)
        values = [t.best_value if t.HasField("best_value") else None for t in wire.trials(searched)]
        assert values == [None, 0.4, 0.6, 0.2]
        found = [ask_best(wire, searched, by) for by in (1, 2, 3)]
        assert [(f.trial.trial, f.value) for f in found] == [(3, 0.2), (1, 0.4), (2, 0.6)]
        asked = pb.ListBestStepsRequest(study=searched)
        steps = wire.studies.ListBestSteps(asked, timeout=9).steps
        assert [(s.trial, s.resource, s.value) for s in steps] == [
            (1, 1, 0.5),
            (1, 3, 0.4),
            (3, 1, 0.2),
        ]
        told = [(r.trial, r.resource) for r in wire.reports(searched) if r.infeasible]
        assert told == [(0, 1), (0, 2), (0, 3), (1, 2), (3, 3)]
        wire.crash()


def test_what_is_broken_is_told_of_trials_and_reports(wire, searched):
    slow = ["latency_ms <= 20"]
    for _ in range(2):
        assert [list(t.broken_constraints) for t in wire.trials(searched)] == [slow, [], [], slow]
        assert wire.trial(searched, 0).broken_constraints == slow
        told = [(r.trial, r.resource) for r in wire.reports(searched) if r.broken_constraints]
        assert told == [(0, 1), (0, 2), (0, 3), (1, 2), (3, 3)]
        request = pb.QueryTrialsRequest(study=searched, columns=["trial", "broken_constraints"])
        _, broken = wire.studies.QueryTrials(request, timeout=9).columns
        assert [one.string_value for one in broken.dictionary] == slow
        assert list(broken.missing) == [1, 2]
        wire.crash()


def test_why_names_what_was_broken_and_marks_the_entries(wire):
    name = wire.create(max_resource=3, outcome_constraints=FAST)
    for value, latency in ((0.5, 20), (0.1, 31), (0.4, 1), (0.2, 25)):
        wire.report(wire.take(name), 1, value, latency_ms=latency)
    asked = pb.ExplainTrialRequest(study=name, trial=3)
    [told] = wire.studies.ExplainTrial(asked, timeout=9).explanations
    assert "reported loss 0.2, infeasible: latency_ms 25 > 20: rank 3 of 4" in told.sentence
    assert told.report.infeasible
    entries = [(e.rank, e.trial, e.value, e.infeasible) for e in told.entries]
    assert entries == [(1, 2, 0.4, False), (2, 0, 0.5, False), (3, 3, 0.2, True), (4, 1, 0.1, True)]
    asked = pb.SummarizeStudyRequest(study=name)
    [rung] = wire.studies.SummarizeStudy(asked, timeout=9).histograms
    assert (rung.infeasible, rung.diverged, sum(rung.counts)) == (2, 0, 2)
    assert (rung.low, rung.high) == (0.4, 0.5)


def test_an_infeasible_entry_is_no_cutoff_and_reaches_no_target(wire):
    limits = pb.StudyLimits(target_value=0.2)
    name = wire.create(max_resource=3, outcome_constraints=FAST, limits=limits)
    told = wire.report(wire.take(name), 1, 0.1, latency_ms=31)
    assert told.reason == "IN_TOP"
    assert not told.HasField("cutoff")
    assert wire.report(wire.take(name), 1, 0.2, latency_ms=20).reason == "TARGET_REACHED"


def test_what_is_refused(wire):
    for constraints, field, why in (
        (["latency_ms < 20"], "spec.outcome_constraints[0]", "write <= or >="),
        (["loss <= 20"], "spec.outcome_constraints[0]", "limits.target_value"),
        (["a <= 1", "a <= 2"], "spec.outcome_constraints[1]", "leave one out"),
        ([f"m{n} <= 1" for n in range(21)], "spec.outcome_constraints", "at most 20"),
    ):
        request = pb.CreateStudyRequest(study="x", spec=spec(outcome_constraints=constraints))
        call = wire.studies.CreateStudy
        refused(call, request, Code.INVALID_ARGUMENT, "INVALID_SPEC", field, why)
    name = wire.create(outcome_constraints=FAST)
    request = pb.CreateStudyRequest(study=name, spec=spec())
    refused(
        wire.studies.CreateStudy, request, Code.ALREADY_EXISTS, "STUDY_EXISTS",
        "outcome_constraints",
    )  # fmt: skip
    held = wire.take(name)
    refused(
        wire.scheduler.Report, reporting(held, 1, 0.5, latency=3), Code.INVALID_ARGUMENT,
        "METRIC_MISSING", "metrics", "'latency_ms' is missing",
    )  # fmt: skip
    assert wire.study(name).counts.running == 1
    past = pb.PastTrial(
        params=[pb.Parameter(name="rate", value=pb.ParameterValue(double_value=0.5))],
        reports=[pb.PastReport(resource=1, value=0.5)], state=pb.TRIAL_STATE_COMPLETED,
    )  # fmt: skip
    request = pb.ImportTrialsRequest(study=name, request_id="r", trials=[past])
    refused(
        wire.studies.ImportTrials, request, Code.INVALID_ARGUMENT, "INVALID_IMPORT",
        "trials", "outcome constraints",
    )  # fmt: skip
