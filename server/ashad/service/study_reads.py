"""What StudyService reads of one study: each asks one snapshot of the file, and answers.

What memory knows besides is looked at first: all of it is in the file by the time that is read.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.errors import RefusalError, invalid, no_study, not_found
from ashad.core.history.records import RUNNING, STATES
from ashad.scheduler import Scheduler
from ashad.service.admission import AdmissionControl, guarded
from ashad.service.messages import from_proto, quotas, to_proto
from ashad.service.reads import best_steps, curves, importance, pages, query, summary
from ashad.service.reads.best_trial import best_trial, check_by
from ashad.service.reads.explanations import explanations
from ashad.service.reads.obsolete_checkpoints import Now, ObsoleteTrial, obsolete
from ashad.service.reads.points import leading
from ashad.service.status import Context
from ashad.store import Reader
from ashad.store.queries.column_cache import ColumnCache, columns_of

MOST_QUOTAS = 100  # of one study that are shown
PAUSE = 3  # times as long as columns took to be read, before others are

T = TypeVar("T")
Work = Callable[[Reader, pages.Memory], T | None]


class StudyReads:
    """Reads of one study."""

    def __init__(self, scheduler: Scheduler, admission: AdmissionControl) -> None:
        self.scheduler, self.admission = scheduler, admission
        self._best_steps = best_steps.BestSteps()
        self._importance = importance.ImportanceCache()
        self._columns = ColumnCache()
        self._columns_due = 0.0

    @guarded("read")
    async def GetTrial(self, request: pb.GetTrialRequest, context: Context) -> pb.GetTrialResponse:
        """Return one trial."""
        self._check_trial(request.study, request.trial)
        return await self._read(
            request.study,
            lambda reader, memory: pages.trial(reader, memory, request.trial),
            first=request.trial,
            most=1,
        )

    @guarded("list")
    async def GetBestTrial(
        self, request: pb.GetBestTrialRequest, context: Context
    ) -> pb.GetBestTrialResponse:
        """Return the best trial by its best, last or smoothed value."""
        by, spec = check_by(request.by), self.scheduler.study(request.study).state.spec
        return await self._read(
            request.study, lambda reader, memory: best_trial(reader, memory, by, spec), running=True
        )

    @guarded("list")
    async def ListTrials(self, request: pb.ListTrialsRequest, context: Context) -> bytes:
        """Return trials by number."""
        states, labels = _trial_states(request.states), from_proto.labels(request.labels)
        uid = self.scheduler.study(request.study).state.uid
        place = pages.place("trials", uid, request.page_token, _size(request))
        return await self._read(
            request.study,
            lambda reader, memory: pages.trials(reader, memory, place, states, labels),
            first=int(place.after or -1) + 1,
            most=place.size + 1,
        )

    @guarded("list")
    async def ListReports(self, request: pb.ListReportsRequest, context: Context) -> bytes:
        """Return reports in the order they were committed."""
        trial = request.trial if request.HasField("trial") else None
        if trial is not None:
            self._check_trial(request.study, trial)
        uid = self.scheduler.study(request.study).state.uid
        kind = "reports" if trial is None else f"reports/{trial}"
        place = pages.place(kind, uid, request.page_token, _size(request))
        return await self._read(
            request.study, lambda reader, memory: pages.reports(reader, memory, place, trial)
        )

    @guarded("list")
    async def ExplainTrial(self, request: pb.ExplainTrialRequest, context: Context) -> bytes:
        """Return each decision of a trial at a rung, with the rung as it was."""
        state = self.scheduler.study(request.study).state
        known = state.spec, state.spaces
        self._check_trial(request.study, request.trial)
        return await self._read(
            request.study,
            lambda reader, memory: explanations(reader, memory, request.trial, *known),
            first=request.trial,
            most=1,
        )

    @guarded("list")
    async def ListObsoleteCheckpoints(
        self, request: pb.ListObsoleteCheckpointsRequest, context: Context
    ) -> pb.ListObsoleteCheckpointsResponse:
        """Return the checkpoints that no attempt will be resumed from."""
        if request.after_seq < 0:
            raise invalid("after_seq", "give 0, or next_after_seq of the answer before")
        size = from_proto.page_size(request.page_size)
        state = self.scheduler.study(request.study).state
        live = {n: ObsoleteTrial(trial.state, trial.checkpoint) for n, trial in state.live.items()}
        best = frozenset() if state.best is None else frozenset({state.best.trial})
        now, spec = Now(state.seq, live, best, explored=state.explored > 0), state.spec

        def read(reader: Reader, memory: pages.Memory) -> tuple[list[pb.ObsoleteCheckpoint], int]:
            led = leading(reader, memory, spec) if spec.coordinates else frozenset()
            after = request.after_seq
            return obsolete(reader, memory.number, now._replace(kept=best | led), after, size)

        found, through = await self._read(request.study, read)
        return pb.ListObsoleteCheckpointsResponse(
            checkpoints=found, next_after_seq=through, commit_seq=now.seq
        )

    @guarded("list")
    async def SummarizeStudy(
        self, request: pb.SummarizeStudyRequest, context: Context
    ) -> pb.SummarizeStudyResponse:
        """Return a study with a histogram of each rung."""
        study = self.scheduler.study(request.study)
        view, seq = to_proto.study(study, self.scheduler.now()), study.state.seq
        known = self._quotas(request.study)
        histograms = await summary.histograms(study, view)
        await self.scheduler.durable()
        return pb.SummarizeStudyResponse(
            study=view, histograms=histograms, commit_seq=seq, quotas=known
        )

    @guarded("list")
    async def SampleCurves(self, request: pb.SampleCurvesRequest, context: Context) -> bytes:
        """Return some learning curves."""
        most_curves = _within("max_curves", request.max_curves, 1, curves.MOST_CURVES)
        most_points = _within("max_points", request.max_points, 4, curves.MOST_POINTS)
        state = self.scheduler.study(request.study).state
        if len(request.trials) > curves.MOST_ASKED:
            raise invalid("trials", f"at most {curves.MOST_ASKED}")
        for trial in request.trials:
            self._check_trial(request.study, trial)
        metric = request.metric if request.metric not in ("", state.spec.metric) else None
        found = curves.ladder(state)
        return await self._read(
            request.study,
            lambda reader, memory: curves.curves(
                reader, memory, found, list(request.trials), metric, (most_curves, most_points)
            ),
        )

    @guarded("list")
    async def QueryTrials(self, request: pb.QueryTrialsRequest, context: Context) -> bytes:
        """Return trials that pass some filters, by columns."""
        state = self.scheduler.study(request.study).state
        asked = query.asked(request, _trial_states(request.states), state.spec, state.uid)
        answer = await self._read(
            request.study,
            lambda reader, memory: query.query(reader, memory, asked, self._columns),
            running=True,
        )
        self._read_columns(request.study, asked)
        return answer

    @guarded("list")
    async def ListBestSteps(
        self, request: pb.ListBestStepsRequest, context: Context
    ) -> pb.ListBestStepsResponse:
        """Return where the best so far became better."""
        if request.after_seq < 0:
            raise invalid("after_seq", "give 0, or a commit_seq of a step")
        uid = self.scheduler.study(request.study).state.uid
        known, seq = await self._best_steps.of(uid, partial(self._read, request.study))
        return best_steps.message(known, seq, request.after_seq)

    @guarded("list")
    async def GetParameterImportance(
        self, request: pb.GetParameterImportanceRequest, context: Context
    ) -> pb.GetParameterImportanceResponse:
        """Return how much each parameter counts."""
        best = importance.share(request)
        state = self.scheduler.study(request.study).state
        asked = request.SerializeToString(deterministic=True)
        known = self._importance.find(state.uid, asked, state.seq)
        if known is not None:
            await self.scheduler.durable()
            return known
        found, spaces = importance.evidence(state, request.level), state.spaces
        answer = await self._read(
            request.study,
            lambda reader, memory: importance.answer(reader, memory, spaces, found, best),
        )
        self._importance.keep(state.uid, asked, answer)
        return answer

    def _read_columns(self, name: str, asked: query.Asked) -> None:
        """Have those columns of a large study read that a filter needs, or may need next."""
        now = time.monotonic()
        with suppress(RefusalError):  # deleted meanwhile
            number, study = self.scheduler.entry(name)
            needed = columns_of(asked.query) or query.likely(study.state.spec)
            trials = study.state.trials
            if now < self._columns_due or not self._columns.lacks(number, trials, needed):
                return
            self._columns_due = float("inf")
            work = self.scheduler.read(lambda reader: self._columns.read(reader, number, needed))

            def done(task: asyncio.Future[None]) -> None:
                took = time.monotonic() - now
                self._columns_due = now + took + took * PAUSE
                if not task.cancelled():
                    task.exception()  # whoever asks next meets what is wrong with the file

            asyncio.ensure_future(work).add_done_callback(done)

    async def _read(
        self,
        name: str,
        work: Work[T],
        *,
        first: int = 0,
        most: int = 0,
        running: bool = False,
    ) -> T:
        """Return what `work` makes of one snapshot, which has all that is decided by now.

        It is given what memory knows of the first live trials from a number on, at most so many,
        or of all that run.
        """
        number, study = self.scheduler.entry(name)
        state = study.state
        numbers = heapq.nsmallest(most, (n for n in state.live if n >= first)) if most else []
        if running:
            numbers = [n for n, trial in state.live.items() if trial.state == RUNNING]
        memory = pages.Memory(
            number,
            state.uid,
            state.seq,
            state.spec.maximize,
            state.seed,
            self.scheduler.now(),
            {n: state.live[n].row() for n in numbers},
            state.spec.outcome_constraints,
        )
        await self.scheduler.durable()
        try:
            found = await self.scheduler.read(lambda reader: work(reader, memory))
        except (AssertionError, LookupError):
            if self._is(name, number):
                raise
            raise no_study(name) from None
        if found is None or not self._is(name, number):  # it was deleted, and is being removed
            raise no_study(name)
        return found

    def _quotas(self, name: str) -> list[pb.QuotaUse]:
        """Return the quotas of a study, as they stand."""
        return list(map(quotas.use, islice(self.scheduler.quota_uses(name), MOST_QUOTAS)))

    def _is(self, name: str, number: int) -> bool:
        try:
            return self.scheduler.entry(name).number == number
        except RefusalError as refusal:
            return refusal.reason == "STUDY_RELOADING"

    def _check_trial(self, name: str, trial: int) -> None:
        if not 0 <= trial < self.scheduler.study(name).state.trials:
            raise not_found("TRIAL_NOT_FOUND", f"study {name} has no trial {trial}")


def _size(request: Any) -> int:
    return from_proto.page_size(request.page_size)


def _within(field: str, asked: int, least: int, most: int) -> int:
    """Return a number that is asked for, or refuse it; 0 is the most."""
    if asked and not least <= asked <= most:
        raise invalid(field, f"give {least} to {most}, or 0 for {most}")
    return asked or most


def _trial_states(numbers: Sequence[int]) -> list[str]:
    if len(numbers) > len(STATES):
        raise invalid("states", f"name each at most once; there are {len(STATES)}")
    return [_trial_state(number) for number in numbers]


def _trial_state(number: int) -> str:
    if number not in pb.TrialState.values() or number == pb.TRIAL_STATE_UNSPECIFIED:
        raise invalid("states", f"{number} is not a state of a trial")
    name = pb.TrialState.Name(number).removeprefix("TRIAL_STATE_")
    assert name in STATES
    return name
