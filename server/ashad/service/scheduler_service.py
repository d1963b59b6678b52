"""SchedulerService: what a training process calls. Each rpc reads, asks, waits, answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.engine.suggest import Wait
from ashad.core.errors import RefusalError, invalid
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.spec import SECOND, StudySpec
from ashad.core.validation.remarks import with_owner
from ashad.core.validation.study_spec import check_key
from ashad.scheduler import Scheduler, Slot
from ashad.service.admission import AdmissionControl, guarded, guarded_stream
from ashad.service.auth import check_scope, owner
from ashad.service.messages import answers, from_proto, quotas, to_proto
from ashad.service.status import Context, code_of

MAX_REPORTS = 1000  # in one message of a stream
SLICE_S = 0.005  # a message is worked at for so long before others have their turn


class SchedulerService:
    """Suggest, Report and their kin."""

    def __init__(self, scheduler: Scheduler, admission: AdmissionControl) -> None:
        self.scheduler, self.admission = scheduler, admission

    @guarded("suggest")
    async def Suggest(self, request: pb.SuggestRequest, context: Context) -> pb.SuggestResponse:
        """Lease a trial, or say that there is none now or ever."""
        check_key("worker", request.worker)
        check_key("request_id", request.request_id)
        wait = min(from_proto.micros(request.max_wait, "max_wait") / SECOND, from_proto.MAX_WAIT)
        study = self.scheduler.study(request.study).state
        attributes = with_owner(from_proto.attributes(request.attributes), owner())
        asking = request.worker, request.request_id, attributes
        outcome, seq = self.scheduler.suggest(request.study, *asking)
        if isinstance(outcome, Wait) and wait > 0:
            with self.admission.parked():
                outcome, seq = await self.scheduler.wait_for_trial(request.study, asking, wait)
        answer = to_proto.outcome(outcome, seq, study)
        if isinstance(outcome, Wait) and outcome.quota is not None:
            full = self.scheduler.quota_use(Slot(*outcome.quota))
            if full is not None:  # else there is another file of quotas meanwhile
                answer.wait.quota.CopyFrom(quotas.use(full))
        await self.scheduler.durable()
        return answer

    @guarded("report")
    async def Report(self, request: pb.ReportRequest, context: Context) -> bytes:
        """Take one report and decide; return the bytes of the answer."""
        spec = self.scheduler.study(request.study).state.spec
        decided = self.scheduler.report(request.study, *_asked(request, spec))
        answer = answers.whole(*decided)
        await self.scheduler.durable()
        return answer

    @guarded_stream("report")
    async def ReportStream(self, request: pb.ReportStreamRequest, context: Context) -> bytes:
        """Take the reports of one message, in order; one commit makes them all durable.

        Returns the bytes of the answer.
        """
        if len(request.reports) > MAX_REPORTS:
            raise invalid("reports", f"at most {MAX_REPORTS} in a message")
        rest, results, more = iter(request.reports), list[bytes](), True
        while more:
            more = self._take(rest, results)
            if more:
                await asyncio.sleep(0)  # others have their turn
        await self.scheduler.durable()
        return b"".join(results)

    @guarded("report")
    async def ShouldStop(
        self,
        request: pb.ShouldStopRequest,
        context: Context,
    ) -> pb.ShouldStopResponse:
        """Return the stored decision."""
        decision, seq = self.scheduler.should_stop(request.study, _key(request))
        await self.scheduler.durable()
        return pb.ShouldStopResponse(
            should_stop=decision.action != "CONTINUE",
            decision=to_proto.decision(decision),
            commit_seq=seq,
        )

    @guarded("report")
    async def Heartbeat(
        self, request: pb.HeartbeatRequest, context: Context
    ) -> pb.HeartbeatResponse:
        """Renew the lease and return the stored decision."""
        decision, seq = self.scheduler.heartbeat(request.study, _key(request))
        await self.scheduler.durable()
        return pb.HeartbeatResponse(decision=to_proto.decision(decision), commit_seq=seq)

    @guarded("report")
    async def CompleteTrial(
        self,
        request: pb.CompleteTrialRequest,
        context: Context,
    ) -> pb.CompleteTrialResponse:
        """End a trial whose training ended by itself."""
        ending = self.scheduler.complete(request.study, _key(request))
        await self.scheduler.durable()
        return pb.CompleteTrialResponse(
            state=f"TRIAL_STATE_{ending.state}", reason=ending.reason, commit_seq=ending.seq
        )

    @guarded("report")
    async def FailTrial(
        self, request: pb.FailTrialRequest, context: Context
    ) -> pb.FailTrialResponse:
        """End a trial as failed or infeasible."""
        if request.kind not in pb.FailureKind.values():
            raise invalid("kind", f"{request.kind} is not a kind of failure")
        ending = self.scheduler.fail(
            request.study,
            _key(request),
            infeasible=request.kind == pb.FAILURE_KIND_INFEASIBLE,
            message=request.message,
        )
        await self.scheduler.durable()
        return pb.FailTrialResponse(
            state=f"TRIAL_STATE_{ending.state}", reason=ending.reason, commit_seq=ending.seq
        )

    @guarded("report")
    async def ReleaseTrial(
        self,
        request: pb.ReleaseTrialRequest,
        context: Context,
    ) -> pb.ReleaseTrialResponse:
        """Give a trial back."""
        ending = self.scheduler.release(request.study, _key(request))
        await self.scheduler.durable()
        return pb.ReleaseTrialResponse(state=f"TRIAL_STATE_{ending.state}", commit_seq=ending.seq)

    def _take(self, requests: Iterator[pb.ReportRequest], results: list[bytes]) -> bool:
        """Decide on reports until `SLICE_S` is over; return whether there may be more of them.

        They are durable later; their results are added as bytes.
        """
        until = time.perf_counter() + SLICE_S
        reports = self.scheduler.reports()
        take, name = reports.report, None
        try:
            for request in requests:
                try:
                    study = request.study
                    if study != name:
                        check_scope("ReportStream", study)
                        spec = self.scheduler.study(study).state.spec
                        name = study
                    decided = take(study, *_asked(request, spec))
                except RefusalError as refusal:
                    number = code_of(refusal)
                    result = answers.refusal(number, refusal.reason, refusal.message)
                else:
                    result = answers.result(*decided)
                results.append(result)
                if time.perf_counter() > until:
                    return True
        finally:
            reports.close()
        return False


def _asked(request: pb.ReportRequest, spec: StudySpec) -> tuple[AttemptKey, ReportContent]:
    """Return what is reported in a study."""
    computed = bool(spec.objectives) and not spec.coordinates
    value, others = from_proto.metrics(request.metrics, spec.metric, computed=computed)
    uri = request.checkpoint_uri
    return (
        AttemptKey(request.trial, request.attempt, request.lease_token),
        ReportContent(request.resource, value, others, from_proto.uri(uri) if uri else None),
    )


def _key(
    request: pb.ShouldStopRequest
    | pb.HeartbeatRequest
    | pb.CompleteTrialRequest
    | pb.FailTrialRequest
    | pb.ReleaseTrialRequest,
) -> AttemptKey:
    token = "" if isinstance(request, pb.ShouldStopRequest) else request.lease_token
    return AttemptKey(request.trial, request.attempt, token)
