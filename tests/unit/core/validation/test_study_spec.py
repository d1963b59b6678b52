"""What is refused of a spec, of limits, names and keys: each by its field, all at once."""

import contextlib
import math
import time

import pytest
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.history.archive import InMemoryArchive
from ashad.core.kinds import AdaptiveAsha, Asha, Grid
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import SECOND, Lease, Limits
from ashad.core.validation.study_spec import (
    check_limits,
    check_spec,
    check_study_name,
    complete,
)

from tests.support.specs import ALGORITHMS, GOOD, with_


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
    ("93 step and log", space(x=Float(1, 9, log=True, step=2)), "spec.space[x]"),
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
    begun = time.process_time()
    with contextlib.suppress(RefusalError):
        Study.create(
            "s", "u", with_(algorithm=algorithm, max_resource=10**12), 0, 0, InMemoryArchive()
        )
    assert time.process_time() - begun < 1


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


def test_a_configuration_comes_out_as_the_space_takes_it():
    found = complete(GOOD, {"kind": True, "width": 0.0, "rate": 1}, "configuration")
    assert repr(found) == repr({"rate": 1.0, "width": 0, "kind": True})
    with pytest.raises(RefusalError) as refusal:
        complete(GOOD, {"rate": INF, "nothing": 1, "kind": 2}, "configuration")
    for field in ("configuration[rate]", "configuration['nothing']", "configuration[kind]"):
        assert f"{field}: " in refusal.value.message
