"""Numbers in a later space: by columns as one by one, whatever changed."""

import random

import numpy as np
import pytest
from ashad.core.engine.configurations.space_view import SpaceView
from ashad.core.sampling.configuration_set import Tried
from ashad.core.sampling.enumeration import Enumeration
from ashad.core.sampling.translation import translated
from ashad.core.space import Choice, Constant, Float, Int, Values

SPACE = {
    "k": Choice(("a", "b", 1, True, "c")),
    "n": Int(1, 9, step=2),
    "s": Float(0.0, 0.7, step=0.1),
    "c": Constant("v"),
    "m": Int(-3, 3),
    "z": Float(0.25, 0.25),
}
WHEN = {"s": (("k", ("a", 1)),), "m": (("k", ("a", True)), ("n", (3, 5)))}
LATER = [
    (SPACE, WHEN, {}),
    (SPACE | {"n": Int(3, 31, step=2), "s": Float(0.2, 0.5, step=0.1)}, WHEN, {}),
    (SPACE | {"n": Int(-7, 5, step=2), "s": Float(-0.2, 1.5, step=0.1)}, WHEN, {}),
    (SPACE | {"k": Choice(("c", True, "a", "new")), "m": Int(0, 0)}, WHEN, {}),
    (
        SPACE | {"x": Choice((1, 2)), "y": Int(0, 2)},
        WHEN | {"x": (("k", ("b", "c")),), "y": (("x", (2,)),)},
        {"x": 2, "y": 1},
    ),
    (SPACE | {"x": Int(5, 6)}, WHEN, {"x": 4}),
    (SPACE | {"w": Int(0, 2**60), "u": Int(0, 2**40)}, WHEN, {"w": 2**59, "u": 7}),
]


def typed(when):
    return {name: tuple((p, Values(vs)) for p, vs in found) for name, found in when.items()}


@pytest.mark.parametrize("number", range(len(LATER)))
def test_it_is_that_of_each_configuration(number):
    space, when, past = LATER[number]
    old = Enumeration.of(SPACE, typed(WHEN))
    view = SpaceView(space, typed(when), past)
    new = Enumeration.of(view.space, view.when)
    rng = random.Random(number)
    numbers = sorted(rng.sample(range(old.size), old.size * 2 // 3))
    seen = [view.of(old.configuration(one)) for one in numbers]
    due = sorted(new.number(one) for one in seen if one is not None)
    column = np.array(numbers, np.int64)
    assert sorted(translated(old, column, new, view.when, past).tolist()) == due
    assert bool(due) == (number != 5)
    assert translated(old, column[:0], new, view.when, past).tolist() == []


def test_what_is_filled_at_once_is_what_was_added():
    new = Enumeration.of({"n": Int(0, 99_999)}, {})
    rng, one, other = random.Random(3), Tried(new), Tried(new)
    chosen = [rng.randrange(100_000) for _ in range(9_000)]
    for number in chosen:
        one.add({"n": number})
    other.fill(np.array(chosen, np.int64))
    assert other.numbers() == one.numbers() == other.column().tolist()
    for number in range(0, 100_000, 501):
        assert ({"n": number} in other) == ({"n": number} in one)
        assert other.next_untried({"n": number}) == one.next_untried({"n": number})
        other.add({"n": number})
        one.add({"n": number})
    assert other.numbers() == one.numbers()
    assert other.full == one.full
