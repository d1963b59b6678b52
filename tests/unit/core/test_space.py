"""The space and its draws: bounds, ends, steps, huge ranges, grids; and what a draw depends on."""

import math
from collections import Counter
from fractions import Fraction

import pytest
from ashad.core.engine.study import Study
from ashad.core.history.archive import InMemoryArchive
from ashad.core.kinds import Asha, Grid, Random, Single
from ashad.core.recovery.replay import replay
from ashad.core.sampling.samplers import draw
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import StudySpec
from hypothesis import given
from hypothesis import strategies as st

from tests.support.search import Search

UNIT = st.integers(0, 2**53 - 1).map(lambda n: n / 2**53)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INT64 = st.integers(-(2**63), 2**63 - 1)
LAST = 1 - 2.0**-53  # the greatest u there is
PARAMS = {
    "rate": Float(1e-5, 1.0, log=True),
    "width": Int(1, 512, log=True),
    "drop": Float(0.0, 0.5, step=0.1),
    "kind": Choice(("a", "b", 1, 1.0, True)),
    "fixed": Constant("x"),
}


def spec(space=PARAMS, algorithm=None, points=()):
    return StudySpec("loss", False, 9, space, algorithm or Asha(), points_to_evaluate=points)


@given(FINITE, FINITE, UNIT)
def test_a_real_number_stays_in_its_range(a, b, u):
    low, high = sorted((a, b))
    assert low <= Float(low, high).draw(u) <= high


@given(st.floats(5e-324, 1.7e308), st.floats(5e-324, 1.7e308), UNIT)
def test_a_real_number_on_a_log_scale_stays_in_its_range(a, b, u):
    low, high = sorted((a, b))
    assert low <= Float(low, high, log=True).draw(u) <= high


@given(INT64, INT64, UNIT, st.integers(1, 2**63))
def test_a_whole_number_stays_in_its_range_and_on_its_steps(a, b, u, step):
    low, high = sorted((a, b))
    found = Int(low, high, step=step).draw(u)
    assert low <= found <= high
    assert (found - low) % step == 0
    assert Int(low, high, step=step).draw(0.0) == low


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1), UNIT)
def test_a_whole_number_on_a_log_scale_stays_in_its_range(a, b, u):
    low, high = sorted((a, b))
    assert low <= Int(low, high, log=True).draw(u) <= high


def test_the_ends_of_sixty_four_bits_are_within_reach():
    whole = Int(-(2**63), 2**63 - 1)
    assert whole.draw(0.0) == -(2**63)
    assert whole.draw(LAST) >= 2**63 - 2**11
    assert Int(2**63 - 3, 2**63 - 1).draw(LAST) == 2**63 - 1
    assert {Int(2**53, 2**53 + 3).draw(u / 8) for u in range(8)} == set(range(2**53, 2**53 + 4))


@pytest.mark.parametrize(("low", "high"), [(1, 3), (1, 8), (10, 12)])
def test_ends_of_a_log_range_get_their_full_weight(low, high):
    """Number n stands for n - 1/2 to n + 1/2 of the logarithmic axis, the ends like all others."""
    n = 20_000
    found = Counter(Int(low, high, log=True).draw((i + 0.5) / n) for i in range(n))
    whole = math.log((high + 0.5) / (low - 0.5))
    for number in range(low, high + 1):
        share = math.log((number + 0.5) / (number - 0.5)) / whole
        assert found[number] / n == pytest.approx(share, abs=2e-4)


def test_whole_numbers_and_choices_are_drawn_evenly():
    us = [(i + 0.5) / 6000 for i in range(6000)]
    assert set(Counter(Int(-1, 4).draw(u) for u in us).values()) == {1000}
    assert set(Counter(Choice(tuple("abcdef")).draw(u) for u in us).values()) == {1000}
    assert Choice(tuple(range(10_000))).draw(LAST) == 9999
    assert set(Counter(Float(0, 1, step=0.2).draw(u) for u in us).values()) == {1000}


@pytest.mark.parametrize(
    ("low", "high", "step", "points"),
    [
        (0.0, 0.3, 0.1, [0.0, 0.1, 0.2, 0.3]),
        (0.0, 1.0, 0.3, [0.0, 0.3, 0.6, 0.9]),
        (-1.0, 1.0, 0.5, [-1.0, -0.5, 0.0, 0.5, 1.0]),
        (2.0, 2.0, 0.1, [2.0]),
    ],
)
def test_steps_of_a_real_number(low, high, step, points):
    domain = Float(low, high, step=step)
    assert domain.grid() == pytest.approx(points)
    drawn = {domain.draw(i / 1000) for i in range(1000)} | {domain.draw(LAST)}
    assert sorted(drawn) == pytest.approx(points)
    assert max(drawn) <= high


@pytest.mark.parametrize(
    ("domain", "points"),
    [
        (Int(0, 3), [0, 1, 2, 3]),
        (Int(0, 10, step=4), [0, 4, 8]),
        (Int(0, 10, grid_points=1), [5]),
        (Int(0, 10, grid_points=3), [0, 5, 10]),
        (Int(0, 2, grid_points=9), [0, 1, 2]),
        (Int(0, 100, step=25, grid_points=3), [0, 50, 100]),
        (Int(0, 100, step=25, grid_points=4), [0, 25, 75, 100]),
        (Int(1, 100, log=True, grid_points=3), [1, 10, 100]),
        (Int(2**63 - 10, 2**63 - 1, grid_points=10), list(range(2**63 - 10, 2**63))),
        (Int(-(2**63), 2**63 - 1, grid_points=2), [-(2**63), 2**63 - 1]),
        (Float(0.0, 1.0, grid_points=1), [0.5]),
        (Float(0.01, 1.0, log=True, grid_points=1), [pytest.approx(0.1)]),
        (Float(0.01, 1.0, log=True, grid_points=3), [0.01, pytest.approx(0.1), 1.0]),
        (Float(0.0, 1.0, grid_points=5), [0.0, 0.25, 0.5, 0.75, 1.0]),
        (Float(0.0, 1.0, step=0.25, grid_points=3), [0.0, 0.5, 1.0]),
        (Float(0.0, 1.0), None),
        (Float(0.5, 0.5), [0.5]),
        (Choice((1, "1", True)), [1, "1", True]),
        (Constant(7), [7]),
    ],
)
def test_points_of_a_grid(domain, points):
    assert domain.grid() == points


@given(st.integers(1, 60), st.integers(0, 50), st.integers(-(2**62), 2**62), st.integers(1, 9))
def test_a_grid_of_whole_numbers_is_evenly_spread(count, steps, low, step):
    found = Int(low, low + steps * step, step=step, grid_points=count).grid()
    assert len(found) == len(set(found)) == min(count, steps + 1)
    assert found == sorted(found)
    if count > 1:
        assert (found[0], found[-1]) == (low, low + steps * step)
        last = max(1, len(found) - 1)
        exact = [low + Fraction(i * steps, last) * step for i in range(len(found))]
        assert all(abs(a - b) * 2 <= step for a, b in zip(found, exact, strict=True))


@pytest.mark.parametrize("algorithm", [Asha(), Random(), Single(), Grid()])
def test_points_come_first_as_the_space_takes_them(algorithm):
    space = {"rate": Float(0, 1, grid_points=2), "size": Int(1, 2), "kind": Choice((1, 1.0))}
    points = ({"rate": 1, "size": 2.0, "kind": 1.0}, {"kind": 1})
    search = Search(spec(space, algorithm, points))
    first = search.suggest("a")
    assert repr(first.params) == repr({"rate": 1.0, "size": 2, "kind": 1.0})
    if algorithm != Single():
        second = search.suggest("b")
        assert repr(second.params["kind"]) == "1"
        assert list(second.params) == list(space)
        third = search.suggest("c")
        origins = [search.state.trial(n).origin for n in range(3)]
        assert origins == ["point", "point", "grid" if algorithm == Grid() else "sampled"]
        assert third.trial == 2
    else:
        search.report(first, 9, 0.0)
        assert type(search.suggest("b")).__name__ == "Finished"


def test_a_draw_depends_on_seed_trial_and_name_only():
    whole = draw(spec(), 1, 17, {})
    turned = dict(reversed(list(PARAMS.items())))
    assert draw(spec(turned), 1, 17, {}) == whole
    for name, domain in PARAMS.items():
        assert draw(spec({name: domain}), 1, 17, {}) == {name: whole[name]}
    assert draw(spec(), 1, 17, {"kind": "b"}) == whole | {"kind": "b"}
    assert draw(spec(), 2, 17, {}) != whole
    assert draw(spec(), 1, 18, {}) != whole


def test_the_same_params_whatever_the_workers_do():
    """Trial 3 has the same params, whoever asks and whatever was reported before."""
    calm, busy = Search(spec(), seed=4), Search(spec(), seed=4)
    wanted = [calm.suggest(f"w{n}").params for n in range(4)]
    found = []
    for n in range(4):
        job = busy.suggest("other")
        found.append(job.params)
        if n % 2:
            busy.report(job, 9, 0.1)
        else:
            busy.end("fail", job, infeasible=False, message="")
    assert found == wanted


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        (Float(0, 1), 1, 1.0),
        (Float(0, 1), True, None),
        (Float(0, 1), "1", None),
        (Float(0, 1), 1.5, None),
        (Float(0, 1), 10**400, None),
        (Int(0, 9), 3.0, 3),
        (Int(0, 9), 3.5, None),
        (Int(0, 9), True, None),
        (Int(0, 9), 10, None),
        (Choice((1, 1.0, True, "1")), 1.0, 1.0),
        (Choice((1, 1.0, True, "1")), True, True),
        (Choice((1, "1")), 1.0, None),
        (Constant(1), 1, 1),
        (Constant(1), True, None),
        (Constant(1), 2, None),
    ],
)
def test_what_a_parameter_accepts(domain, value, expected):
    assert repr(domain.accept(value)) == repr(expected)


def test_a_study_of_before_replays_though_it_would_be_refused_now():
    space, when = {"n": Int(1, 3), "c": Float(0.0, 1.0)}, {"c": (("n", (1.0,)),)}
    memory = InMemoryArchive()
    study, made = Study.begin(
        "s", "uid", StudySpec("l", False, 1, space, Random(), when=when), 0, 0, memory
    )
    memory.take(made)
    made += study.suggest(1, "w", "r")[2]
    history = [record for record in made if type(record).__name__ != "TrialRow"]
    assert replay("s", "uid", 0, history).state.trials == 1
