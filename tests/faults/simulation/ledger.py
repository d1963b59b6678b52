"""The file read by another author: every row decided again, naively, and every sum added up again.

Nothing of `ashad.core` decides here: the naive oracle does, and what the log says must be what it
says. Fencing is read off the log too: who may report is who was assigned last.
"""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from ashad.core.history.records import (
    CANCELLED,
    EXPLOITED,
    QUEUED,
    RUNNING,
    STOPPED,
    Change,
    Event,
    Report,
    TrialRow,
)
from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Hyperband,
    Pbt,
    SuccessiveHalving,
    from_json,
)
from ashad.core.spec import StudySpec
from ashad.store import Reader

from tests.faults.simulation.fault_config import TOLERANCE
from tests.support import oracle
from tests.support.members import Members

if TYPE_CHECKING:
    from .world import World

# Reasons for which a report stops a trial although its rung would let it go on.
ENDED = {
    "STUDY_STOPPED", "TARGET_REACHED", "MAX_TOTAL_RESOURCE", "MAX_DURATION", "MAX_FAILED_TRIALS",
}  # fmt: skip


def check_file(world: World, reader: Reader) -> None:
    """Check every study of a file."""
    for study in reader.studies():
        records: list[Any] = [
            *reader.events(study.id), *reader.changes(study.id), *reader.reports(study.id)
        ]  # fmt: skip
        ledger = Ledger(world, study.name, list(reader.trials(study.id)))
        for record in sorted(records, key=lambda record: record.seq):
            ledger.enter(record)
        ledger.close()


class Ledger:
    """One study, from its log."""

    def __init__(self, world: World, name: str, rows: list[TrialRow]) -> None:
        self.world, self.name, self.rows = world, name, rows
        self.seq = self.time = self.spent = self.errors = 0
        self.mode = "ACTIVE"

    def enter(self, record: Report | Change | Event) -> None:
        """Take the next record: nothing may be missing, and it must be what the oracle says."""
        self._expect(record.seq == self.seq + 1, "a sequence number is missing", record)
        self._expect(record.time >= self.time, "time runs backwards", record)
        self.seq, self.time = record.seq, record.time
        follows = isinstance(record, Change) and record.kind == "EXPLORED"
        exploits = isinstance(self.oracle, Members) and self.oracle.parent if self.seq > 1 else None
        self._expect(follows == bool(exploits), "who goes on for whom", record, exploits)
        if isinstance(record, Event):
            getattr(self, f"_{record.kind.lower()}")(record)
        elif isinstance(record, Report):
            self._report(record)
        else:
            self._change(record)

    # --- the study ---

    def _created(self, event: Event) -> None:
        body = json.loads(event.body)
        self.spec = spec = from_json(body)
        self.spaces = [(0, {entry["name"]: entry for entry in body["space"]})]
        kind, more = oracle_of(spec)
        self.oracle = kind(
            brackets(spec), spec.eta, spec.promotion, spec.max_resource, spec.maximize,
            spec.limits.max_trials, spec.limits.max_concurrent_trials, spec.lease.max_attempts,
            spec.failed_counts_as_worst,
            bounds=(("cost", 1, 4),) if spec.outcome_constraints else (),
            fronts=(("cost", 1),) if spec.objectives else (), **more,
        )  # fmt: skip
        if spec.combination == "lexicographic":
            self.oracle.compare_in_order(self.oracle.fronts, ((TOLERANCE, 0, None), (0, 0, None)))

    def _updated(self, event: Event) -> None:
        limits = type(self.spec.limits)(**json.loads(event.body))
        counts = [len(ladder) for ladder in self.oracle.ladders]
        rungs = asked_rungs(self.spec) if isinstance(self.spec.algorithm, AdaptiveAsha) else counts
        self.original = getattr(self, "original", rungs)
        self.spec = self.spec.with_limits(limits)
        self.oracle.max_trials = limits.max_trials
        self.oracle.concurrent = limits.max_concurrent_trials
        if self.spec.synchronous:
            self.oracle.brackets = brackets(self.spec)
        if isinstance(self.spec.algorithm, AdaptiveAsha):
            shares = oracle.split(limits.max_trials, self.spec.eta, self.original)
            self.oracle.brackets = [
                (levels, share)
                for (levels, _), share in zip(self.oracle.brackets, shares, strict=True)
            ]

    def _space_changed(self, event: Event) -> None:
        body, many = json.loads(event.body), len(self.oracle.trials)
        self._expect(body["first"] == many, "a version begins with another trial", event, many)
        self._expect(body["version"] == len(self.spaces) + 1, "a version is missing", event)
        self.spaces.append((many, {entry["name"]: entry for entry in body["space"]}))

    def _paused(self, event: Event) -> None:
        self.mode = "PAUSED"

    def _resumed(self, event: Event) -> None:
        self.mode = "ACTIVE"

    def _stopped(self, event: Event) -> None:
        self.mode = STOPPED  # what is queued is cancelled after it, bit by bit

    # --- what happened to a trial ---

    def _report(self, report: Report) -> None:
        trial, said = self.oracle.trials[report.trial], report.decision
        self._expect(trial.state == RUNNING, "a report of a trial that does not run", report)
        self._expect(trial.attempt == report.attempt, "a superseded attempt is believed", report)
        self._expect(report.resource > trial.at, "resource does not increase", report)
        self.spent += report.resource - trial.at
        value = float(report.diverged or report.value)  # type: ignore[arg-type]
        if isinstance(self.oracle, Members):
            self.oracle.over = said.reason in ENDED
        action, stood = self.oracle.report(
            trial, report.resource, value, checkpoint=bool(report.checkpoint),
            metrics=json.loads(report.metrics) if report.metrics else None,
        )  # fmt: skip
        told = (said.rung, said.rank, said.size, said.quota, said.cutoff)
        self._expect(said.rung is None if stood is None else told == stood, "rank", report, stood)
        if said.reason in ENDED:
            self._expect(action == "CONTINUE", "it had ended anyway", report)
            self._expect(self._has_ended(said.reason), "the study has not ended", report)
            trial.state, action = STOPPED, "STOP"
        self._expect(said.action == action, "another decision", report, action)
        if isinstance(self.oracle, Members):
            self._exploits(report)
        goes_on = action == "CONTINUE" and (self._has_ended(r) for r in ENDED - {"MAX_DURATION"})
        self._expect(not goes_on or not any(goes_on), "the study had ended", report)

    def _exploits(self, report: Report) -> None:
        """Expect that a member goes on from another where there is one to go on from."""
        may = bool(self.oracle.donors)
        if may and report.diverged and report.decision.reason == "DIVERGED":
            may = not any(self._has_ended(reason) for reason in ENDED)  # the study had ended
            self.oracle.parent = self.oracle.parent if may else None
        exploited = report.decision.reason == EXPLOITED
        self._expect(exploited == may, "it exploits, or it does not", report, self.oracle.donors)

    def _has_ended(self, reason: str) -> bool:
        limits = self.spec.limits
        if reason == "TARGET_REACHED":
            score, target = self.oracle.score, limits.target_value
            best = None if target is None else self.oracle.best()
            return best is not None and score(best[0]) <= score(target)
        if reason == "MAX_TOTAL_RESOURCE":
            most = limits.max_total_resource
            return most is not None and self.spent >= most
        if reason == "MAX_FAILED_TRIALS":
            return limits.max_failed_trials is not None and self.errors >= limits.max_failed_trials
        return self.mode == STOPPED if reason == "STUDY_STOPPED" else bool(limits.max_duration)

    def _change(self, change: Change) -> None:
        if change.kind == "ASSIGNED":
            self._assigned(change)
            return
        if change.kind == "ENQUEUED":
            made = self.oracle.make()
            self._expect(made.number == change.trial, "another number", change)
            return
        if change.kind == "EXPLORED":
            self._explored(change)
            return
        trial = self.oracle.trials[change.trial]
        self._expect(trial.attempt == change.attempt, "a superseded attempt is believed", change)
        lost = trial.state == QUEUED and trial.attempt and not trial.released
        held = trial.state == RUNNING or (lost and change.kind != "LOST")
        self._expect(held or change.kind == "CANCELLED", "it is not held", change, trial)
        if change.kind == "LOST" and self.mode == STOPPED:
            trial.state = QUEUED  # whoever was lost, of a study that has ended
        else:
            self._apply(change, trial)
        if change.reason == "STUDY_STOPPED":
            self._expect(self.mode == STOPPED, "cancelled before the stop", change, trial)
        stops = self.mode == STOPPED and trial.state == QUEUED
        if stops or (change.kind == "CANCELLED" and change.reason == "STUDY_STOPPED"):
            trial.state = CANCELLED
        self._expect(trial.state == change.state, "another state", change, trial)
        self.errors += change.state == "FAILED" and change.reason == "ERROR"

    def _apply(self, change: Change, trial: oracle.Trial) -> None:
        verbs = {
            "LOST": "lose", "RELEASED": "release", "RECLAIMED": "reclaim", "COMPLETED": "complete",
            "INFEASIBLE": "infeasible", "CANCELLED": "cancel", "FAILED": "fail",
        }  # fmt: skip
        verb = "complete" if change.reason == "METRIC_MISSING" else verbs[change.kind]
        getattr(self.oracle, verb)(trial)

    def _assigned(self, change: Change) -> None:
        running = [t.number for t in self.oracle.having(RUNNING) if t.worker == change.worker]
        self._expect(not running, "a worker gets a second trial", change, running)
        own = [t for t in self.oracle.having(QUEUED) if t.worker == change.worker and t.attempt]
        self._expect(self.mode == "ACTIVE" or own, "the study is not active", change)
        for reason in ENDED - {"MAX_DURATION"}:
            self._expect(not self._has_ended(reason), "the study had ended", change, reason)
        found = self.oracle.suggest(change.worker)
        self._expect(isinstance(found, oracle.Trial), "the oracle has none", change, found)
        mine = found.number, found.attempt, found.at
        self._expect(mine == (change.trial, change.attempt, change.start), "job", change, found)

    def _explored(self, change: Change) -> None:
        row, parent = self.rows[change.trial], self.oracle.parent
        donor = next((one for one in self.oracle.donors if one.number == row.donor), None)
        self._expect(donor is not None, "no donor", change, row.donor, self.oracle.donors)
        made, giver = self.oracle.born(donor), self.rows[donor.number]
        mine = made.number, parent.number, made.checkpoint
        self._expect(mine == (change.trial, row.parent, change.start), "child", change, made)
        own, given = json.loads(row.params), json.loads(giver.params)
        space = next(space for first, space in self.spaces[::-1] if first <= row.number)
        may = self.spec.algorithm.explore or tuple(space)
        kept = {name for name in space if name in given and name not in may}
        same = all(repr(own[name]) == repr(given[name]) for name in kept)
        self._expect(same, "exploration changed what it must not", own, given)
        drawn = {name: value for name, value in own.items() if name not in kept}
        about = {name: domain for name, domain in space.items() if name not in kept}
        self._expect(drawn_from(about, drawn), "another space", row)

    # --- the end ---

    def close(self) -> None:
        """Check what the file says of each trial, and that the sums are exact."""
        rows = self.rows
        self._expect(len(rows) == len(self.oracle.trials), "trials are missing", len(rows))
        for row, trial in zip(rows, self.oracle.trials, strict=True):
            mine = trial.number, trial.state, trial.attempt, trial.bracket
            self._expect(mine == (row.number, row.state, row.attempt, row.bracket), "row", row)
            if row.origin == "sampled":
                space = next(space for first, space in self.spaces[::-1] if first <= row.number)
                self._expect(drawn_from(space, json.loads(row.params)), "another space", row)
        self._expect(sum(row.spent for row in rows) == self.spent, "resource", self.spent)
        counted = len(self.oracle.trials) - len(self.oracle.having("INFEASIBLE"))
        self.world.count("trials", counted)

    def _expect(self, holds: object, what: str, *facts: object) -> None:
        self.world.expect(holds, f"ledger of {self.name}: {what}", *facts)


def drawn_from(space: dict[str, Any], params: dict[str, Any]) -> bool:
    """Whether a configuration is one of a space as the file has it."""
    return set(space) == set(params) and all(
        (type(value), value) in [(type(one), one) for one in about["choices"]]
        if "choices" in about
        else about["low"] <= value <= about["high"]
        for name, value in params.items()
        for about in (space[name],)
    )


def oracle_of(spec: StudySpec) -> tuple[Any, dict[str, Any]]:
    """Return which oracle a study has, and what it is told beside what all are."""
    algorithm = spec.algorithm
    if isinstance(algorithm, Pbt):
        share = Fraction(str(algorithm.quantile))
        return Members, {"population": algorithm.population, "share": share}
    if isinstance(algorithm, (Hyperband, SuccessiveHalving)):
        return oracle.Rounds, {"repeat": algorithm.repeat}
    return oracle.Study, {}


def asked_rungs(spec: StudySpec) -> list[int]:
    """Return the rung counts of the brackets of adaptive ASHA."""
    algorithm = spec.algorithm
    assert isinstance(algorithm, AdaptiveAsha)
    found: list[int] = oracle.brackets_of(
        algorithm.mode, spec.max_resource, spec.eta, algorithm.max_rungs, spec.limits.max_trials
    )
    return found


def brackets(spec: StudySpec) -> list[tuple[list[int], int | None]]:
    """Return (levels, planned trials) of each bracket, by the oracle's formulas."""
    algorithm, top, eta = spec.algorithm, spec.max_resource, Fraction(spec.eta)
    most = spec.limits.max_trials
    if isinstance(algorithm, Pbt):
        step = algorithm.interval or max(1, top // 10)
        return [([*range(step, top, step), top], None)]
    if isinstance(algorithm, AdaptiveAsha):
        counts = asked_rungs(spec)
        shares = oracle.split(most, eta, counts)
        return [
            (oracle.rungs_of(top, eta, count), n) for count, n in zip(counts, shares, strict=True)
        ]
    if isinstance(algorithm, Hyperband):
        levels = oracle.levels(algorithm.min_resource, top, eta)
        return oracle.hyperband_of(levels[-algorithm.max_rungs :][0], top, eta)
    if isinstance(algorithm, SuccessiveHalving):
        levels = oracle.levels(algorithm.min_resource, top, eta)[-algorithm.max_rungs :]
        enough = ceil(eta ** (len(levels) - 1))
        return [(levels, (None if algorithm.repeat else most) or enough)]
    if isinstance(algorithm, AsyncHyperband):
        levels = oracle.levels(algorithm.min_resource, top, eta)
        return oracle.async_hyperband_of(levels, algorithm.brackets)
    if isinstance(algorithm, Asha):
        asked = oracle.levels(algorithm.min_resource, top, eta)
        return [(asked[-algorithm.max_rungs :] if algorithm.max_rungs else asked, most)]
    return [([top], most)]
