"""Specs there and back through JSON, how two differ, and what is refused: each by its field."""

import contextlib
import dataclasses
import json
import math
import time

import pytest
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.kinds import AdaptiveAsha, Asha, Grid, Random, Single, from_json
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import SECOND, Lease, Limits, StudySpec, differences, to_json
from ashad.core.validation.study_spec import (
    MAX_PARAMS_BYTES,
    check_key,
    check_limits,
    check_spec,
    check_study_name,
    complete,
)

from tests.support.search import Search

SPACE = {
    "rate": Float(1e-5, 1.0, log=True, grid_points=3),
    "drop": Float(0.0, 0.5, step=0.1),
    "width": Int(-(2**63), 2**63 - 1, step=2**40),
    "kind": Choice(("é", 1, 1.0, True, "1")),
    "fixed": Constant(False),
}
GOOD = StudySpec(
    "loss", True, 27, SPACE, Asha(promotion=True, min_resource=2, eta=2.5, max_rungs=3), "step",
    ({"rate": 0.5, "kind": 1.0}, {"kind": True}), Limits(40, 4, 4000, 60 * SECOND, 0.25, 3),
    2**63 - 1, Lease(10 * SECOND, SECOND, 2), failed_counts_as_worst=False,
)  # fmt: skip
ALGORITHMS = [
    Asha(),
    Asha(promotion=True, eta=2.0),
    AdaptiveAsha(mode="conservative", bracket_rungs=(3, 1)),
    Random(),
    Grid(),
    Single(),
]


def with_(**changes):
    return dataclasses.replace(GOOD, **changes)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_there_and_back_through_json(algorithm):
    spec = with_(algorithm=algorithm)
    text = json.dumps(to_json(spec), ensure_ascii=False, allow_nan=False)
    again = from_json(json.loads(text))
    assert repr(again) == repr(spec)  # 1 is not 1.0 is not True
    assert again == spec
    assert differences(spec, again) == []
    assert list(again.space) == list(spec.space)


def test_a_field_that_an_older_version_lacked_is_default():
    plain = to_json(GOOD)
    for name in ("lease", "limits"):
        plain[name] = {}
    del plain["failed_counts_as_worst"], plain["algorithm"]["max_rungs"]
    found = from_json(json.loads(json.dumps(plain)))
    assert found.lease == Lease()
    assert found.limits == Limits()
    assert found.failed_counts_as_worst
    assert found.algorithm.max_rungs == 0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"metric": "error"}, "metric: 'loss' is not 'error'"),
        ({"maximize": False}, "goal: 'maximize' is not 'minimize'"),
        ({"max_resource": 9}, "max_resource: 27 is not 9"),
        ({"seed": None}, "seed: 9223372036854775807 is not None"),
        ({"space": {"x": Int(1, 2)}}, "space."),
        ({"algorithm": Asha()}, "algorithm."),
        ({"limits": Limits()}, "limits."),
        ({"points_to_evaluate": ({"kind": 1},)}, "points_to_evaluate."),
    ],
)
def test_differences_name_the_field(changes, named):
    line, *_ = differences(GOOD, with_(**changes))
    assert line.startswith(named)
    assert len(line) < 500


def test_one_is_not_one_point_nought_is_not_true():
    for one, other in [(1, 1.0), (1, True), (1.0, True), ("1", 1)]:
        left, right = (with_(space={"a": Constant(v)}, points_to_evaluate=()) for v in (one, other))
        assert len(differences(left, right)) == 1
    swapped = dict(reversed(list(SPACE.items())))
    assert len(differences(GOOD, with_(space=swapped))) == 1  # a grid depends on the order


@pytest.mark.parametrize("spec", [GOOD, *(with_(algorithm=a) for a in ALGORITHMS if a != Grid())])
def test_good_specs_pass(spec):
    check_spec(spec)


def space(**domains):
    return {"space": domains, "points_to_evaluate": ()}


NAN, INF = math.nan, math.inf
BAD = [  # numbers are those of the list of bad inputs
    ("90 low above high", space(x=Float(2, 1)), "spec.space[x]"),
    ("90 low above high", space(x=Int(2, 1)), "spec.space[x]"),
    ("92 log of 0", space(x=Float(0.0, 1.0, log=True)), "spec.space[x]"),
    ("92 log of 0", space(x=Int(0, 9, log=True)), "spec.space[x]"),
    ("92 log of -1", space(x=Float(-1.0, 1.0, log=True)), "spec.space[x]"),
    ("93 step", space(x=Int(0, 9, step=0)), "spec.space[x]"),
    ("93 step", space(x=Int(0, 9, step=-1)), "spec.space[x]"),
    ("93 step", space(x=Float(0, 9, step=-0.1)), "spec.space[x]"),
    ("93 step", space(x=Float(0, 9, step=NAN)), "spec.space[x]"),
    ("93 step", space(x=Float(0, 9, step=5e-324)), "spec.space[x]"),
    ("93 step and log", space(x=Float(1, 9, log=True, step=1)), "spec.space[x]"),
    ("93 step and log", space(x=Int(1, 9, log=True, step=2)), "spec.space[x]"),
    ("94 bounds", space(x=Float(NAN, 1)), "spec.space[x]"),
    ("94 bounds", space(x=Float(0, NAN)), "spec.space[x]"),
    ("94 bounds", space(x=Float(-INF, INF)), "spec.space[x]"),
    ("94 bounds", space(x=Int(0, 2**63)), "spec.space[x]"),
    ("94 bounds", space(x=Int(-(2**63) - 1, 0)), "spec.space[x]"),
    ("95 no choice", space(x=Choice(())), "spec.space[x]"),
    ("96 choices", space(x=Choice(tuple(range(10**6)))), "spec.space[x]"),
    ("97 twice the same", space(x=Choice((1, "1", 1))), "spec.space[x]"),
    ("98 NaN", space(x=Choice((1.0, NAN))), "spec.space[x]"),
    ("98 NaN", space(x=Constant(NAN)), "spec.space[x]"),
    ("98 long", space(x=Constant("x" * 8193)), "spec.space[x]"),
    ("98 big", space(x=Choice((2**63,))), "spec.space[x]"),
    ("99 eta", {"algorithm": Asha(eta=1.0)}, "spec.algorithm.eta"),
    ("99 eta", {"algorithm": Asha(eta=0.5)}, "spec.algorithm.eta"),
    ("99 eta", {"algorithm": Asha(eta=-3)}, "spec.algorithm.eta"),
    ("99 eta", {"algorithm": Asha(eta=1e308)}, "spec.algorithm.eta"),
    ("99 eta", {"algorithm": Asha(eta=NAN)}, "spec.algorithm.eta"),
    ("99 eta", {"algorithm": Asha(eta=INF)}, "spec.algorithm.eta"),
    ("99 eta", {"algorithm": AdaptiveAsha(eta=NAN)}, "spec.algorithm.eta"),
    ("100 min_resource", {"algorithm": Asha(min_resource=28)}, "spec.algorithm.min_resource"),
    ("100 min_resource", {"algorithm": Asha(min_resource=0)}, "spec.algorithm.min_resource"),
    ("101 rungs", {"algorithm": Asha(max_rungs=65)}, "spec.algorithm.max_rungs"),
    ("101 rungs", {"algorithm": AdaptiveAsha(max_rungs=-1)}, "spec.algorithm.max_rungs"),
    ("102 brackets", {"algorithm": AdaptiveAsha(bracket_rungs=(3, -1))},
     "spec.algorithm.bracket_rungs"),
    ("102 brackets", {"algorithm": AdaptiveAsha(bracket_rungs=(1,) * 65)},
     "spec.algorithm.bracket_rungs"),
    ("102 mode", {"algorithm": AdaptiveAsha(mode="reckless")}, "spec.algorithm.mode"),
    ("102 no max_trials", {"algorithm": AdaptiveAsha(), "limits": Limits()},
     "spec.limits.max_trials"),
    ("103 seed", {"seed": -1}, "spec.seed"),
    ("103 seed", {"seed": 2**64}, "spec.seed"),
    ("metric", {"metric": ""}, "spec.metric"),
    ("metric", {"metric": "a b"}, "spec.metric"),
    ("metric", {"metric": "loss\n"}, "spec.metric"),
    ("metric", {"metric": "é"}, "spec.metric"),
    ("resource", {"resource": "e/f"}, "spec.resource"),
    ("max_resource", {"max_resource": 0}, "spec.max_resource"),
    ("max_resource", {"max_resource": 10**12 + 1}, "spec.max_resource"),
    ("name of a parameter", space(**{"a\x1b[2J": Int(0, 1)}), "spec.space['a\\x1b[2J']"),
    ("parameters", space(**{f"p{i}": Int(0, 1) for i in range(1001)}), "spec.space"),
    ("grid_points", space(x=Int(0, 1, grid_points=-1)), "spec.space[x]"),
    ("grid of a range", space(x=Float(0, 1)) | {"algorithm": Grid()}, "spec.space[x]"),
    ("grid", space(**{f"p{i}": Int(0, 9) for i in range(8)}) | {"algorithm": Grid()}, "spec.space"),
    ("grid", space(x=Int(0, 2**62)) | {"algorithm": Grid()}, "spec.space[x]"),
    ("point", {"points_to_evaluate": ({"rate": 2.0},)}, "spec.points_to_evaluate[0][rate]"),
    ("point", {"points_to_evaluate": ({}, {"other": 1})}, "spec.points_to_evaluate[1]['other']"),
    ("point", {"points_to_evaluate": ({"rate": NAN},)}, "spec.points_to_evaluate[0][rate]"),
    ("point", {"points_to_evaluate": ({"kind": "2"},)}, "spec.points_to_evaluate[0][kind]"),
    ("lease", {"lease": Lease(duration=1)}, "spec.lease.duration"),
    ("lease", {"lease": Lease(heartbeat_interval=0)}, "spec.lease.heartbeat_interval"),
    ("lease", {"lease": Lease(heartbeat_interval=60 * SECOND)}, "spec.lease.heartbeat_interval"),
    ("lease", {"lease": Lease(max_attempts=0)}, "spec.lease.max_attempts"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_spec_is_refused_by_its_field(changes, field):
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", with_(**changes), 0, 0, InMemoryArchive())
    assert refusal.value.kind == RefusalKind.INVALID_ARGUMENT
    assert refusal.value.reason == "INVALID_SPEC"
    assert refusal.value.fields["field"] == field
    assert refusal.value.message.startswith(f"{field}: ")
    assert len(refusal.value.message) < 5000
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize("name", ["max_trials", "max_concurrent_trials", "max_total_resource",
                                  "max_failed_trials", "max_duration", "target_value"])  # fmt: skip
def test_bad_limits_are_refused_by_their_field(name):
    bad = [NAN, INF, -INF] if name == "target_value" else [0, -1, 2**63]
    for value in bad:
        with pytest.raises(RefusalError) as refusal:
            check_limits(Limits(**{name: value}), GOOD)
        assert refusal.value.reason == "INVALID_LIMITS"
        assert refusal.value.fields["field"] == f"limits.{name}"


def test_every_mistake_is_named_at_once():
    with pytest.raises(RefusalError) as refusal:
        check_spec(with_(metric="", max_resource=0, seed=-1))
    for field in ("spec.metric", "spec.max_resource", "spec.seed"):
        assert f"{field}: " in refusal.value.message


@pytest.mark.parametrize(
    "algorithm", [Asha(eta=1.0000001), AdaptiveAsha(eta=1.0000001), Asha(eta=1.01)]
)
def test_a_tiny_eta_keeps_nobody_busy(algorithm):
    begun = time.monotonic()
    with contextlib.suppress(RefusalError):
        Study.create(
            "s", "u", with_(algorithm=algorithm, max_resource=10**12), 0, 0, InMemoryArchive()
        )
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("name", ["a", "A-1._", "0", "x" * 200, "select", "None", "CON"])
def test_good_study_names(name):
    assert check_study_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "x" * 201, "x" * 10**6, "../../etc/passwd", "..\\x", "/etc", "%2e", "a\0b", "a\r\nb",
     "a\n", "\x1b[2J", "a\x7f", "\u202eabc", "stu\u200ddy", "é", "\ud800",
     "'; DROP TABLE trials;--", "-rf", ".hidden", "_x", "<script>", "=1+1", "\U0001d518" * 200],
)  # fmt: skip
def test_bad_study_names(name):
    with pytest.raises(RefusalError) as refusal:
        check_study_name(name)
    assert refusal.value.reason == "INVALID_STUDY_NAME"
    assert len(refusal.value.message) < 300
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "é", "x" * 201, "\0"])
def test_bad_keys_change_nothing(key):
    search = Search(GOOD)
    with pytest.raises(RefusalError) as refusal:
        search.do("suggest", key, "r")
    assert refusal.value.fields["field"] == "worker"
    with pytest.raises(RefusalError) as refusal:
        search.do("enqueue", key, {})
    assert refusal.value.fields["field"] == "request_id"
    assert search.state.seq == 1
    assert check_key("worker", "!~") == "!~"


def test_a_configuration_comes_out_as_the_space_takes_it():
    found = complete(GOOD, {"kind": True, "width": 0.0, "rate": 1}, "configuration")
    assert repr(found) == repr({"rate": 1.0, "width": 0, "kind": True})
    with pytest.raises(RefusalError) as refusal:
        complete(GOOD, {"rate": INF, "nothing": 1, "kind": 2}, "configuration")
    for field in ("configuration[rate]", "configuration['nothing']", "configuration[kind]"):
        assert f"{field}: " in refusal.value.message


def test_an_enqueued_configuration_that_is_too_large_changes_nothing():
    space = {f"p{i}": Constant("é" * 4000) for i in range(12)}
    search = Search(with_(space=space, points_to_evaluate=()))
    before = search.state.seq, search.state.trials
    assert 12 * 4000 < MAX_PARAMS_BYTES < 12 * 8000
    with pytest.raises(RefusalError) as refusal:
        search.do("enqueue", "r", {})
    assert refusal.value.fields["field"] == "configuration"
    assert (search.state.seq, search.state.trials) == before


def test_an_enqueue_is_repeated_only_with_the_same_configuration():
    search = Search(with_(space={"kind": Choice((1, 1.0, True))}, points_to_evaluate=()))
    first = search.do("enqueue", "r", {"kind": 1})
    seq = search.state.seq
    assert search.do("enqueue", "r", {"kind": 1}).number == first.number
    for other in ({}, {"kind": 1.0}, {"kind": True}):
        with pytest.raises(RefusalError) as refusal:
            search.do("enqueue", "r", other)
        assert refusal.value.reason == "REQUEST_CONFLICT"
    assert search.state.seq == seq


def tell(search, trial, attempt, token, resource, value):
    key = AttemptKey(trial, attempt, token)
    return search.study.report(9, key, ReportContent(resource, value))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda s, j: tell(s, 7, 1, j.token, 1, 0.5), "TRIAL_NOT_FOUND"),
        (lambda s, j: tell(s, -1, 1, j.token, 1, 0.5), "TRIAL_NOT_FOUND"),
        (lambda s, j: tell(s, 0, 2, j.token, 1, 0.5), "UNKNOWN_ATTEMPT"),
        (lambda s, j: tell(s, 0, 0, j.token, 1, 0.5), "UNKNOWN_ATTEMPT"),
        (lambda s, j: tell(s, 0, 1, "forged", 1, 0.5), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: tell(s, 0, 1, j.token, 0, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, -1, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, 28, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, 2**63 - 1, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, 1, 0.5), "RESOURCE_NOT_INCREASING"),
        (lambda s, j: tell(s, 0, 1, j.token, 2, 0.7), "REPORT_CONFLICT"),
        (lambda s, j: tell(s, 0, 1, j.token, 2, NAN), "REPORT_CONFLICT"),
        (lambda s, j: s.study.should_stop(9, AttemptKey(7, 1)), "TRIAL_NOT_FOUND"),
        (lambda s, j: s.study.should_stop(9, AttemptKey(0, 2)), "UNKNOWN_ATTEMPT"),
        (lambda s, j: s.study.heartbeat(9, AttemptKey(0, 1, "")), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.complete(9, AttemptKey(0, 1, "x")), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.release(9, AttemptKey(0, 1, "x")), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.fail(9, AttemptKey(0, 1, "x"), infeasible=True, message=""),
         "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.cancel(9, 7), "TRIAL_NOT_FOUND"),
        (lambda s, j: s.study.update(9, Limits(max_trials=0)), "INVALID_LIMITS"),
        (lambda s, j: s.study.suggest(9, "other", "r1"), "REQUEST_CONFLICT"),
        (lambda s, j: s.study.enqueue(9, "r1", {}), "REQUEST_CONFLICT"),
        (lambda s, j: s.study.enqueue(9, "new", {"nothing": 1}), "INVALID_CONFIGURATION"),
    ],
)  # fmt: skip
def test_a_refused_call_changes_nothing(call, reason):
    search = Search(with_(algorithm=Asha(), limits=Limits()))
    job = search.suggest()
    search.report(job, 2, 0.5)
    search.now = 9
    before = repr((search.state.seq, search.state.time, search.state.trials, search.sizes()))
    with pytest.raises(RefusalError) as refusal:
        call(search, job)
    assert refusal.value.reason == reason
    assert search.state.drain() == []
    after = repr((search.state.seq, search.state.time, search.state.trials, search.sizes()))
    assert after == before
