"""What a client says, in bare calls: the verbs of a conversation for doors without a client.

`call` makes one rpc: the service's name, the rpc's name, the request; it returns the answer or
raises `Refused`. The state that a client keeps (the trial it holds, the decision it was told) is
kept here as every client keeps it.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from ashad_client.errors import Error
from ashad_client.session.meter import Meter
from ashad_client.session.replicates import Replicates
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.script import hexed, shown, value

Call = Callable[[str, str, Any], Any]
WORK, TOOL = "SchedulerService", "StudyService"
_keys = itertools.count()


class Refused(Exception):
    """A refusal: code and reason, and the epoch that it names."""

    def __init__(self, code: str, reason: str, epoch: int = 0) -> None:
        super().__init__(f"error {code} {reason or '-'}")
        self.code, self.reason, self.epoch = code, reason, epoch


@dataclass
class Held:
    """A trial that a client holds."""

    assignment: pb.Assignment
    decision: pb.Decision = field(default_factory=lambda: pb.Decision(action=1))
    position: int = 0

    @property
    def over(self) -> bool:
        return self.decision.action in (pb.ACTION_STOP, pb.ACTION_PAUSE)

    @property
    def study(self) -> str:
        return self.assignment.study

    @property
    def start_resource(self) -> int:
        return self.assignment.start_resource

    @property
    def target_resource(self) -> int:
        return self.assignment.target_resource

    @property
    def resume_checkpoint(self) -> str:
        return self.assignment.resume_checkpoint_uri

    @property
    def lease(self) -> dict[str, Any]:
        a = self.assignment
        return {
            "study": a.study, "trial": a.trial, "attempt": a.attempt, "lease_token": a.lease_token,
        }  # fmt: skip


class Speaker:
    """Speaks for all clients of one conversation."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.speaks = ""  # the client whose line it is
        self._workers: dict[str, str] = {}
        self._held: dict[str, Held] = {}
        self._unanswered: dict[str, pb.SuggestRequest] = {}
        self._closed: set[str] = set()
        self._joined: dict[str, Replicates] = {}
        self._meters: dict[str, Meter] = {}

    def ask(self, line: str) -> str:
        """Answer one line."""
        verb, *words = line.split(" ")
        self.speaks = words[0]
        if words[0] in self._closed and verb != "client":
            return "error CANCELLED CLIENT_CLOSED"
        try:
            return getattr(self, f"_{verb}")(*words)
        except Refused as refused:
            return str(refused)
        except Error as error:
            return f"error {error.code} {error.reason}"

    @property
    def worker(self) -> str:
        """The worker id of the client that speaks."""
        return self._workers[self.speaks]

    # --- studies ---------------------------------------------------------------------------------

    def _client(self, client: str, worker: str) -> str:
        self._workers[client] = worker
        return "ok"

    def _create_study(self, client: str, study: str, spec: str) -> str:
        made = pb.StudySpec.FromString(base64.b64decode(spec))
        self.call(TOOL, "CreateStudy", pb.CreateStudyRequest(study=study, spec=made))
        return "ok"

    def _study(self, client: str, study: str) -> str:
        found = self._get(study)
        counts = f"trials {found.counts.created} running {found.counts.running}"
        return f"{pb.StudyState.Name(found.state).removeprefix('STUDY_STATE_')} {counts}"

    def _studies(self, client: str) -> str:
        names = [s.name for s in self._pages("ListStudies", pb.ListStudiesRequest(), "studies")]
        return " ".join(names) or "none"

    def _update_study(self, client: str, study: str, most: str) -> str:
        limits = pb.StudyLimits(max_trials=int(most))
        self.call(TOOL, "UpdateStudy", pb.UpdateStudyRequest(study=study, limits=limits))
        return "ok"

    def _change_space(self, client: str, study: str, change: str) -> str:
        asked = pb.ChangeSpaceRequest.FromString(base64.b64decode(change))
        asked.study, asked.request_id = study, f"c{next(_keys)}"
        changed = {parameter.name: parameter for parameter in asked.space}
        now = self._get(study)
        kept = [changed.pop(parameter.name, parameter) for parameter in now.spec.space]
        whole = [*kept, *(one for one in asked.space if one.name in changed)]
        asked.ClearField("space")
        asked.space.extend(whole)
        asked.if_version = now.space_versions[-1].version
        found = self.call(TOOL, "ChangeSpace", asked).study
        version, names = found.space_versions[-1], [one.name for one in found.spec.space]
        return f"version {version.version} from trial {version.first_trial}: {' '.join(names)}"

    def _pause_study(self, client: str, study: str) -> str:
        self.call(TOOL, "PauseStudy", pb.PauseStudyRequest(study=study))
        return "ok"

    def _resume_study(self, client: str, study: str) -> str:
        self.call(TOOL, "ResumeStudy", pb.ResumeStudyRequest(study=study))
        return "ok"

    def _stop_study(self, client: str, study: str) -> str:
        self.call(TOOL, "StopStudy", pb.StopStudyRequest(study=study))
        return "ok"

    def _delete_study(self, client: str, study: str, force: str = "") -> str:
        self.call(TOOL, "DeleteStudy", pb.DeleteStudyRequest(study=study, force=bool(force)))
        return "ok"

    def _best(self, client: str, study: str) -> str:
        found = self._get(study)
        if not found.HasField("best"):
            return "none"
        best = found.best
        return f"trial {best.trial} at {best.resource} {hexed(best.value)} seed {best.seed}"

    def _front(self, client: str, study: str) -> str:
        found = self.call(TOOL, "GetBestTrial", pb.GetBestTrialRequest(study=study)).front
        return " ".join(_point(one.trial, one.report) for one in found) or "none"

    def _enqueue_trial(self, client: str, study: str, *params: str) -> str:
        given = [word.split("=", 1) for word in params]
        configuration = pb.Configuration(
            params=[pb.Parameter(name=name, value=value(text)) for name, text in given]
        )
        request = pb.EnqueueTrialRequest(
            study=study, configuration=configuration, request_id=f"e{next(_keys)}"
        )
        return f"trial {self.call(TOOL, 'EnqueueTrial', request).trial.trial}"

    def _cancel_trial(self, client: str, study: str, trial: str) -> str:
        request = pb.CancelTrialRequest(study=study, trial=int(trial))
        return _state(self.call(TOOL, "CancelTrial", request).trial)

    def _get_trial(self, client: str, study: str, trial: str) -> str:
        request = pb.GetTrialRequest(study=study, trial=int(trial))
        found = self.call(TOOL, "GetTrial", request).trial
        counts = f"attempt {found.attempt} resource {found.resource}"
        return f"{_state(found)} {found.reason or '-'} {counts}"

    def _list_trials(self, client: str, study: str) -> str:
        pages = self._pages("ListTrials", pb.ListTrialsRequest(study=study), "trials")
        return " ".join(f"{t.trial}:{_state(t)}" for t in pages) or "none"

    def _list_reports(self, client: str, study: str) -> str:
        pages = self._pages("ListReports", pb.ListReportsRequest(study=study), "reports")
        return " ".join(f"{r.trial}/{r.attempt}@{r.resource}" for r in pages) or "none"

    def _explain_trial(self, client: str, study: str, trial: str) -> str:
        request = pb.ExplainTrialRequest(study=study, trial=int(trial))
        return f"{len(self.call(TOOL, 'ExplainTrial', request).explanations)} explanations"

    def _get(self, study: str) -> pb.Study:
        return self.call(TOOL, "GetStudy", pb.GetStudyRequest(study=study)).study

    def _pages(self, rpc: str, request: Any, name: str) -> Iterator[Any]:
        while True:
            page = self.call(TOOL, rpc, request)
            yield from getattr(page, name)
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    # --- trials ----------------------------------------------------------------------------------

    def _suggest(self, client: str, study: str) -> str:
        held = self._held.get(client)
        if held is not None and not held.over:
            raise Refused("FAILED_PRECONDITION", "TRIAL_HELD")
        if client in self._unanswered and self._unanswered[client].study != study:
            self._take_back(client)
        request = self._unanswered.get(client) or pb.SuggestRequest(
            study=study, worker=self.worker, request_id=f"s{next(_keys)}"
        )
        answer = self._answer(client, request)
        if not answer.HasField("assignment"):
            return str(answer.WhichOneof("outcome"))
        a = answer.assignment
        self._held[client] = Held(a, position=a.start_resource)
        resume = f" checkpoint {a.resume_checkpoint_uri}" if a.resume_checkpoint_uri else ""
        span = f"from {a.start_resource} to {a.target_resource}"
        return f"trial {a.trial} attempt {a.attempt} {span}{resume}"

    def _answer(self, client: str, request: pb.SuggestRequest) -> pb.SuggestResponse:
        """Ask for a trial; a request whose answer is not known is kept."""
        self._unanswered[client] = request
        try:
            answer = self.call(WORK, "Suggest", request)
        except Refused as refused:
            if refused.reason != "UNREACHABLE":
                del self._unanswered[client]
            raise
        del self._unanswered[client]
        return answer

    def _take_back(self, client: str) -> None:
        """Give back what a request was answered with that nobody waits for any more."""
        answer = self._answer(client, self._unanswered[client])
        if answer.HasField("assignment"):
            self.call(WORK, "ReleaseTrial", pb.ReleaseTrialRequest(**Held(answer.assignment).lease))

    def _params(self, client: str) -> str:
        return " ".join(map(shown, self._held[client].assignment.params))

    def _steps(self, client: str) -> str:
        held = self._held[client]
        steps = range(held.position + 1, held.assignment.target_resource + 1)
        return " ".join(map(str, [] if held.over else steps)) or "none"

    def _report(self, client: str, resource: str, metric: str, *more: str) -> str:
        held = self._held[client]
        if held.over:
            return decision(held.decision)
        request = pb.ReportRequest(**held.lease, resource=int(resource))
        if metric != "none":
            request.metrics.add(name=held.assignment.metric, value=float(metric))
        for word in more:
            name, _, text = word.partition("=")
            if name == "checkpoint":
                request.checkpoint_uri = text
            else:
                request.metrics.add(name=name, value=float(text))
        self._hear(held, lambda: self.call(WORK, "Report", request).decision)
        held.position = max(held.position, int(resource))
        return decision(held.decision)

    def _replicates(self, client: str, quantile: str = "") -> str:
        share = float(quantile) if quantile else None
        self._joined[client] = Replicates(self._held[client], share)
        return "ok"

    def _replicate(self, client: str, resource: str, *metrics: str) -> str:
        values = {name: float(text) for name, _, text in (word.partition("=") for word in metrics)}
        told = self._joined[client].add(values)
        words = [f"{name}={value!r}" for name, value in told["metrics"].items()]
        answer = self._report(client, resource, "none", *words, f"checkpoint={told['checkpoint']}")
        said = [f"{name}={hexed(value)}" for name, value in sorted(told["metrics"].items())]
        return " ".join([*said, answer])

    def _replicate_seed(self, client: str, number: str) -> str:
        return str(self._joined[client].seed(int(number)))

    def _meter(self, client: str, unit: str, every: str) -> str:
        self._meters[client] = Meter(cast("Any", self._held[client]), float(unit), int(every))
        return "ok"

    def _clock(self, client: str, seconds: str, every: str) -> str:
        held = cast("Any", self._held[client])
        self._meters[client] = Meter(held, float(seconds), int(every), time.monotonic)
        return "ok"

    def _spend(self, client: str, amount: str = "") -> str:
        meter = self._meters[client]
        if amount:
            meter.add(float(amount))
        return f"{meter.resource} due" if meter.due else str(meter.resource)

    def _await_clock(self, client: str, seconds: str) -> str:
        begun = time.monotonic()
        clock = Meter(cast("Any", self._held[client]), float(seconds), 1, time.monotonic)
        while not clock.due:
            pass
        return "ok" if time.monotonic() - begun >= float(seconds) else "early"

    def _hear(self, held: Held, call: Callable[[], pb.Decision]) -> None:
        """Take in a decision; where study or trial is gone, the loop ends with its reason."""
        try:
            held.decision = call()
        except Refused as refused:
            if refused.code != "NOT_FOUND":
                raise
            held.decision = pb.Decision(action=pb.ACTION_STOP, reason=refused.reason)

    def _should_stop(self, client: str, study: str = "", trial: str = "", attempt: str = "") -> str:
        if not study:
            return str(self._held[client].over).lower()
        request = pb.ShouldStopRequest(study=study, trial=int(trial), attempt=int(attempt))
        return str(self.call(WORK, "ShouldStop", request).should_stop).lower()

    def _await_stop(self, client: str) -> str:
        held = self._held[client]
        request = pb.HeartbeatRequest(**held.lease)
        self._hear(held, lambda: self.call(WORK, "Heartbeat", request).decision)
        return decision(held.decision) if held.over else "still running"

    def _complete(self, client: str) -> str:
        return self._settle(client, "CompleteTrial", pb.CompleteTrialRequest, "COMPLETED")

    def _release(self, client: str) -> str:
        return self._settle(client, "ReleaseTrial", pb.ReleaseTrialRequest, "RELEASED")

    def _fail(self, client: str, *message: str) -> str:
        more = {"kind": pb.FAILURE_KIND_ERROR, "message": " ".join(message)}
        return self._settle(client, "FailTrial", pb.FailTrialRequest, "FAILED", **more)

    def _infeasible(self, client: str, *message: str) -> str:
        more = {"kind": pb.FAILURE_KIND_INFEASIBLE, "message": " ".join(message)}
        return self._settle(client, "FailTrial", pb.FailTrialRequest, "INFEASIBLE", **more)

    def _settle(self, client: str, rpc: str, request: Any, reason: str, **more: Any) -> str:
        held = self._held[client]
        if not held.over:
            self.call(WORK, rpc, request(**held.lease, **more))
            held.decision = pb.Decision(action=pb.ACTION_STOP, reason=reason)
        return "ok"

    def _loop(self, client: str, study: str, milliseconds: str = "0") -> str:
        trials = reports = 0
        while (told := self._suggest(client, study)) != "finished":
            assert told != "wait", "one worker alone never waits"
            trials += 1
            held = self._held[client]
            number = held.assignment.trial
            for step in range(held.position + 1, held.assignment.target_resource + 1):
                self._report(client, str(step), repr(curve(number, step)))
                reports += 1
                if held.over:
                    break
            self._complete(client)
        return f"trials {trials} reports {reports}"

    def _close(self, client: str) -> str:
        held = self._held.get(client)
        if held is not None:
            self._release(client)
        if client in self._unanswered:
            self._take_back(client)
        self._closed.add(client)
        return "ok"


def decision(told: pb.Decision) -> str:
    """Return a decision as a line."""
    words = [pb.Action.Name(told.action).removeprefix("ACTION_"), told.reason or "-"]
    if told.HasField("rung"):
        words.append(f"rung {told.rung} level {told.level} rank {told.rank}")
        words.append(f"of {told.size} quota {told.quota}")
    words += [f"next {told.next_resource}"] if told.next_resource else []
    words += ["late"] if told.late else []
    words += [f"current {told.current_attempt}"] if told.current_attempt else []
    return " ".join(words)


def curve(trial: int, resource: int) -> float:
    """Return the value that `loop` reports."""
    return (trial * 7919 % 1009) / 1009 + 1 / resource


def _point(trial: pb.Trial, report: pb.StoredReport) -> str:
    others = sorted(f",{metric.name}={hexed(metric.value)}" for metric in report.metrics)
    checkpoint = f"@{report.checkpoint_uri}" if report.checkpoint_uri else ""
    at = f"{trial.trial}@{report.resource}:{hexed(report.value)}"
    return at + "".join(others) + checkpoint


def _state(trial: pb.Trial) -> str:
    return pb.TrialState.Name(trial.state).removeprefix("TRIAL_STATE_")
