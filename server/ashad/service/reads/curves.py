"""SampleCurves: some learning curves, of bounded size whatever the number of trials and reports.

Which trials is decided from the rungs as memory has them: those that run, the best of the highest
rungs, and of each level some of those that came so far and no further.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, isnan
from typing import NamedTuple

import numpy as np
from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.engine.state import State
from ashad.core.history.records import RUNNING
from ashad.service.reads.pages import Memory
from ashad.service.reads.sample import Numbers, least, shares
from ashad.store import Reader
from ashad.store.queries.curves import Point, points

MOST_CURVES, MOST_POINTS = 300, 200
MOST_ASKED, MOST_RUNNING, MOST_BEST = 100, 100, 50
_Choice = pb.CurveChoice


class Ladder(NamedTuple):
    """Who is where: copies of what memory knows."""

    trials: int
    running: Numbers
    best: list[int]
    levels: list[tuple[int, int, Numbers]]  # (level, rung, who entered it), lowest level first


def ladder(state: State) -> Ladder:
    """Return who is where in a study; copies four bytes an entry."""
    levels = [
        (level, rung, numbers)
        for level in reversed(state.brackets.levels())
        for rung, numbers in state.brackets.entered(level)
    ]
    running = [number for number, trial in state.live.items() if trial.state == RUNNING]
    return Ladder(state.trials, np.array(running, np.uint32), _best(state), levels)


def _best(state: State) -> list[int]:
    """Return the best of the highest levels, each trial once."""
    found: dict[int, None] = {}
    for level in state.brackets.levels():
        ranked: list[tuple[float, int]] = []
        for scores, trials in state.brackets.columns(level):
            first = np.arange(len(scores))
            if len(scores) > MOST_BEST:
                first = np.argpartition(scores, MOST_BEST)[:MOST_BEST]
            ranked += zip(scores[first].tolist(), trials[first].tolist(), strict=True)
        found |= dict.fromkeys(trial for score, trial in sorted(ranked) if isfinite(score))
        if len(found) >= MOST_BEST:
            break
    return list(found)[:MOST_BEST]


def choose(found: Ladder, asked: Iterable[int], most: int) -> dict[int, pb.CurveChoice]:
    """Return which trials to show, and why."""
    chosen: dict[int, pb.CurveChoice] = {}

    def take(numbers: Iterable[int], why: pb.CurveChoice) -> None:
        for number in numbers:
            if len(chosen) < most:
                chosen.setdefault(number, why)

    take(asked, _Choice.CURVE_CHOICE_ASKED)
    take(least(found.running, MOST_RUNNING).tolist(), _Choice.CURVE_CHOICE_RUNNING)
    take(found.best, _Choice.CURVE_CHOICE_BEST)
    left = np.ones(found.trials, np.bool_)
    left[list(chosen)] = False
    left[found.running] = False
    groups = []
    for level in sorted({level for level, _, _ in found.levels}, reverse=True):
        there = np.concatenate([numbers for at, _, numbers in found.levels if at == level])
        groups.append(there[left[there]])
        left[there] = False
    groups.append(np.flatnonzero(left).astype(np.uint32))
    sizes = shares([len(group) for group in groups], most - len(chosen))
    for group, size in zip(groups, sizes, strict=True):
        take(least(group, size).tolist(), _Choice.CURVE_CHOICE_SAMPLED)
    return chosen


def curves(
    reader: Reader,
    memory: Memory,
    found: Ladder,
    asked: Iterable[int],
    metric: str | None,
    most: tuple[int, int],
) -> bytes:
    """Return some curves, those asked for among them; at most so many, each of so many points."""
    chosen = choose(found, asked, most[0])
    archive = reader.archive(memory.number)
    entered = dict.fromkeys(chosen, -1)
    wanted = np.array(sorted(chosen), np.uint32)
    for _, rung, numbers in found.levels:
        for number in wanted[np.isin(wanted, numbers)].tolist():
            entered[number] = max(entered[number], rung)
    made = []
    for number in sorted(chosen):
        row = archive.trial(number)
        assert row is not None
        of, thinned = points(reader, memory.number, number, metric, most[1])
        kept = thin(of, most[1])
        made.append(
            pb.Curve(
                trial=number,
                state=f"TRIAL_STATE_{row.state}",
                reason=row.reason or "",
                bracket=row.bracket,
                rung=None if entered[number] < 0 else entered[number],
                choice=chosen[number],
                resources=[point.resource for point in kept],
                values=[point.value for point in kept],
                thinned=thinned or len(kept) < len(of),
            )
        )
    answer = pb.SampleCurvesResponse(
        curves=made, trials=found.trials, commit_seq=reader.last_seq(memory.number)
    )
    return answer.SerializeToString()


def thin(of: list[Point], most: int) -> list[Point]:
    """Return at most so many points: of each stretch the first, last, lowest and highest."""
    if len(of) <= most:
        return of
    stretches = most // 4
    kept: list[Point] = []
    for n in range(stretches):
        begin, end = len(of) * n // stretches, len(of) * (n + 1) // stretches
        valid = [i for i in range(begin, end) if not isnan(of[i].value)]
        picked = {begin, end - 1}
        if valid:
            picked |= {min(valid, key=lambda i: of[i].value), max(valid, key=lambda i: of[i].value)}
        kept += [of[i] for i in sorted(picked)]
    return kept
