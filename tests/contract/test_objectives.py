"""Several metrics judged together on a real daemon: told, explained, refused, kept over a crash."""

from __future__ import annotations

import math

from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import Code, refused, spec

ERROR = pb.Objective(metric="error", goal=pb.GOAL_MINIMIZE, weight=0.75)
GAIN = pb.Objective(metric="gain", goal=pb.GOAL_MAXIMIZE, weight=0.5, scale=2, reference=8)
TOGETHER = {"metric": "", "goal": pb.GOAL_UNSPECIFIED, "objectives": [ERROR, GAIN]}


def tell(wire, held, resource, **metrics):
    request = pb.ReportRequest(
        study=held.study, trial=held.trial, attempt=held.attempt, lease_token=held.lease_token,
        resource=resource, metrics=[pb.Metric(name=n, value=v) for n, v in metrics.items()],
    )  # fmt: skip
    return wire.scheduler.Report(request, timeout=9).decision


def test_the_study_is_judged_by_what_is_computed(wire):
    name = wire.create(random=pb.RandomSearch(), **TOGETHER)
    told = wire.study(name).spec
    assert (told.metric, told.goal) == ("weighted_sum", pb.GOAL_MINIMIZE)
    assert [(one.metric, one.weight, one.scale) for one in told.objectives] == [
        ("error", 0.75, 1), ("gain", 0.5, 2),
    ]  # fmt: skip
    for error, gain in ((0.5, 8), (0.4, 6), (0.1, math.nan), (0.6, 10)):
        held = wire.take(name)
        assert held.metric == "error"
        tell(wire, held, 9, error=error, gain=gain)
    for _ in range(2):
        best = wire.study(name).best
        assert (best.trial, best.value) == (3, 0.6 * 0.75 - 0.5)
        values = [t.value if t.HasField("value") else None for t in wire.trials(name)]
        assert values == [0.375, 0.4 * 0.75 + 0.5, None, 0.6 * 0.75 - 0.5]
        metrics = {m.name: m.value for m in wire.reports(name)[0].metrics}
        assert metrics == {"error": 0.5, "gain": 8.0}
        wire.crash()


def test_why_tells_the_metrics_and_the_sum(wire):
    name = wire.create(max_resource=3, **TOGETHER)
    tell(wire, wire.take(name), 1, error=0.5, gain=8)
    asked = pb.ExplainTrialRequest(study=name, trial=0)
    [told] = wire.studies.ExplainTrial(asked, timeout=9).explanations
    assert "reported weighted_sum 0.375 of error 0.5, gain 8: rank 1 of 1" in told.sentence


def test_bounds_on_a_metric_that_is_judged_too(wire):
    name = wire.create(max_resource=3, outcome_constraints=["gain >= 7"], **TOGETHER)
    tell(wire, wire.take(name), 1, error=0.9, gain=8)
    assert tell(wire, wire.take(name), 1, error=0.1, gain=6).reason == "BELOW_CUTOFF"


def test_what_is_refused(wire):
    def create(**fields):
        return pb.CreateStudyRequest(study="x", spec=spec(**TOGETHER | fields))

    call = wire.studies.CreateStudy
    none = {"objectives": [], "combination": 2, "metric": "m", "goal": 1}
    for fields, field, why in (
        ({"objectives": [ERROR]}, "spec.objectives", "give 2 to 10"),
        ({"objectives": [ERROR, ERROR]}, "spec.objectives[1].metric", "given twice"),
        ({"metric": "gain"}, "spec.metric", "leave it out, or give another name"),
        ({"goal": pb.GOAL_MAXIMIZE}, "spec.goal", "leave it out"),
        (none, "spec.combination", "there are none"),
        ({"outcome_constraints": ["weighted_sum <= 1"]}, "spec.outcome_constraints[0]", "goal"),
    ):
        refused(call, create(**fields), Code.INVALID_ARGUMENT, "INVALID_SPEC", field, why)
    name = wire.create(**TOGETHER)
    other = {**TOGETHER, "objectives": [ERROR, pb.Objective(metric="gain", goal=2, weight=3)]}
    request = pb.CreateStudyRequest(study=name, spec=spec(**other))
    refused(call, request, Code.ALREADY_EXISTS, "STUDY_EXISTS", "objectives")
    past = pb.PastTrial(
        params=[pb.Parameter(name="rate", value=pb.ParameterValue(double_value=0.5))],
        reports=[pb.PastReport(resource=1, value=0.5)], state=pb.TRIAL_STATE_COMPLETED,
    )  # fmt: skip
    request = pb.ImportTrialsRequest(study=name, request_id="r", trials=[past])
    refused(
        wire.studies.ImportTrials, request, Code.INVALID_ARGUMENT, "INVALID_IMPORT",
        "trials", "objectives",
    )  # fmt: skip
