"""Appendix A.1 of the ASHA paper: the instrument equals a simulation written apart from it.

Forty lines of events, lists and sorts, no code of ours: every trial is slower than the next by a
factor of its own, so that no two events fall together and both must agree to the last trial.
"""

from __future__ import annotations

import heapq
from bisect import insort

import pytest
from ashad.core.sampling.prng import uniform
from ashad.core.space import Float
from ashad.core.spec import SECOND, Limits, StudySpec
from ashad.simulate import simulate

from bench.paper import ALGORITHMS, TIME, WORKERS, Cell, counted, run

ETA, MANY, LEVELS = 4, 256, (1, 4, 16, 64, 256)


class Slow:
    """Losses that noise moves, and trials of different speed."""

    def begin(self, trial, params):
        """Nothing of a trial depends on its parameters."""

    def value(self, trial, resource):
        return uniform(1, trial, "end") + uniform(2, trial, f"at {resource}") / resource**0.5

    def seconds(self, trial, resource):
        return 1 + uniform(3, trial, "slow")


CURVES = Slow()


def asha(waiting, promoted, made):
    """The get-job of Algorithm 2."""
    for rung in range(len(LEVELS) - 2, -1, -1):
        for _, trial in waiting[rung][: len(waiting[rung]) // ETA]:
            if trial not in promoted[rung]:
                promoted[rung].add(trial)
                return trial, rung + 1
    return made, 0


def rounds(brackets):
    """Synchronous brackets of 256, the earliest first; another where a worker would wait."""
    for at, bracket in enumerate(brackets):
        if bracket["todo"]:
            bracket["out"] += 1
            return bracket["todo"].pop(0), bracket["rung"], at
    first = MANY * len(brackets)
    todo = list(range(first, first + MANY))
    brackets.append({"todo": todo, "rung": 0, "out": 0, "came": []})
    return rounds(brackets)


def came(bracket, loss, trial):
    """Take in a trial; when all have come, the best quarter goes on."""
    bracket["out"] -= 1
    bracket["came"].append((loss, trial))
    if not bracket["todo"] and not bracket["out"] and bracket["rung"] < len(LEVELS) - 1:
        best = sorted(bracket["came"])[: len(bracket["came"]) // ETA]
        bracket.update(todo=[trial for _, trial in best], came=[], rung=bracket["rung"] + 1)


def naive(synchronous):
    """Return when trials were trained to R within the time."""
    waiting, promoted = [[] for _ in LEVELS], [set() for _ in LEVELS]
    brackets, events, full, made, now = [], [], [], 0, 0.0
    free = WORKERS
    while now <= TIME:
        while free:
            if synchronous:
                trial, rung, at = rounds(brackets)
            else:
                (trial, rung), at = asha(waiting, promoted, made), 0
                made += rung == 0
            units = LEVELS[rung] - (LEVELS[rung - 1] if rung else 0)
            heapq.heappush(events, (now + units * CURVES.seconds(trial, 1), trial, rung, at))
            free -= 1
        now, trial, rung, at = heapq.heappop(events)
        loss = CURVES.value(trial, LEVELS[rung])
        if rung == len(LEVELS) - 1 and now <= TIME:
            full.append(now)
        if synchronous:
            came(brackets[at], loss, trial)
        else:
            insort(waiting[rung], (loss, trial))
        free = 1
    return full


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_experiment_equals_a_naive_simulation(name):
    spec = StudySpec(
        "loss", False, 256, {"x": Float(0.0, 1.0)}, ALGORITHMS[name],
        limits=Limits(max_duration=TIME * SECOND),
    )  # fmt: skip
    result = simulate(spec, CURVES, WORKERS, 0, every=0)
    full = naive(name == "SHA")
    assert counted(result) == len(full)
    assert result.first_full == pytest.approx(full[0])
    assert result.in_full > counted(result)  # what was under way at the end is trained to its end


def test_without_stragglers_the_count_is_the_one_by_hand():
    """25 * 2000 units for brackets of 1024 are 48.8, less what is under way at the end."""
    cell: Cell = ("SHA", 0.0, 0.0, 0)
    assert run(cell)[0] == 43
