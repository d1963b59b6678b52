"""StudyService: what people and tools call. Each rpc reads, asks, waits, answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from hashlib import blake2b
from typing import TypeVar

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.message import Message

from ashad import __version__
from ashad.core.engine.study import Study
from ashad.core.errors import Kind, Refusal, invalid
from ashad.core.history.records import STATES, TrialRow
from ashad.core.validation.study_spec import check_key
from ashad.scheduler import Scheduler
from ashad.service import from_proto, to_proto
from ashad.service.auth import sees
from ashad.service.explanations import explanations
from ashad.service.obsolete_checkpoints import Now, Trial, obsolete
from ashad.service.status import Context, Guard, guarded
from ashad.service.watch import SLOW, Feed

T = TypeVar("T", bound=Message)

PAGE_BYTES = 1024 * 1024  # a page is cut short rather than longer than this


class StudyService:
    """Studies, trials, reports, and why."""

    def __init__(self, scheduler: Scheduler, guard: Guard) -> None:
        self.scheduler, self.guard = scheduler, guard
        self.feed = Feed(scheduler)

    @guarded("suggest")
    async def CreateStudy(
        self, request: pb.CreateStudyRequest, context: Context
    ) -> pb.CreateStudyResponse:
        """Make a study."""
        if request.request_id:
            check_key("request_id", request.request_id)
        study, created = self.scheduler.create(
            request.study, from_proto.spec(request.spec), validate_only=request.validate_only
        )
        view, seq = await self._view(study)
        return pb.CreateStudyResponse(study=view, created=created, commit_seq=seq)

    @guarded("read")
    async def GetStudy(self, request: pb.GetStudyRequest, context: Context) -> pb.GetStudyResponse:
        """Return one study."""
        view, seq = await self._view(self.scheduler.study(request.study))
        return pb.GetStudyResponse(study=view, commit_seq=seq)

    @guarded("read")
    async def ListStudies(
        self, request: pb.ListStudiesRequest, context: Context
    ) -> pb.ListStudiesResponse:
        """Return studies by name, and which daemon this is to those who look on."""
        size = from_proto.page_size(request.page_size)
        after = _after("studies", "", request.page_token)
        now = self.scheduler.clock.wall()
        names = [name for name in self.scheduler.names() if name > after and sees(name)]
        page = _page(to_proto.study(self.scheduler.study(name), now) for name in names[:size])
        more = _token("studies", "", page[-1].name) if len(names) > len(page) else ""
        await self.scheduler.durable()
        context.set_trailing_metadata((("ashad-version", __version__),))
        return pb.ListStudiesResponse(studies=page, next_page_token=more)

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
        answer = to_proto.trial(trial.row(), self.scheduler.clock.wall())
        await self.scheduler.durable()
        return pb.EnqueueTrialResponse(trial=answer, commit_seq=seq)

    @guarded("suggest")
    async def CancelTrial(
        self, request: pb.CancelTrialRequest, context: Context
    ) -> pb.CancelTrialResponse:
        """Cancel a trial."""
        trial = self.scheduler.cancel(request.study, request.trial)
        answer = pb.CancelTrialResponse(
            trial=to_proto.trial(trial.row(), self.scheduler.clock.wall()), commit_seq=trial.seq
        )
        await self.scheduler.durable()
        return answer

    @guarded("read")
    async def GetTrial(self, request: pb.GetTrialRequest, context: Context) -> pb.GetTrialResponse:
        """Return one trial."""
        state = self.scheduler.study(request.study).state
        trial = to_proto.trial(state.trial(request.trial).row(), self.scheduler.clock.wall())
        answer = pb.GetTrialResponse(trial=trial, commit_seq=state.seq)
        await self.scheduler.durable()
        return answer

    @guarded("read")
    async def ListTrials(
        self, request: pb.ListTrialsRequest, context: Context
    ) -> pb.ListTrialsResponse:
        """Return trials by number."""
        states = _trial_states(request.states)
        study, number = await self._settled(request.study)
        uid = study.state.uid
        size = from_proto.page_size(request.page_size)
        after = int(_after("trials", uid, request.page_token) or -1)
        rows = self.scheduler.reader.trials(number, states=states, after=after, most=size + 1)
        now = self.scheduler.clock.wall()
        page = _page(to_proto.trial(self._latest(study, row), now) for row in rows[:size])
        more = _token("trials", uid, str(page[-1].trial)) if len(rows) > len(page) else ""
        answer = pb.ListTrialsResponse(
            trials=page, next_page_token=more, commit_seq=study.state.seq
        )
        await self.scheduler.durable()  # what is live may be ahead of the file
        return answer

    @guarded("read")
    async def ListReports(
        self, request: pb.ListReportsRequest, context: Context
    ) -> pb.ListReportsResponse:
        """Return reports in the order they were committed."""
        study, number = await self._settled(request.study)
        trial = request.trial if request.HasField("trial") else None
        if trial is not None:
            study.state.trial(trial)
        kind = "reports" if trial is None else f"reports/{trial}"
        uid = study.state.uid
        size = from_proto.page_size(request.page_size)
        after = int(_after(kind, uid, request.page_token) or 0)
        found = self.scheduler.reader.reports(number, trial=trial, after=after, most=size + 1)
        page = _page(to_proto.report(report) for report in found[:size])
        more = _token(kind, uid, str(page[-1].commit_seq)) if len(found) > len(page) else ""
        answer = pb.ListReportsResponse(
            reports=page, next_page_token=more, commit_seq=study.state.seq
        )
        await self.scheduler.durable()
        return answer

    @guarded("read")
    async def ExplainTrial(
        self, request: pb.ExplainTrialRequest, context: Context
    ) -> pb.ExplainTrialResponse:
        """Return each decision of a trial at a rung, with the rung as it was."""
        study, number = await self._settled(request.study)
        row = study.state.trial(request.trial).row()
        answer = pb.ExplainTrialResponse(
            trial=to_proto.trial(row, self.scheduler.clock.wall()), commit_seq=study.state.seq
        )
        # Off the loop, since a rung may hold millions; a connection belongs to one thread.
        path, spec = self.scheduler.reader.path, study.state.spec
        explained = await asyncio.to_thread(explanations, path, number, request.trial, spec)
        answer.explanations.extend(explained)
        await self.scheduler.durable()
        return answer

    @guarded("read")
    async def ListObsoleteCheckpoints(
        self, request: pb.ListObsoleteCheckpointsRequest, context: Context
    ) -> pb.ListObsoleteCheckpointsResponse:
        """Return the checkpoints that no attempt will be resumed from."""
        if request.after_seq < 0:
            raise invalid("after_seq", "give 0, or next_after_seq of the answer before")
        size = from_proto.page_size(request.page_size)
        seq = self.scheduler.study(request.study).state.seq
        study, number = await self._settled(request.study)  # so all up to `seq` is in the file
        state = study.state
        live = {n: Trial(trial.state, trial.checkpoint) for n, trial in state.live.items()}
        now = Now(seq, live, None if state.best is None else state.best.trial)
        found, through = await asyncio.to_thread(
            obsolete, self.scheduler.reader.path, number, now, request.after_seq, size
        )
        return pb.ListObsoleteCheckpointsResponse(
            checkpoints=found, next_after_seq=through, commit_seq=seq
        )

    @guarded("read")
    async def WatchStudy(self, request: pb.WatchStudyRequest, context: Context) -> None:
        """Tell changes as they are committed, until the caller goes."""
        answers = self.feed.follow(request.study, request.after_seq)
        async with aclosing(answers):
            with self.guard.aside():
                async for answer in answers:
                    await self._send(context, answer, request.study)

    async def _send(self, context: Context, answer: bytes, study: str) -> None:
        """Send to a watcher, and send away one that does not take it."""
        self.guard.told(context, len(answer))
        try:
            await asyncio.wait_for(context.write(answer), SLOW)
        except TimeoutError:
            self.scheduler.log("watcher sent away", study=study)
            text = "what was sent was not taken; watch again after the last commit_seq"
            raise Refusal(Kind.RESOURCE_EXHAUSTED, "WATCHER_SLOW", text) from None
        except grpc.aio.InternalError:  # nothing can be sent: it has gone, which is no bug of ours
            raise asyncio.CancelledError from None

    async def _view(self, study: Study) -> tuple[pb.Study, int]:
        """Return a study and the number it stands at, once that is in the file."""
        view, seq = to_proto.study(study, self.scheduler.clock.wall()), study.state.seq
        await self.scheduler.durable()
        return view, seq

    async def _settled(self, name: str) -> tuple[Study, int]:
        """Return a study once all that was decided of it is in the file."""
        study, number = self.scheduler.study(name), self.scheduler.study_id(name)
        await self.scheduler.durable()
        return study, number

    @staticmethod
    def _latest(study: Study, row: TrialRow) -> TrialRow:
        live = study.state.live.get(row.number)
        return row if live is None else live.row()


def _page(messages: Iterable[T]) -> list[T]:
    """Return as many of the messages as one answer holds, and at least one of them."""
    page: list[T] = []
    room = PAGE_BYTES
    for message in messages:
        room -= message.ByteSize()
        if page and room < 0:
            break
        page.append(message)
    return page


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


def _token(kind: str, uid: str, after: str) -> str:
    """Return a page token that is good for this list of this study only."""
    return f"{_digest(kind, uid, after)}.{after}"


def _after(kind: str, uid: str, token: str) -> str:
    digest, _, after = token.partition(".")
    if token and digest != _digest(kind, uid, after):
        raise invalid(
            "page_token", "it is not one of this list; begin without", "INVALID_PAGE_TOKEN"
        )
    return after


def _digest(kind: str, uid: str, after: str) -> str:
    return blake2b(f"{kind}\n{uid}\n{after}".encode(), digest_size=8).hexdigest()
