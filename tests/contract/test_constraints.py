"""Constraints on a real daemon: kept before and after a crash, shown as given, refused by field."""

from __future__ import annotations

from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import Code, refused, spec, values

SPACE = [
    pb.ParameterSpec(name=name, float_range=pb.FloatRange(low=0, high=1)) for name in ("a", "b")
]
KEPT = ["a < b", "a + b <= 1.5"]


def test_they_are_kept_before_and_after_a_crash(wire):
    name = wire.create(space=SPACE, constraints=KEPT)
    drawn = [values(wire.take(name, worker=f"w{n}").params) for n in range(20)]
    wire.crash()
    drawn += [values(wire.take(name, worker=f"x{n}").params) for n in range(20)]
    assert all(d["a"] < d["b"] and d["a"] + d["b"] <= 1.5 for d in drawn)
    assert list(wire.study(name).spec.constraints) == KEPT


def test_a_prior_is_kept_and_shown(wire):
    space = [
        pb.ParameterSpec(name="a", float_range=pb.FloatRange(low=0, high=1, mean=0.25, sigma=0.01)),
        pb.ParameterSpec(name="n", int_range=pb.IntRange(low=0, high=100, mean=50, sigma=1)),
        pb.ParameterSpec(
            name="k",
            categorical=pb.Categorical(
                choices=[pb.ParameterValue(string_value=k) for k in "ab"], weights=[1e9, 1]
            ),
        ),
    ]
    name = wire.create(space=space)
    wire.crash()
    for n in range(9):
        drawn = values(wire.take(name, worker=f"w{n}").params)
        assert abs(drawn["a"] - 0.25) < 0.06
        assert abs(drawn["n"] - 50) < 6
        assert drawn["k"] == "a"
    shown = wire.study(name).spec.space
    assert (shown[0].float_range.mean, shown[1].int_range.sigma) == (0.25, 1)
    assert list(shown[2].categorical.weights) == [1e9, 1]
    assert not wire.study(wire.create()).spec.space[0].float_range.HasField("mean")
    space[1].int_range.mean = 101
    refused(
        wire.studies.CreateStudy, pb.CreateStudyRequest(study="x", spec=spec(space=space)),
        Code.INVALID_ARGUMENT, "INVALID_SPEC", "spec.space[n]", "mean must be from 0 to 100",
    )  # fmt: skip


def test_what_is_wrong_is_told_at_creation_and_a_change_of_them_is_another_study(wire):
    for constraint, field, why in (
        ("a < c", "spec.constraints[0]", "no parameter 'c'"),
        ("a ~ b", "spec.constraints[0]", "cannot be read"),
        ("a + b < 0.001", "spec.constraints", "give ranges that lie more within them"),
    ):
        request = pb.CreateStudyRequest(study="x", spec=spec(space=SPACE, constraints=[constraint]))
        call = wire.studies.CreateStudy
        refused(call, request, Code.INVALID_ARGUMENT, "INVALID_SPEC", field, why)
    name = wire.create(space=SPACE, constraints=KEPT)
    again = pb.CreateStudyRequest(study=name, spec=spec(space=SPACE, constraints=KEPT[:1]))
    refused(wire.studies.CreateStudy, again, Code.ALREADY_EXISTS, "STUDY_EXISTS", "constraints")
