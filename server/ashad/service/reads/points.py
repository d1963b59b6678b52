"""Studies that are judged by points: a rung as a decision saw it, and which trials are the best.

Only reads. Fronts and orders are made anew from the recorded metrics, by the code that ranked them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.brackets.bracket import kind_of_rung
from ashad.core.brackets.points.fronts import Point, Spread, fronts_of
from ashad.core.brackets.points.pareto_rung import FrontStanding, ParetoRung
from ashad.core.history.records import Decision, Report, TrialRow
from ashad.core.objectives import LEXICOGRAPHIC, Objective
from ashad.core.outcomes import WORST_BAND
from ashad.core.spec import StudySpec
from ashad.service.messages import to_proto
from ashad.service.reads import pages
from ashad.store import Reader
from ashad.store.queries.points import EntryPoint, latest_points, rung_points

NEIGHBOURS = 5  # entries shown at the head of a rung, and on each side of the cut-off
MOST = 1000  # trials of a front that are shown
NAMED = 5  # dominating trials that are named


def neighbours(d: Decision) -> set[int]:
    """Return the ranks of a rung that are shown with a decision."""
    return {d.rank, d.size}.union(
        range(1, NEIGHBOURS + 1),
        range(d.quota - NEIGHBOURS + 1, d.quota + NEIGHBOURS + 1),
        range(d.rank - 1, d.rank + 2),
    )


def ranked_by_points(
    reader: Reader, study: int, report: Report, spec: StudySpec, message: pb.Explanation
) -> pb.Explanation:
    """Add to a message why a report has its rank, and the entries around it."""
    d = report.decision
    assert d.rung is not None
    found = {
        one.trial: one for one in rung_points(reader, study, spec, d.bracket, d.rung, report.seq)
    }
    rung = kind_of_rung(spec.objectives, spec.combination)(spec.eta, 0, None)
    trials, scores = array("I", found), array("d", (one.score for one in found.values()))
    rung.fill(scores, trials, bytearray(len(found)), [one.point for one in found.values()])
    ranked = [trial for _, trial, _ in rung.entries()]
    fronts: dict[int, int] = {}
    if isinstance(rung, ParetoRung):
        fronts, standing = rung.front_numbers(), rung.standing(report.trial)
        if standing is not None:
            message.sentence += f" {_told(standing)}"
    elif found[report.trial].point and d.reason != "MAX_RESOURCE":  # nothing is cut there
        message.sentence += _compared(spec, d, [found[trial] for trial in ranked])
    shown = neighbours(d)
    for rank, trial in enumerate(ranked, 1):
        if rank in shown:
            one = found[trial]
            entry = message.entries.add(rank=rank, trial=trial, within_quota=rank <= d.quota)
            entry.front = fronts.get(trial, 0)
            entry.infeasible = WORST_BAND <= one.score < float("inf") and not one.point
            if one.point:
                entry.value = spec.score(one.score)
    return message


def first_in_order(
    reader: Reader, memory: pages.Memory, spec: StudySpec
) -> tuple[TrialRow, Report] | None:
    """Return the trial whose latest report is the first in the order of the goals, and the report.

    Of equal ones the one with the lower number.
    """
    found = min(
        ((one, trial) for trial, one in latest_points(reader, memory.number, spec)), default=None
    )
    if found is None:
        return None
    archive = reader.archive(memory.number)
    row, last = archive.trial(found[1]), archive.last_report(found[1])
    assert row is not None
    assert last is not None
    return row, last


def leading(reader: Reader, memory: pages.Memory, spec: StudySpec) -> frozenset[int]:
    """Return the trials of the front, or the one that is the first in order."""
    if spec.combination == LEXICOGRAPHIC:
        first = first_in_order(reader, memory, spec)
        return frozenset() if first is None else frozenset({first[0].number})
    found = latest_points(reader, memory.number, spec)
    return frozenset(found[n][0] for n in _front(found)[0].tolist())


def study_front(reader: Reader, memory: pages.Memory, spec: StudySpec) -> list[pb.FrontEntry]:
    """Return the trials whose latest reports no other's dominates, by the first objective.

    Of more than a thousand, those with the most room around them.
    """
    found = latest_points(reader, memory.number, spec)
    if not found:
        return []
    numbers, distances = _front(found)
    chosen = numbers[np.lexsort((numbers, -distances))][:MOST].tolist()
    archive, made = reader.archive(memory.number), []
    for number in sorted(chosen, key=lambda n: found[n][::-1]):
        row = archive.trial(found[number][0])
        last = archive.last_report(found[number][0])
        assert row is not None
        assert last is not None
        trial, told = pages.shown(reader, memory, row), to_proto.report(last, memory.outcomes)
        made.append(pb.FrontEntry(trial=trial, report=told))
    return made


def _front(found: list[tuple[int, Point]]) -> Spread:
    """Return which of some points no other dominates, and the room around each."""
    if not found:
        return np.empty(0, np.int64), np.empty(0)
    points = np.array([point for _, point in found])
    fronts = fronts_of(points.shape[1])
    fronts.fill(points)
    return fronts.spread(0, points)


def _compared(spec: StudySpec, d: Decision, ranked: Sequence[EntryPoint]) -> str:
    """Return what put an entry before or behind the one on the other side of the cut."""
    mine = ranked[d.rank - 1]
    within = d.rank <= d.quota
    if not 0 <= (at := d.quota if within else d.quota - 1) < len(ranked) or at == d.rank - 1:
        return ""
    other = ranked[at]
    side = "before" if within else "behind"
    place = "the first that may not continue" if within else "the last that may continue"
    head = f" It is {side} trial {other.trial}, {place}"
    if not other.point:
        return f"{head}, which is infeasible, diverged or failed."
    equal = []
    for goal, own, its, a, b in zip(
        spec.objectives, mine.values, other.values, mine.point, other.point, strict=True
    ):
        if a == b:
            equal.append(_equal(goal, own, its))
            continue
        decided = f"by {goal.metric}, {own:.6g} to {its:.6g}"
        return f"{head}, {decided}{_aside(equal)}."
    return f"{head}: they are equal in all, and the older one is first{_aside(equal)}."


def _equal(goal: Objective, own: float, other: float) -> str:
    if goal.reaches(own):
        return f"{goal.metric} reaches its target"
    if own == other:
        return f"{goal.metric} {own:.6g} is the same"
    low, high = goal.equals(own)
    return f"{goal.metric} counts as equal from {low:.6g} to {high:.6g}"


def _aside(equal: list[str]) -> str:
    return f" ({'; '.join(equal)})" if equal else ""


def _told(standing: FrontStanding) -> str:
    front, fronts, place, size, dominators = standing
    head = f"It is in front {front} of {fronts}, number {place} of the {size} there by spread"
    if not dominators:
        return f"{head}: nothing dominates it."
    named = ", ".join(map(str, dominators[:NAMED]))
    more = len(dominators) - NAMED
    named += f" and {more} more" if more > 0 else ""
    only = f"trial {named} dominates it."
    return f"{head}: {only if len(dominators) == 1 else f'trials {named} dominate it.'}"
