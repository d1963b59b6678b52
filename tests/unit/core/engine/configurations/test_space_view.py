"""Earlier configurations in a later space: by columns as one by one, whatever the versions."""

import math
import random

import numpy as np
import pytest
from ashad.core.engine.configurations.memory import KnownConfigurations
from ashad.core.engine.configurations.space_view import SpaceView
from ashad.core.kinds import Asha, RandomSampler, Tpe
from ashad.core.sampling.unit_cube import Points
from ashad.core.space import Choice, Constant, Float, Int, place
from ashad.core.spec import StudySpec

FIRST = {
    "k": Choice(("a", "b", 1)),
    "x": Float(1e-4, 1.0, log=True),
    "s": Float(0.0, 1.0, step=0.1),
    "n": Int(1, 50, log=True),
    "m": Float(0.0, 1.0),
    "c": Constant("v"),
}
WHEN = {"m": (("k", ("b",)),)}
OF_K = {"q": (("k", ("a",)), ("c", ("v",)))}
CHANGES = [  # (space, conditions, past) of the versions after the first
    (FIRST | {"x": Float(1e-3, 0.1, log=True)}, WHEN, {}),
    (FIRST | {"x": Float(1e-5, 0.1, log=True), "k": Choice(("b", "a", "z"))}, WHEN, {}),
    (FIRST | {"s": Float(0.2, 1.6, step=0.1), "n": Int(4, 40, log=True)}, WHEN, {}),
    (
        FIRST | {"p": Float(0.0, 0.5), "q": Int(1, 3), "d": Constant(2)},
        WHEN | OF_K,
        {"p": 0.25, "q": 3, "d": 2},
    ),
    (FIRST | {"p": Float(0.1, 0.5), "q": Int(1, 2)}, WHEN | OF_K, {"p": 0.0, "q": 3}),
]


def versions(many, seed):
    """Yield (view, configurations drawn from it) of some versions in a row."""
    rolled, past = random.Random(seed), {}
    chosen = [(FIRST, WHEN, {}), *rolled.choices(CHANGES, k=many)]
    for number, (space, when, more) in enumerate(chosen):
        names = set(space)
        for _, later in enumerate(chosen[:number]):  # a parameter stays once it is there
            names |= set(later[0])
        every = {n: d for one in chosen[: number + 1] for n, d in one[0].items()}
        whole = {n: space.get(n, every[n]) for n in every}
        conditions = {n: w for one in chosen[: number + 1] for n, w in one[1].items()} | when
        past = past | more
        view = SpaceView(whole, conditions, past)
        yield view, [place(whole, conditions, {}, lambda _: rolled.random()) for _ in range(30)]


def study(space, when, sampler):
    return StudySpec("loss", False, 9, space, Asha(), sampler=sampler, when=when)


@pytest.mark.parametrize("seed", range(12))
def test_all_are_seen_as_one_by_one(seed):
    known, last, drawn = None, None, []
    for view, params in versions(4, seed):
        if known is None:
            known = KnownConfigurations(study(view.space, view.when, Tpe()))
        else:
            known.change_space(last, view)
        for one in params:
            known.add(one)
        last, drawn = view, drawn + params
        due = [view.of(one) for one in drawn]
        found = known.points
        numbers = list(range(len(drawn)))
        assert found.inside(numbers) == [n for n in numbers if due[n] is not None]
        rows = found.of(numbers)
        naive = Points(view.space)
        for one in due:
            naive.add(one or {})
        inside = found.inside(numbers)
        np.testing.assert_allclose(rows[inside], naive.of(inside), atol=1e-12)


FINITE = {"n": Int(1, 3), "k": Choice(("a", "b"))}


def finite(first, *later):
    """Add all of a space, then change it; return what is known of it after each change."""
    known = KnownConfigurations(study(first, {}, RandomSampler()))
    view = SpaceView(first, {})
    for n in range(1, 4):
        known.add({"n": n, "k": "a"})
    seen = [known.tried.numbers()]
    for space, past in later:
        after = SpaceView(space, {}, view.past | past)
        known.change_space(view, after)
        view = after
        seen.append(None if known.tried is None else len(known.tried.numbers()))
    return known, seen


def test_what_was_tried_is_known_in_a_wider_space_and_after_a_narrower_one():
    wider = FINITE | {"n": Int(1, 4)}
    narrow = FINITE | {"n": Int(2, 2)}
    known, seen = finite(FINITE, (wider, {}), (narrow, {}), (FINITE, {}))
    assert seen[1:] == [3, 1, 3]
    assert {"n": 1, "k": "a"} in known.tried
    assert {"n": 1, "k": "b"} not in known.tried


def test_with_a_parameter_more_only_those_with_the_value_for_the_past_were_tried():
    more = FINITE | {"f": Choice((True, False))}
    known, seen = finite(FINITE, (more, {"f": False}))
    assert seen[1] == 3
    assert {"n": 1, "k": "a", "f": False} in known.tried
    assert {"n": 1, "k": "a", "f": True} not in known.tried


def test_a_value_for_the_past_outside_of_the_space_leaves_nothing_tried():
    _, seen = finite(FINITE, (FINITE | {"q": Int(1, 2)}, {"q": 0}))
    assert seen[1] == 0


def test_a_space_without_an_end_forgets_and_its_successor_begins_anew():
    known, seen = finite(FINITE, (FINITE | {"x": Float(0.0, 1.0)}, {"x": 0.5}))
    assert seen[1] is None
    assert known.needed is False


def test_the_ends_of_a_narrower_range_are_in_it():
    """A place is a rounding away from its value; that is no reason to leave it out."""
    for n in range(1, 200):  # some are a rounding away
        low = 1e-4 * (1 + n / 7)
        known = KnownConfigurations(study({"x": Float(1e-4, 1.0, log=True)}, {}, Tpe()))
        known.add({"x": low})
        wide = SpaceView({"x": Float(1e-4, 1.0, log=True)}, {})
        known.change_space(wide, SpaceView({"x": Float(low, 1.0, log=True)}, {}))
        assert known.points.whole
    low, high = 1e-4 * 3, 0.7
    known = KnownConfigurations(study({"x": Float(1e-4, 1.0, log=True)}, {}, Tpe()))
    for x in (low, high, low * (1 - 1e-6), high * (1 + 1e-6), math.sqrt(low * high)):
        known.add({"x": x})
    wide = SpaceView({"x": Float(1e-4, 1.0, log=True)}, {})
    known.change_space(wide, SpaceView({"x": Float(low, high, log=True)}, {}))
    assert known.points.inside([0, 1, 2, 3, 4]) == [0, 1, 4]
    assert known.points.of([0, 1, 4]).ravel().tolist() == pytest.approx([0.0, 1.0, 0.5])
