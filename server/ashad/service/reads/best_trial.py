"""Which trial is the best, by its best, last or smoothed value, read from one snapshot. Only reads.

Rows of trials are looked through by SQLite; curves are read of few trials, and only while one of
these can still be better: a mean of three is never better than the best value of its trial.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from operator import attrgetter
from typing import NamedTuple

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.errors import invalid
from ashad.core.history.records import LIVE, Report, TrialRow
from ashad.core.objectives import LEXICOGRAPHIC, PARETO
from ashad.core.outcomes import feasible
from ashad.core.spec import StudySpec
from ashad.service.messages import to_proto
from ashad.service.reads import pages
from ashad.service.reads.points import first_in_order, study_front
from ashad.store import Reader

WINDOW = 3  # reports in a row of which the mean is taken
MOST_TRIALS = 1000  # whose curves may be read
MOST_REPORTS = 10_000  # of each of them

Score = Callable[[float], float]


class _Best(NamedTuple):
    """What makes a trial the best; the smallest is the best of all."""

    score: float
    tie: int
    row: TrialRow
    value: float
    report: Report


Search = Callable[[Reader, pages.Memory, list[TrialRow]], _Best | None]


def best_trial(
    reader: Reader, memory: pages.Memory, by: int, spec: StudySpec
) -> pb.GetBestTrialResponse:
    """Return the best trial; the answer has none where no trial has such a value."""
    reported = reader.reported(memory.number, after=memory.seq)
    live = [
        pages.current(reader, memory, row, reported)
        for row in reader.trials(memory.number, states=LIVE)
    ]
    if spec.combination == LEXICOGRAPHIC:
        found = _by_order(reader, memory, spec)
    else:
        found = _SEARCHES[by](reader, memory, live)
    answer = pb.GetBestTrialResponse(commit_seq=reader.last_seq(memory.number))
    if found is not None:
        shown = pages.message(reader, memory, found.row)
        answer.trial.CopyFrom(shown)
        answer.value = found.value
        answer.report.CopyFrom(to_proto.report(found.report, memory.outcomes))
    if spec.combination == PARETO:
        answer.front.extend(study_front(reader, memory, spec))
    return answer


def _by_order(reader: Reader, memory: pages.Memory, spec: StudySpec) -> _Best | None:
    found = first_in_order(reader, memory, spec)
    if found is None or found[1].value is None:
        return None
    return _Best(0, 0, found[0], found[1].value, found[1])


def check_by(by: int) -> int:
    """Return what makes a trial the best, or refuse a number that is none of the contract's."""
    if by in _SEARCHES:
        return by
    raise invalid("by", f"{by} is not a way to be the best; give BEST_BY_BEST, _LAST or _SMOOTHED")


def _by_best(reader: Reader, memory: pages.Memory, live: list[TrialRow]) -> _Best | None:
    row = _first(reader, memory, live, "best_value", "best_seq")
    if row is None or row.best_value is None:
        return None
    at = reader.reports(memory.number, trial=row.number, after=row.best_seq - 1)
    return _Best(0, 0, row, row.best_value, next(at))


def _by_last(reader: Reader, memory: pages.Memory, live: list[TrialRow]) -> _Best | None:
    most = MOST_TRIALS if memory.outcomes else 1  # the best of all may be infeasible
    for row in _ranked(reader, memory, live, "value", "number", most):
        report = reader.archive(memory.number).last_report(row.number)
        assert report is not None
        assert row.value is not None
        if feasible(memory.outcomes, report.metrics):
            return _Best(0, 0, row, row.value, report)
    return None


def _by_smoothed(reader: Reader, memory: pages.Memory, live: list[TrialRow]) -> _Best | None:
    sign = _sign(memory)
    best: _Best | None = None
    for row in _ranked(reader, memory, live, "best_value", "number", MOST_TRIALS, least=WINDOW):
        assert row.best_value is not None
        if best is not None and sign * row.best_value > best.score:
            return best
        archive = reader.archive(memory.number)
        curve = [*archive.latest_reports(row.number, MOST_REPORTS)][::-1]
        for window, report in _windows(curve, memory.outcomes):
            if best is not None and min(sign * value for value in window) > best.score:
                continue
            mean = float(sum(map(Fraction, window)) / WINDOW)  # exact, then rounded once
            found = _Best(sign * mean, row.number, row, mean, report)
            if best is None or found[:2] < best[:2]:
                best = found
    return best


_SEARCHES: dict[int, Search] = {
    pb.BEST_BY_UNSPECIFIED: _by_best,
    pb.BEST_BY_BEST: _by_best,
    pb.BEST_BY_LAST: _by_last,
    pb.BEST_BY_SMOOTHED: _by_smoothed,
}


def _windows(
    reports: Iterable[Report], outcomes: Sequence[str]
) -> Iterator[tuple[Iterable[float], Report]]:
    """Yield the values of each three feasible reports in a row, with the last of these."""
    window: deque[float] = deque(maxlen=WINDOW)
    at = 0
    for report in reports:
        value = report.value if feasible(outcomes, report.metrics) else None
        if report.resource <= at or value is None:  # a new attempt went back; it diverged
            window.clear()
        at = report.resource
        if value is not None:
            window.append(value)
        if len(window) == WINDOW:
            yield window, report


def _first(
    reader: Reader, memory: pages.Memory, live: list[TrialRow], column: str, tie: str
) -> TrialRow | None:
    return next(iter(_ranked(reader, memory, live, column, tie, 1)), None)


def _ranked(
    reader: Reader,
    memory: pages.Memory,
    live: list[TrialRow],
    column: str,
    tie: str,
    most: int,
    least: int = 0,
) -> list[TrialRow]:
    """Return the trials that are best by a column of their rows, `least` trained at least."""
    sign, value, tied = _sign(memory), attrgetter(column), attrgetter(tie)
    resting = reader.resting(
        memory.number, column, tie, maximize=memory.maximize, least=least, most=most
    )
    running = [row for row in live if value(row) is not None and row.resource >= least]
    found = sorted([*resting, *running], key=lambda row: (sign * value(row), tied(row)))
    return found[:most]


def _sign(memory: pages.Memory) -> int:
    return -1 if memory.maximize else 1
