"""Which events a watcher is told of, and when one has happened.

A function of what `WatchStudy` says and of what was told before: no clock but the daemon's. Never
delivers and never writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import best_view, plain, sentences, text
from ashad.cli.views.watch_state import best_text, over

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("best", "failed", "finished", "stalled")


@dataclass
class Told:
    """What was told of a study: all up to commit `after`."""

    created: str = ""  # when the study was made: another of its name is another study
    after: int = 0
    best: list[float] = field(default_factory=list)  # trial, resource, value
    finished: bool = False
    stalled: bool = False
    changed: int = 0  # when a report or an assignment was last seen, seconds since 1970
    front: list[int] = field(default_factory=list)  # its trials, of a study that has one
    ids: list[str] = field(default_factory=list)  # of events that could happen again under one id

    def take(self, event: StudyEvent) -> None:
        """Count one as told that is not looked for, since it was on its way at a kill."""
        self.ids.append(event.key)
        self.finished |= event.kind == "finished"


@dataclass(frozen=True)
class StudyEvent:
    """One thing that happened. `key` is the same whenever it is told again."""

    kind: str
    key: str
    study: str
    time: str  # ISO 8601
    message: str
    trial: int | None = None
    value: float | None = None

    def data(self) -> dict[str, Any]:
        """Return it as what a command reads and a web hook is sent.

        `text` is the message, under the name that chat services read.
        """
        return {
            "event": self.kind,
            "id": self.key,
            "study": self.study,
            "time": self.time,
            "trial": self.trial,
            "value": self.value,
            "text": f"{self.study}: {self.message}",
        }


class Events:
    """The events of one study, in order; `told` moves on as each is taken."""

    def __init__(
        self, study: str, kinds: frozenset[str], stalled_after_s: float, told: Told
    ) -> None:
        self.told, self._study = told, study
        self._kinds, self._stalled_after_s = kinds, stalled_after_s

    def of(
        self, answer: pb.WatchStudyResponse, leading: pb.GetBestTrialResponse | None = None
    ) -> Iterator[StudyEvent]:
        """Yield what happened; `told` has an event as soon as the next one is asked for.

        `leading`: of a study that is judged by several metrics without one number, which trials
        lead, if it was asked; without, that is told later.
        """
        for event in self._of(answer, leading):
            if event.key not in self.told.ids:
                yield event

    def _of(
        self, answer: pb.WatchStudyResponse, leading: pb.GetBestTrialResponse | None
    ) -> Iterator[StudyEvent]:
        told = self.told
        for change in answer.changes:
            if change.HasField("report") or change.kind == "ASSIGNED":
                told.changed, told.stalled = change.time.seconds, False
            if change.kind == "FAILED" and "failed" in self._kinds:
                yield _failed(self._study, change)
            told.after = change.commit_seq
        told.after = answer.commit_seq
        if answer.HasField("study"):
            yield from self._best(answer, answer.study, leading)
            yield from self._standing(answer, answer.study)

    def _best(
        self,
        answer: pb.WatchStudyResponse,
        study: pb.Study,
        leading: pb.GetBestTrialResponse | None,
    ) -> Iterator[StudyEvent]:
        told, now = self.told, text.instant_text(answer.time)
        if study.spec.combination in best_view.ORDERED:
            if leading is None:
                return
            for one in leaders(leading):
                trial = one.trial.trial
                if trial not in told.front and "best" in self._kinds:
                    key = f"front-{trial}-{one.report.resource}"
                    said = _leads(study, one, alone=not leading.front)
                    yield StudyEvent("best", key, self._study, now, said, trial, one.report.value)
                    told.front.append(trial)
                    told.ids.append(key)  # it may leave, and come back as it was
            told.front = [one.trial.trial for one in leaders(leading)]
            return
        best = study.best
        found = [best.trial, best.resource, best.value] if best.params else []
        if found and found != told.best:
            if "best" in self._kinds:
                key = f"best-{best.trial}-{best.resource}"
                said = f"best so far: {best_text(study)}"
                yield StudyEvent("best", key, self._study, now, said, best.trial, best.value)
            told.best = found

    def _standing(self, answer: pb.WatchStudyResponse, study: pb.Study) -> Iterator[StudyEvent]:
        told, now = self.told, text.instant_text(answer.time)
        ended = over(study)
        if ended and not told.finished and "finished" in self._kinds:
            key = f"finished-{answer.commit_seq}"
            yield StudyEvent("finished", key, self._study, now, _ended(study))
        told.finished = ended
        yield from self._stalled(answer, study)

    def _stalled(self, answer: pb.WatchStudyResponse, study: pb.Study) -> Iterator[StudyEvent]:
        told = self.told
        told.changed = told.changed or answer.time.seconds
        waited = answer.time.seconds - told.changed
        if study.state != pb.STUDY_STATE_ACTIVE or waited < self._stalled_after_s:
            return
        if not told.stalled and "stalled" in self._kinds:
            running = text.count(study.counts.running, "trial")
            said = f"nothing was reported for {waited} s; {running} running"
            now = text.instant_text(answer.time)
            yield StudyEvent("stalled", f"stalled-{told.changed}", self._study, now, said)
        told.stalled = True


def leaders(found: pb.GetBestTrialResponse) -> list[pb.FrontEntry]:
    """Return the trials of the front, or the one that is the first in order."""
    alone = [pb.FrontEntry(trial=found.trial, report=found.report)]
    return [*found.front] or alone * found.HasField("trial")


def _leads(study: pb.Study, one: pb.FrontEntry, *, alone: bool) -> str:
    metrics = best_view.front_metrics(study.spec, one).items()
    told = ", ".join(f"{name} {text.number(value)}" for name, value in metrics)
    place = "first in order" if alone else "in the front"
    unit = study.spec.resource or "epoch"
    return f"{place}: trial {one.trial.trial} with {told} at {unit} {one.report.resource}"


def _failed(study: str, change: pb.StudyChange) -> StudyEvent:
    trial = change.trial
    why = clean(trial.message or trial.reason)  # it may be shown on a terminal
    return StudyEvent(
        "failed",
        f"failed-{change.commit_seq}-{trial.trial}",
        study,
        text.instant_text(change.time),
        f"trial {trial.trial} failed: {why}",
        trial.trial,
    )


def _ended(study: pb.Study) -> str:
    best = f"; best {best_text(study)}" if study.best.params else "; no trial has a result"
    return f"{plain.word(study, 'state')}: {sentences.reason(study.reason)}{best}"
