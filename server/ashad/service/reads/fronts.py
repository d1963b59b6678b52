"""Studies that are judged by fronts: a rung as a decision saw it, and the front of all trials.

Only reads. The fronts are made anew from the recorded metrics, by the code that ranked them.
"""

from __future__ import annotations

from array import array

import numpy as np
from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.brackets.fronts import fronts_of
from ashad.core.brackets.pareto_rung import FrontStanding, ParetoRung
from ashad.core.history.records import Decision, Report
from ashad.core.outcomes import WORST_BAND
from ashad.core.spec import StudySpec
from ashad.service.messages import to_proto
from ashad.service.reads import pages
from ashad.store import Reader
from ashad.store.queries.points import latest_points, rung_points

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


def ranked_by_fronts(
    reader: Reader, study: int, report: Report, spec: StudySpec, message: pb.Explanation
) -> pb.Explanation:
    """Add to a message the front of a report and the entries around it."""
    d = report.decision
    assert d.rung is not None
    found = rung_points(reader, study, spec, d.bracket, d.rung, report.seq)
    rung = ParetoRung(spec.eta, 0, None, len(spec.objectives))
    trials, scores = array("I", (one.trial for one in found)), [one.score for one in found]
    rung.fill(scores, trials, bytearray(len(found)), [one.point for one in found])
    standing = rung.standing(report.trial)
    if standing is not None:
        message.sentence += f" {_told(standing)}"
    fronts, shown = rung.front_numbers(), neighbours(d)
    for rank, (score, trial, _) in enumerate(rung.entries(), 1):
        if rank in shown:
            entry = message.entries.add(rank=rank, trial=trial, within_quota=rank <= d.quota)
            entry.front = fronts.get(trial, 0)
            entry.infeasible = WORST_BAND <= score < float("inf") and not entry.front
            if entry.front:
                entry.value = spec.score(score)
    return message


def study_front(reader: Reader, memory: pages.Memory, spec: StudySpec) -> list[pb.FrontEntry]:
    """Return the trials whose latest reports no other's dominates, by the first objective.

    Of more than a thousand, those with the most room around them.
    """
    found = latest_points(reader, memory.number, spec)
    if not found:
        return []
    points = np.array([point for _, point in found])
    fronts = fronts_of(points.shape[1])
    fronts.fill(points)
    numbers, distances = fronts.spread(0, points)
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
