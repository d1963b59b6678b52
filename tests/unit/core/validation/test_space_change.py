"""What may be wrong with another version of a space: each mistake by its key, with a way out."""

from dataclasses import replace

import pytest
from ashad.core.errors import RefusalError
from ashad.core.kinds import Asha, Grid, Tpe
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import StudySpec
from ashad.core.validation.space_change import changed

SPACE = {
    "k": Choice(("a", "b")),
    "m": Float(0.0, 1.0),
    "x": Float(1e-4, 1.0, log=True),
    "s": Float(0.0, 1.0, step=0.25),
    "n": Int(1, 9),
    "c": Constant(1),
}
WHEN = {"m": (("k", ("b",)),)}
SPEC = StudySpec(
    "loss", False, 9, SPACE, Asha(), when=WHEN, constraints=("n <= 8", "not (k == 'b' and n > 7)")
)


def other(more, when=None, past=None, spec=SPEC, without=()):
    space = {n: d for n, d in (spec.space | more).items() if n not in without}
    asked = replace(spec, space=space, when=WHEN if when is None else when)
    return changed(spec, [spec.space], asked, past or {})


@pytest.mark.parametrize(
    ("more", "rest", "field", "fix"),
    [
        ({}, {"without": ["n"]}, "space[n]", "low = high, or a single choice"),
        ({"n": Float(1.0, 9.0)}, {}, "space[n]", "a whole range and cannot become a real range"),
        ({"k": Constant("a")}, {}, "space[k]", "a choice and cannot become a constant"),
        ({"c": Constant(2)}, {}, "space[c]", "add a parameter instead"),
        ({"c": Constant(1.0)}, {}, "space[c]", "add a parameter instead"),
        ({"x": Float(1e-4, 1.0)}, {}, "space[x]", "its scale is log and stays so"),
        ({"s": Float(0.0, 1.0, step=0.5)}, {}, "space[s]", "its step is 0.25 and stays so"),
        ({"s": Float(0.1, 1.1, step=0.25)}, {}, "space[s]", "number of steps of 0.25 from 0.0"),
        ({"n": Int(9, 1)}, {}, "space[n]", "low 9 must not be above high 1"),
        ({"n": Int(9, 12)}, {}, "spec.constraints", "0 of 500 random configurations keep them"),
        ({"k": Choice(())}, {}, "space[k]", "at least one value; leave one, to fix it"),
        ({"q 1": Int(1, 2)}, {}, "space['q 1']", "give a name"),
        ({"q": Int(1, 2)}, {}, "past[q]", "had without it, as --past q=VALUE does"),
        ({"q": Int(1, 2)}, {"past": {"q": "a"}}, "past[q]", "give a number, not 'a'"),
        ({"q": Float(0.0, 1.0)}, {"past": {"q": float("nan")}}, "past[q]", "no values"),
        ({}, {"past": {"n": 1}}, "past[n]", "not a parameter that is added"),
        ({}, {"past": {"zz": 1}}, "past[zz]", "not a parameter that is added"),
        ({}, {"when": {}}, "space[m].when", "conditions of a parameter stay"),
        ({}, {"when": {"m": (("n", (3,)),)}}, "space[m].when", "conditions of a parameter stay"),
        ({}, {"when": WHEN | {"n": (("k", ("a",)),)}}, "space[n].when", "conditions of a"),
        ({}, {"when": {"m": (("k", ("b", "a")),)}}, "space[m].when", "with k = a were drawn"),
        ({}, {"when": {"m": (("k", ("b", "zz")),)}}, "space[m].when", "k must be one of"),
        (
            {"k": Choice(("a", "c")), "q": Int(1, 2)},
            {"when": WHEN | {"q": (("k", ("a",)),)}}, "past[q]", "the value that the trials",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_key_and_a_way_out(more, rest, field, fix):
    with pytest.raises(RefusalError) as refusal:
        other(more, **rest)
    assert (refusal.value.reason, refusal.value.fields["field"]) == ("INVALID_SPACE", field)
    assert fix in refusal.value.message


def test_a_grid_is_refused_with_the_way_out():
    grid = StudySpec("loss", False, 9, {"n": Int(1, 3)}, Grid())
    with pytest.raises(RefusalError) as refusal:
        other({"n": Int(1, 4)}, when={}, spec=grid)
    assert (refusal.value.reason, "make another study" in refusal.value.message) == (
        "GRID_FIXED",
        True,
    )


def test_the_settings_of_the_sampler_hold_for_the_new_space():
    many = {f"p{n}": Float(0.0, 1.0) for n in range(60)}
    spec = replace(SPEC, sampler=Tpe(candidates=64))
    with pytest.raises(RefusalError) as refusal:
        other(many, past=dict.fromkeys(many, 0.5), spec=spec)
    assert refusal.value.fields["field"] == "spec.tpe.candidates"


@pytest.mark.parametrize(
    ("more", "rest"),
    [
        ({"x": Float(1e-6, 10.0, log=True), "n": Int(3, 4)}, {}),
        ({"s": Float(0.5, 2.0, step=0.25)}, {}),
        ({"x": Float(0.01, 0.01, log=True)}, {}),  # fixed
        ({"k": Choice(("a",))}, {}),  # `m` is never there again, a constraint names what is gone
        ({"k": Choice(("b", "z"))}, {}),
        ({"k": Choice(("a", "b", "z"))}, {"when": {"m": (("k", ("b", "z")),)}}),
        ({"x": Float(1e-4, 1.0, log=True, mean=0.01)}, {}),
        ({"q": Int(1, 2)}, {"past": {"q": 0}}),  # the past lies outside: it is no evidence
        # It is there only with what there was not: no trial of the past has it.
        ({"k": Choice(("a", "z")), "q": Int(1, 2)}, {"when": WHEN | {"q": (("k", ("z",)),)}}),
    ],
)  # fmt: skip
def test_what_may_change(more, rest):
    made = other(more, **rest)
    assert list(made.space)[: len(SPACE)] == list(SPACE)
    assert {n: d for n, d in made.space.items() if n in more} == more
