"""StudyService: what people and tools call. Each rpc reads, asks, waits, answers."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from itertools import islice
from typing import Any

import grpc
from ashad_client.v1 import ashad_pb2 as pb

from ashad import __version__
from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.history.records import OF_STUDY
from ashad.core.history.trial import Trial
from ashad.core.validation.study_spec import check_key
from ashad.scheduler import QuotaUse, Scheduler
from ashad.service.admission import AdmissionControl, guarded
from ashad.service.auth import may_make, no_maker, sees, sees_owner
from ashad.service.messages import attempts, from_proto, quotas, to_proto
from ashad.service.reads import pages
from ashad.service.status import Context
from ashad.service.study_reads import StudyReads
from ashad.service.watch import SLOW, Feed

SLICE = 0.005  # seconds that a list of studies is worked at before others have their turn


class StudyService(StudyReads):
    """Studies, trials, reports, and why."""

    def __init__(self, scheduler: Scheduler, admission: AdmissionControl, page: str = "") -> None:
        """`page` is the address of the page that this daemon serves."""
        super().__init__(scheduler, admission)
        self._about = [("ashad-version", __version__), *([("ashad-page", page)] if page else [])]
        self.feed = Feed(scheduler)

    @guarded("suggest")
    async def CreateStudy(
        self, request: pb.CreateStudyRequest, context: Context
    ) -> pb.CreateStudyResponse:
        """Make a study."""
        if request.request_id:
            check_key("request_id", request.request_id)
        self._check_may_make(request.study)
        spec = from_proto.spec(request.spec)
        await self.scheduler.load_sampler(spec)
        study, created = self.scheduler.create(
            request.study, spec, validate_only=request.validate_only
        )
        told = to_proto.warnings(study.state)
        view, seq = await self._view(study)
        return pb.CreateStudyResponse(study=view, created=created, commit_seq=seq, warnings=told)

    @guarded("read")
    async def GetStudy(self, request: pb.GetStudyRequest, context: Context) -> pb.GetStudyResponse:
        """Return one study."""
        study = self.scheduler.study(request.study)
        known = self._quotas(request.study)
        view, seq = await self._view(study)
        return pb.GetStudyResponse(study=view, commit_seq=seq, quotas=known)

    @guarded("list")
    async def ListStudies(
        self, request: pb.ListStudiesRequest, context: Context
    ) -> pb.ListStudiesResponse:
        """Return studies by name, and which daemon this is to those who look on."""
        place = pages.place("studies", "", request.page_token, _size(request))
        labels = from_proto.labels(request.labels)
        known = await self._labelled(labels) if labels else self.scheduler.names()
        now, room, page = self.scheduler.now(), pages.PAGE_BYTES, list[pb.Study]()
        names = [name for name in known if name > place.after and sees(name)]
        began = time.perf_counter()
        for name in names[: place.size]:
            if time.perf_counter() - began > SLICE:
                await asyncio.sleep(0)
                began = time.perf_counter()
            with suppress(RefusalError):  # deleted meanwhile
                page.append(to_proto.study(self.scheduler.study(name), now))
                room -= page[-1].ByteSize()
                if room < 0:
                    break
        more = bool(page) and page[-1].name != names[-1]
        await self.scheduler.durable()
        context.set_trailing_metadata(tuple(self._about))
        return pb.ListStudiesResponse(
            studies=page,
            next_page_token=pages.token(place.kind, "", page[-1].name) if more else "",
        )

    @guarded("list")
    async def ListQuotas(
        self, request: pb.ListQuotasRequest, context: Context
    ) -> pb.ListQuotasResponse:
        """Return quotas in order, and who has them."""
        place = pages.place("quotas", "", request.page_token, _size(request))
        known = (use for use in self.scheduler.quota_uses() if str(use.slot) > place.after)
        found = list(islice(filter(_shown, known), place.size + 1))
        page = found[: place.size]
        more = len(page) < len(found)
        return pb.ListQuotasResponse(
            quotas=map(quotas.use, page),
            next_page_token=pages.token(place.kind, "", str(page[-1].slot)) if more else "",
        )

    @guarded("suggest")
    async def UpdateStudy(
        self, request: pb.UpdateStudyRequest, context: Context
    ) -> pb.UpdateStudyResponse:
        """Raise or lower limits."""
        now = self.scheduler.study(request.study).state.spec.limits
        study = self.scheduler.update(request.study, from_proto.changed_limits(now, request))
        view, seq = await self._view(study)
        return pb.UpdateStudyResponse(study=view, commit_seq=seq)

    @guarded("suggest")
    async def ChangeSpace(
        self, request: pb.ChangeSpaceRequest, context: Context
    ) -> pb.ChangeSpaceResponse:
        """Draw new trials from another space."""
        now = self.scheduler.study(request.study).state.spec
        asked = from_proto.changed_space(now, request.space)
        past = from_proto.configuration(pb.Configuration(params=request.past_values), "past_values")
        change = SpaceChange(asked, past, request.if_version, request.validate_only)
        made = self.scheduler.change_space(request.study, request.request_id, change)
        version = to_proto.space_version(made)
        view, seq = await self._view(self.scheduler.study(request.study))
        return pb.ChangeSpaceResponse(study=view, version=version, commit_seq=seq)

    @guarded("suggest")
    async def AnnotateStudy(
        self, request: pb.AnnotateStudyRequest, context: Context
    ) -> pb.AnnotateStudyResponse:
        """Say something of a study."""
        study = self.scheduler.annotate(request.study, OF_STUDY, from_proto.remark(request))
        view, seq = await self._view(study)
        return pb.AnnotateStudyResponse(study=view, commit_seq=seq)

    @guarded("suggest")
    async def AnnotateTrial(
        self, request: pb.AnnotateTrialRequest, context: Context
    ) -> pb.AnnotateTrialResponse:
        """Say something of a trial."""
        self._check_trial(request.study, request.trial)
        remark = from_proto.remark(request)
        state = self.scheduler.annotate(request.study, request.trial, remark).state
        seq = state.seq
        trial = await self._trial(request.study, state.trial(request.trial))
        return pb.AnnotateTrialResponse(trial=trial, commit_seq=seq)

    @guarded("suggest")
    async def PauseStudy(
        self, request: pb.PauseStudyRequest, context: Context
    ) -> pb.PauseStudyResponse:
        """Pause a study."""
        view, seq = await self._view(self.scheduler.pause(request.study))
        return pb.PauseStudyResponse(study=view, commit_seq=seq)

    @guarded("suggest")
    async def ResumeStudy(
        self, request: pb.ResumeStudyRequest, context: Context
    ) -> pb.ResumeStudyResponse:
        """Resume a study."""
        view, seq = await self._view(self.scheduler.resume(request.study))
        return pb.ResumeStudyResponse(study=view, commit_seq=seq)

    @guarded("suggest")
    async def StopStudy(
        self, request: pb.StopStudyRequest, context: Context
    ) -> pb.StopStudyResponse:
        """Stop a study for good."""
        view, seq = await self._view(self.scheduler.stop(request.study))
        return pb.StopStudyResponse(study=view, commit_seq=seq)

    @guarded("suggest")
    async def DeleteStudy(
        self, request: pb.DeleteStudyRequest, context: Context
    ) -> pb.DeleteStudyResponse:
        """Delete a study."""
        self.scheduler.delete(request.study, force=request.force)
        await self.scheduler.durable()
        return pb.DeleteStudyResponse()

    @guarded("suggest")
    async def EnqueueTrial(
        self, request: pb.EnqueueTrialRequest, context: Context
    ) -> pb.EnqueueTrialResponse:
        """Queue a configuration."""
        params = from_proto.configuration(request.configuration, "configuration")
        trial, seq = self.scheduler.enqueue(request.study, request.request_id, params)
        seed = self.scheduler.study(request.study).state.seed
        answer = to_proto.trial(trial.row(), self.scheduler.now(), seed)
        await self.scheduler.durable()
        return pb.EnqueueTrialResponse(trial=answer, commit_seq=seq)

    @guarded("suggest")
    async def ImportTrials(
        self, request: pb.ImportTrialsRequest, context: Context
    ) -> pb.ImportTrialsResponse:
        """Take in finished trials of another tool."""
        trials = from_proto.past_trials(request.trials)
        await asyncio.sleep(0)  # others come in between: each step takes as long as taking them
        past = self.scheduler.study(request.study).check_past(request.request_id, trials)
        await asyncio.sleep(0)
        made = self.scheduler.take(request.study, request.request_id, past)
        await self.scheduler.durable()
        return pb.ImportTrialsResponse(
            first_trial=made.first, trials=made.many, commit_seq=made.seq
        )

    @guarded("suggest")
    async def CancelTrial(
        self, request: pb.CancelTrialRequest, context: Context
    ) -> pb.CancelTrialResponse:
        """Cancel a trial."""
        trial = self.scheduler.cancel(request.study, request.trial)
        seq = trial.seq
        return pb.CancelTrialResponse(trial=await self._trial(request.study, trial), commit_seq=seq)

    @guarded("read")
    async def WatchStudy(self, request: pb.WatchStudyRequest, context: Context) -> None:
        """Tell changes as they are committed, until the caller goes."""
        answers = self.feed.follow(request.study, request.after_seq)
        async with aclosing(answers):
            with self.admission.parked():
                async for answer in answers:
                    await self._send(context, answer, request.study)

    async def _labelled(self, labels: list[str]) -> list[str]:
        """Return the names of the studies that have all of these labels, in order."""
        await self.scheduler.durable()
        return await self.scheduler.read(lambda reader: reader.labelled_studies(labels))

    async def _send(self, context: Context, answer: bytes, study: str) -> None:
        """Send to a watcher, and send away one that does not take it."""
        try:
            await asyncio.wait_for(context.write(answer), SLOW)
        except TimeoutError:
            self.admission.log("watcher_too_slow", study=study)
            text = "this watcher reads too slowly; watch again after the last commit_seq"
            raise RefusalError(RefusalKind.RESOURCE_EXHAUSTED, "WATCHER_SLOW", text) from None
        except grpc.aio.InternalError:  # nothing can be sent: it has gone, which is no bug of ours
            raise asyncio.CancelledError from None

    def _check_may_make(self, study: str) -> None:
        """Refuse what only the caller's role keeps from being made, before it is looked at."""
        if may_make():
            return
        try:
            self.scheduler.study(study)
        except RefusalError as refusal:
            if refusal.kind is RefusalKind.NOT_FOUND:
                raise no_maker(study) from None
            raise

    async def _trial(self, name: str, trial: Trial) -> pb.Trial:
        """Return a trial as it stands, once that is in the file."""
        (number, study), row = self.scheduler.entry(name), trial.row()
        said = study.state.annotations.of(row.number)
        shown = to_proto.trial(row, self.scheduler.now(), study.state.seed, said)
        await self.scheduler.durable()
        attributes = await self.scheduler.read(
            lambda reader: reader.archive(number).attributes(row.number, row.attempt)
        )
        shown.attributes.extend(attempts.attributes(attributes))
        return shown

    async def _view(self, study: Study) -> tuple[pb.Study, int]:
        """Return a study and the number it stands at, once that is in the file."""
        view, seq = to_proto.study(study, self.scheduler.now()), study.state.seq
        await self.scheduler.durable()
        return view, seq


def _shown(use: QuotaUse) -> bool:
    """Whether the caller may know of a quota at all."""
    scope, name = use.slot
    if scope == "study":
        return sees(name)
    if scope == "owner":
        return sees_owner(name)
    return scope == "all" or any(sees(share.study) for share in use.shares) or sees_owner("")


def _size(request: Any) -> int:
    return from_proto.page_size(request.page_size)
