"""The reads of bounded size, over the wire: each against what the plain lists tell."""

from __future__ import annotations

import math
import random

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import PROMOTION, Code, proof, refused, values

SEED = 20261130
SPACE = [
    pb.ParameterSpec(name="rate", float_range=pb.FloatRange(low=1e-4, high=1, scale=pb.SCALE_LOG)),
    pb.ParameterSpec(name="layers", int_range=pb.IntRange(low=1, high=8)),
    pb.ParameterSpec(
        name="kind",
        categorical=pb.Categorical(
            choices=[
                pb.ParameterValue(string_value="Adam"),
                pb.ParameterValue(int_value=1),
                pb.ParameterValue(double_value=1.0),
                pb.ParameterValue(bool_value=True),
            ]
        ),
    ),
]  # fmt: skip
SPACE.append(
    pb.ParameterSpec(
        name="decay", float_range=pb.FloatRange(low=0, high=1),
        when=[pb.Condition(parameter="kind", values=[pb.ParameterValue(string_value="Adam")])],
    )
)  # fmt: skip


def story(wire, algorithm, goal=pb.GOAL_MINIMIZE, trials=60):
    """A study in which all sorts of things have happened; some trials still run."""
    chance = random.Random(SEED)
    print("seed", SEED)
    name = wire.create(asha=algorithm, space=SPACE, goal=goal)
    held = []
    for n in range(trials):
        lease = wire.take(name, f"W{n % 7}.{n}")
        value = chance.choice([chance.random(), chance.randrange(4) / 4])
        first = lease.start_resource + 1
        if n % 11 == 3:
            held.append(lease)
            if first < lease.target_resource:
                wire.report(lease, first, value)
            continue
        if n % 13 == 5:
            wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(lease), message=f"Broke {n}"))
            continue
        if n % 17 == 6:
            if first < lease.target_resource:
                wire.report(lease, first, -9.0 if goal == pb.GOAL_MINIMIZE else 9.0)
            kind = pb.FAILURE_KIND_INFEASIBLE
            wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(lease), kind=kind))
            continue
        for resource in range(first, lease.target_resource + 1):
            value -= chance.random() / 20
            got = math.nan if chance.random() < 0.04 else value
            told = wire.report(lease, resource, got, f"c/{n}/{resource}", acc=1 - value)
            if told.action != pb.ACTION_CONTINUE:
                break
    wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(held.pop())))
    return name


@pytest.fixture(scope="module", params=["stopping", "promotion"])
def study(wire, request):
    if request.param == "stopping":
        return story(wire, pb.Asha(eta=3))
    return story(wire, PROMOTION, pb.GOAL_MAXIMIZE)


def query(wire, name, **asked):
    return wire.studies.QueryTrials(pb.QueryTrialsRequest(study=name, **asked), timeout=9)


def column(page, name):
    """The values of a column, None where there is none."""
    found = next(column for column in page.columns if column.name == name)
    of = found.doubles or found.integers
    if found.dictionary:
        plain = [getattr(v, v.WhichOneof("kind")) for v in found.dictionary]
        of = [plain[i] for i in found.indexes]
    elif found.indexes:
        of = list(found.indexes)
    assert len(of) == page.rows
    return [None if i in set(found.missing) else value for i, value in enumerate(of)]


# --- QueryTrials ---


def test_all_trials_by_their_usual_columns(wire, study):
    trials, page = wire.trials(study), query(wire, study, page_size=1000)
    names = ["trial", "state", "reason", "bracket", "resource", "value", "best_value"]
    assert [c.name for c in page.columns] == [*names, *(f"params.{p.name}" for p in SPACE)]
    assert column(page, "trial") == [t.trial for t in trials]
    assert column(page, "state") == [t.state for t in trials]
    assert [r or "" for r in column(page, "reason")] == [t.reason for t in trials]
    for name in ("value", "best_value"):
        told = [getattr(t, name) if t.HasField(name) else None for t in trials]
        assert column(page, name) == told
    for param in SPACE:
        of = [values(t.params).get(param.name) for t in trials]
        assert list(map(repr, column(page, f"params.{param.name}"))) == list(map(repr, of))


def test_every_column_says_what_the_trial_does(wire, study):
    names = ["attempt", "worker", "origin", "lost_leases", "checkpoint_uri", "message", "resource"]
    names += ["create_time", "update_time", "worker_time", "sample", "spent", "rung"]
    page = query(wire, study, columns=[*names, "metrics.acc", "metrics.none"], page_size=1000)
    trials = wire.trials(study)
    for name in names[:7]:
        told = [getattr(t, name) for t in trials]
        assert [v or type(t)() for v, t in zip(column(page, name), told, strict=True)] == told
    for name in ("create_time", "update_time"):
        told = [getattr(t, name).ToMicroseconds() / 1e6 for t in trials]
        assert column(page, name) == pytest.approx(told, abs=1e-6)
    reports = wire.reports(study)
    acc: dict[int, float | None] = dict.fromkeys(range(len(trials)))
    for report in reports:
        acc[report.trial] = next((m.value for m in report.metrics if m.name == "acc"), None)
    assert column(page, "metrics.acc") == list(acc.values())
    assert column(page, "metrics.none") == [None] * len(trials)
    assert sum(column(page, "spent")) == wire.study(study).total_resource
    assert len(set(column(page, "sample"))) == len(trials)


def key(value):
    return isinstance(value, str), value


@pytest.mark.parametrize("by", ["best_value", "value", "params.kind", "params.decay", "worker",
                                "trial", "sample", "rung", "message"])  # fmt: skip
@pytest.mark.parametrize("descending", [False, True])
def test_pages_in_any_order_tell_each_trial_once(wire, study, by, descending):
    asked = {"columns": ["trial", by], "order_by": by, "descending": descending}
    whole = query(wire, study, **asked, page_size=1000)
    rows = list(zip(column(whole, "trial"), column(whole, by), strict=True))
    there = sorted((row for row in rows if row[1] is not None), key=lambda row: row[0])
    there.sort(key=lambda row: key(row[1]), reverse=descending)
    assert rows == there + sorted(row for row in rows if row[1] is None)
    assert len(rows) == wire.study(study).counts.created
    found, token = [], ""
    while True:
        page = query(wire, study, **asked, page_size=7, page_token=token)
        found += column(page, "trial")
        token = page.next_page_token
        if not token:
            break
    assert found == [number for number, _ in rows]


def V(value):
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}
    return pb.ParameterValue(**{kinds[type(value)]: value})


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TESTS = [
    (pb.TrialFilter(column="value", at_most=V(0.3)), lambda v: v <= 0.3),
    (pb.TrialFilter(column="value", at_least=V(0)), lambda v: v >= 0),
    (pb.TrialFilter(column="trial", at_least=V(10), at_most=V(20.5)), lambda v: 10 <= v <= 20.5),
    (pb.TrialFilter(column="trial", one_of=[V(3), V(4.0)]), lambda v: v in (3, 4)),
    (pb.TrialFilter(column="worker", contains="w3."), lambda v: "W3." in v),
    (pb.TrialFilter(column="worker", one_of=[V("W3.3")]), lambda v: v == "W3.3"),
    (pb.TrialFilter(column="params.kind", one_of=[V(1)]), lambda v: type(v) is int),
    (
        pb.TrialFilter(column="params.kind", one_of=[V(1.0), V("Adam")]),
        lambda v: type(v) in (float, str),
    ),
    (pb.TrialFilter(column="params.kind", one_of=[V(True)]), lambda v: v is True),
    (pb.TrialFilter(column="params.kind", at_least=V(0)), number),
    (pb.TrialFilter(column="params.kind", contains="aDA"), lambda v: v == "Adam"),
    (pb.TrialFilter(column="params.layers", one_of=[V(2.0), V(3)]), lambda v: v in (2, 3)),
    (pb.TrialFilter(column="params.decay", missing=False), lambda v: True),
    (pb.TrialFilter(column="message", contains="broke"), lambda v: "Broke" in v),
    (pb.TrialFilter(column="rung", at_least=V(1)), lambda v: v >= 1),
]  # fmt: skip


@pytest.mark.parametrize(("test", "holds"), TESTS, ids=[str(t)[:60] for t, _ in TESTS])
def test_a_filter_lets_through_what_passes_it(wire, study, test, holds):
    everything = query(wire, study, columns=["trial", test.column], page_size=1000)
    pairs = zip(column(everything, "trial"), column(everything, test.column), strict=True)
    expected = [n for n, v in pairs if v is not None and holds(v)]
    found = query(wire, study, columns=["trial"], filters=[test], page_size=1000)
    assert column(found, "trial") == expected
    with_running = [pb.TRIAL_STATE_RUNNING]
    some = query(wire, study, columns=["trial"], filters=[test], states=with_running)
    running = {t.trial for t in wire.trials(study) if t.state == pb.TRIAL_STATE_RUNNING}
    assert column(some, "trial") == [n for n in expected if n in running]


def test_what_has_no_value_passes_only_missing(wire, study):
    page = query(
        wire, study, columns=["trial", "params.decay"], page_size=1000,
        filters=[pb.TrialFilter(column="params.decay", missing=True)],
    )  # fmt: skip
    kinds = {t.trial: values(t.params)["kind"] for t in wire.trials(study)}
    assert column(page, "trial") == [n for n, kind in kinds.items() if kind != "Adam"]
    assert set(column(page, "params.decay")) == {None}


def test_a_live_trial_is_told_as_it_stands(wire):
    name = wire.create()
    held = wire.take(name)
    for resource, value in ((1, 0.5), (2, 0.25)):
        wire.report(held, resource, value)
        page = query(wire, name, columns=["value", "resource", "spent"], order_by="value")
        found = [column(page, each) for each in ("value", "resource", "spent")]
        assert found == [[value], [resource], [resource]]
    test = pb.TrialFilter(column="value", at_most=V(0.3))
    assert query(wire, name, filters=[test]).rows == 1


BAD = [
    ("columns[0]", {"columns": ["nothing"]}),
    ("columns[0]", {"columns": ["params.nothing"]}),
    ("columns", {"columns": ["trial"] * 101}),
    ("filters[0].column", {"filters": [pb.TrialFilter(column="metrics.acc", missing=True)]}),
    ("filters[0].column", {"filters": [pb.TrialFilter(column="state", missing=True)]}),
    ("filters[1]", {"filters": [TESTS[0][0], pb.TrialFilter(column="value")]}),
    ("filters[0].at_least", {"filters": [pb.TrialFilter(column="worker", at_least=V(1))]}),
    ("filters[0].at_least", {"filters": [pb.TrialFilter(column="value", at_least=V("1"))]}),
    ("filters[0].at_most", {"filters": [pb.TrialFilter(column="value", at_most=V(math.nan))]}),
    ("filters[0].at_most", {"filters": [pb.TrialFilter(column="value", at_most={})]}),
    ("filters[0].one_of", {"filters": [pb.TrialFilter(column="worker", one_of=[V(1)])]}),
    ("filters[0].one_of", {"filters": [pb.TrialFilter(column="value", one_of=[V("a")])]}),
    ("filters[0].contains", {"filters": [pb.TrialFilter(column="value", contains="a")]}),
    ("filters", {"filters": [TESTS[0][0]] * 51}),
    ("filters", {"filters": [pb.TrialFilter(column="trial", one_of=[V(1)] * 1001)]}),
    ("order_by", {"order_by": "metrics.acc"}),
    ("order_by", {"order_by": "number; DROP TABLE trial"}),
    ("page_size", {"page_size": -1}),
    ("states", {"states": [99]}),
]


@pytest.mark.parametrize(("field", "asked"), BAD, ids=[f"{f}{i}" for i, (f, _) in enumerate(BAD)])
def test_a_wrong_query_is_refused_by_the_name_of_the_field(wire, study, field, asked):
    request = pb.QueryTrialsRequest(study=study, **asked)
    refused(wire.studies.QueryTrials, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", f"{field}: ")


def test_a_token_is_good_for_its_own_question_only(wire, study):
    token = query(wire, study, page_size=3).next_page_token
    assert query(wire, study, page_size=5, columns=["trial"], page_token=token).rows == 5
    request = pb.QueryTrialsRequest(study=study, order_by="value", page_token=token)
    refused(wire.studies.QueryTrials, request, Code.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")


# --- SummarizeStudy ---


def test_a_summary_counts_each_entry_of_each_rung(wire, study):
    found = wire.studies.SummarizeStudy(pb.SummarizeStudyRequest(study=study), timeout=9)
    assert found.study.brackets == wire.study(study).brackets
    rungs = {
        (b.bracket, r.rung): r for b in found.study.brackets for r in b.rungs if r.size
    }  # fmt: skip
    assert [(h.bracket, h.rung) for h in found.histograms] == list(rungs)
    for h in found.histograms:
        rung = rungs[h.bracket, h.rung]
        assert sum(h.counts) + h.worse + h.diverged == rung.size
        assert sum(h.promoted) <= rung.promoted
        assert all(p <= c for p, c in zip(h.promoted, h.counts, strict=True))
        assert h.low <= h.high
    first = found.histograms[0]
    gone = {t.trial for t in wire.trials(study) if t.state == pb.TRIAL_STATE_INFEASIBLE}
    assert len(first.counts) == 64
    entered = [
        r.value for r in wire.reports(study)
        if r.resource == found.study.brackets[0].rungs[0].level and r.HasField("value")
        and r.trial not in gone
    ]  # fmt: skip
    best = max(entered) if found.study.spec.goal == pb.GOAL_MAXIMIZE else min(entered)
    assert best in (first.low, first.high)


# --- SampleCurves ---


def sampled(wire, name, **asked):
    return wire.studies.SampleCurves(pb.SampleCurvesRequest(study=name, **asked), timeout=9)


def test_a_small_study_is_shown_whole(wire, study):
    found, trials = sampled(wire, study), {t.trial: t for t in wire.trials(study)}
    assert [c.trial for c in found.curves] == sorted(trials)
    told = {n: [] for n in trials}
    for report in wire.reports(study):
        told[report.trial].append(
            (report.resource, report.value if report.HasField("value") else None)
        )
    for curve in found.curves:
        points = zip(curve.resources, curve.values, strict=True)
        assert [(r, None if math.isnan(v) else v) for r, v in points] == told[curve.trial]
        assert (curve.state, curve.reason) == (
            trials[curve.trial].state,
            trials[curve.trial].reason,
        )
        assert not curve.thinned
        running = curve.state == pb.TRIAL_STATE_RUNNING
        assert (curve.choice == pb.CURVE_CHOICE_RUNNING) == running
    rungs = query(wire, study, columns=["rung"], page_size=1000)
    infeasible = {n for n, t in trials.items() if t.state == pb.TRIAL_STATE_INFEASIBLE}
    failed = {n for n, t in trials.items() if t.state == pb.TRIAL_STATE_FAILED}
    for curve, rung in zip(found.curves, column(rungs, "rung"), strict=True):
        if curve.trial not in infeasible | failed:
            assert (curve.rung if curve.HasField("rung") else None) == rung


def test_of_many_curves_some_are_shown_and_always_the_same(wire, study):
    few = sampled(wire, study, max_curves=20, trials=[17, 0])
    assert few == sampled(wire, study, max_curves=20, trials=[17, 0])
    assert len(few.curves) == 20
    assert few.trials == wire.study(study).counts.created
    asked = {c.trial for c in few.curves if c.choice == pb.CURVE_CHOICE_ASKED}
    assert asked == {0, 17}
    other = sampled(wire, study, metric="acc", trials=[0], max_curves=1).curves[0]
    acc = [r.metrics[0].value for r in wire.reports(study) if r.trial == 0]
    assert list(other.values) == acc


def test_curves_outlive_a_crash_of_the_daemon(wire, study):
    before = sampled(wire, study), query(wire, study, page_size=1000).columns
    wire.crash()
    assert (sampled(wire, study), query(wire, study, page_size=1000).columns) == before


def test_a_long_curve_is_thinned(wire):
    name = wire.create(random=pb.RandomSearch(), max_resource=3000)
    held = wire.take(name)
    told = {n: 1 / n + (5.0 if n == 1234 else 0) for n in range(1, 2001)}
    stream = pb.ReportStreamRequest
    for start in (1, 1001):
        reports = [
            pb.ReportRequest(
                **proof(held), resource=n, metrics=[pb.Metric(name="loss", value=told[n])]
            )
            for n in range(start, start + 1000)
        ]  # fmt: skip
        list(wire.scheduler.ReportStream(iter([stream(reports=reports)])))
        (curve,) = sampled(wire, name, max_points=40).curves
        assert len(curve.resources) <= 40
        assert curve.thinned
        points = dict(zip(curve.resources, curve.values, strict=True))
        assert points.items() <= told.items()
        assert {1, start + 999} <= set(points)
        assert list(curve.resources) == sorted(points)


@pytest.mark.parametrize(("field", "asked"), [
    ("max_curves", {"max_curves": 301}), ("max_points", {"max_points": 3}),
    ("max_points", {"max_points": 201}), ("trials", {"trials": [0] * 101}),
    ("max_curves", {"max_curves": -1}),
])  # fmt: skip
def test_more_than_is_allowed_is_refused(wire, study, field, asked):
    request = pb.SampleCurvesRequest(study=study, **asked)
    refused(wire.studies.SampleCurves, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", field)
    request = pb.SampleCurvesRequest(study=study, trials=[10**6])
    refused(wire.studies.SampleCurves, request, Code.NOT_FOUND, "TRIAL_NOT_FOUND")


# --- ListBestSteps ---


def naive_steps(wire, name):
    """Where the best became better, from all reports; and what had been spent by each."""
    spec = wire.study(name).spec
    sign = -1 if spec.goal == pb.GOAL_MAXIMIZE else 1
    gone = {t.trial for t in wire.trials(name) if t.state == pb.TRIAL_STATE_INFEASIBLE}
    best, steps, at, total, saved = math.inf, [], {}, 0, {}
    for report in wire.reports(name):
        held = report.trial, report.attempt
        start = saved.get(report.trial, 0)
        total += report.resource - at.get(held, start)
        at[held] = report.resource
        if report.checkpoint_uri:
            saved[report.trial] = report.resource
        if not report.HasField("value") or report.trial in gone or sign * report.value >= best:
            continue
        best = sign * report.value
        steps.append((report.commit_seq, report.trial, report.resource, report.value, total))
    return steps, total


def steps_of(answer):
    return [
        (s.commit_seq, s.trial, s.resource, s.value, s.total_resource) for s in answer.steps
    ]  # fmt: skip


def test_the_steps_of_the_best_are_those_of_all_reports(wire, study):
    found = wire.studies.ListBestSteps(pb.ListBestStepsRequest(study=study), timeout=9)
    steps, total = naive_steps(wire, study)
    assert (steps_of(found), found.total_resource) == (steps, total)
    view = wire.study(study)
    assert total == view.total_resource
    assert (steps[-1][1], steps[-1][3]) == (view.best.trial, view.best.value)
    assert found.through_seq == found.commit_seq
    after = pb.ListBestStepsRequest(study=study, after_seq=steps[-2][0])
    assert steps_of(wire.studies.ListBestSteps(after, timeout=9)) == steps[-1:]


def test_steps_go_on_and_forget_what_turns_out_infeasible(wire):
    name = wire.create()
    ask = pb.ListBestStepsRequest(study=name)
    assert steps_of(wire.studies.ListBestSteps(ask, timeout=9)) == []
    held = wire.take(name)
    wire.report(held, 1, 0.5)
    assert [s[3] for s in steps_of(wire.studies.ListBestSteps(ask, timeout=9))] == [0.5]
    other = wire.take(name)
    wire.report(other, 1, 0.1)
    wire.report(held, 2, 0.3)
    assert [s[3] for s in steps_of(wire.studies.ListBestSteps(ask, timeout=9))] == [0.5, 0.1]
    kind = pb.FAILURE_KIND_INFEASIBLE
    wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(other), kind=kind))
    found = wire.studies.ListBestSteps(ask, timeout=9)
    assert steps_of(found) == naive_steps(wire, name)[0]
    assert [s[3] for s in steps_of(found)] == [0.5, 0.3]


# --- GetParameterImportance ---


def important(wire, name, **asked):
    request = pb.GetParameterImportanceRequest(study=name, **asked)
    return wire.studies.GetParameterImportance(request, timeout=9)


def test_the_parameter_that_counts_is_the_most_important(wire):
    space = [pb.ParameterSpec(name=n, float_range=pb.FloatRange(low=0, high=1)) for n in "abc"]
    space.append(pb.ParameterSpec(name="fix", constant=V(3)))
    name = wire.create(space=space, max_resource=1, random=pb.RandomSearch())
    assert not important(wire, name).parameters
    for _ in range(80):
        held = wire.take(name)
        wire.report(held, 1, (values(held.params)["b"] - 0.3) ** 2)
    found = important(wire, name)
    assert found.parameters[0].name == "b"
    assert found.parameters[0].importance > 0.7
    assert {p.name for p in found.parameters} == set("abc")
    assert sum(p.importance for p in found.parameters) == pytest.approx(1)
    assert (found.level, found.trials, found.best_trials) == (1, 80, 8)
    assert important(wire, name) == found
    assert important(wire, name, best_fraction=0.5).best_trials == 40
    wire.report(wire.take(name), 1, 0.0)
    assert important(wire, name).trials == 81


@pytest.mark.parametrize(("field", "asked"), [
    ("best_fraction", {"best_fraction": 1.0}), ("best_fraction", {"best_fraction": -0.1}),
    ("best_fraction", {"best_fraction": math.nan}), ("level", {"level": 2}),
])  # fmt: skip
def test_a_wrong_question_of_importance_is_refused(wire, study, field, asked):
    request = pb.GetParameterImportanceRequest(study=study, **asked)
    method = wire.studies.GetParameterImportance
    refused(method, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", field)
