# Generated from study_api.py of the asyncio client by tools/unasync.py: edit that.
"""The calls about studies, as methods of the client: the words of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ashad_client import records, study_requests
from ashad_client.errors import Error
from ashad_client.records import (
    AttemptStatus,
    StoredReport,
    StudyStatus,
    TrialExplanation,
    TrialStatus,
)
from ashad_client.study_requests import Best, Spec
from ashad_client.transport import rpc
from ashad_client.transport.rpc import Answer, Request, Rpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import TrialState


class StudyApi:
    """What people and tools ask. Every method raises `Error` for a refusal.

    What they return is plain Python (`ashad_client.records`), with the contract's names.
    """

    def call(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        """Make one call of the contract."""
        raise NotImplementedError

    def create_study(self, name: str, spec: Spec, *, validate_only: bool = False) -> StudyStatus:
        """Make a study, from a `StudySpec` or a dict (see `study_spec`).

        The same name with an equal spec returns what is there; with another spec it is refused, and
        the error names what differs. `validate_only` checks and makes nothing. What is allowed and
        can hardly be meant, such as limits under which no trial can be trained in full, is logged.
        """
        request = study_requests.create(name, spec, validate_only=validate_only)
        answer = self.call(rpc.CREATE_STUDY, request)
        return study_requests.created(answer)

    def get_study(self, name: str) -> StudyStatus:
        """Return a study as it stands."""
        answer = self.call(rpc.GET_STUDY, pb.GetStudyRequest(study=name))
        return records.study(answer.study)

    def list_studies(self, labels: Iterable[str] = ()) -> Iterator[StudyStatus]:
        """Yield the studies that have all of these labels, by name."""
        wanted, token = list(labels), ""
        while True:
            page = self.call(rpc.LIST_STUDIES, study_requests.studies_page(wanted, token))
            for item in page.studies:
                yield records.study(item)
            token = page.next_page_token
            if not token:
                return

    def update_study(self, name: str, **limits: Any) -> StudyStatus:
        """Change limits: `max_trials=200`; None removes one; `max_duration` in seconds."""
        answer = self.call(rpc.UPDATE_STUDY, study_requests.update(name, limits))
        return records.study(answer.study)

    def change_space(
        self,
        name: str,
        space: Mapping[str, Any],
        past: Mapping[str, Any] | None = None,
        *,
        validate_only: bool = False,
    ) -> StudyStatus:
        """Draw new trials from another space; the parameters that are not named stay as they are.

        `past` has the value of each added parameter that the trials until now had without it.
        Refused where someone else has changed the space meanwhile.
        """
        now = self.call(rpc.GET_STUDY, pb.GetStudyRequest(study=name))
        request = study_requests.change_space(now.study, space, past or {})
        request.validate_only = validate_only
        answer = self.call(rpc.CHANGE_SPACE, request)
        return records.study(answer.study)

    def annotate_study(
        self,
        name: str,
        *,
        note: str | None = None,
        add_labels: Iterable[str] = (),
        remove_labels: Iterable[str] = (),
    ) -> StudyStatus:
        """Set the note of a study (Markdown by custom; "" for none), add and remove labels."""
        request = pb.AnnotateStudyRequest(
            study=name, note=note, add_labels=add_labels, remove_labels=remove_labels
        )
        answer = self.call(rpc.ANNOTATE_STUDY, request)
        return records.study(answer.study)

    def annotate_trial(
        self,
        name: str,
        trial: int,
        *,
        note: str | None = None,
        add_labels: Iterable[str] = (),
        remove_labels: Iterable[str] = (),
    ) -> TrialStatus:
        """Set the note of a trial, add and remove labels, in whatever state it is."""
        request = pb.AnnotateTrialRequest(
            study=name, trial=trial, note=note, add_labels=add_labels, remove_labels=remove_labels
        )
        answer = self.call(rpc.ANNOTATE_TRIAL, request)
        return records.trial(answer.trial)

    def pause_study(self, name: str) -> StudyStatus:
        """Hand out no more trials until resumed; running trials go on."""
        answer = self.call(rpc.PAUSE_STUDY, pb.PauseStudyRequest(study=name))
        return records.study(answer.study)

    def resume_study(self, name: str) -> StudyStatus:
        """End a pause."""
        answer = self.call(rpc.RESUME_STUDY, pb.ResumeStudyRequest(study=name))
        return records.study(answer.study)

    def stop_study(self, name: str) -> StudyStatus:
        """End a study for good: running trials are told to stop."""
        answer = self.call(rpc.STOP_STUDY, pb.StopStudyRequest(study=name))
        return records.study(answer.study)

    def delete_study(self, name: str, *, force: bool = False) -> None:
        """Delete a study with all its trials; `force` even while trials are running."""
        self.call(rpc.DELETE_STUDY, pb.DeleteStudyRequest(study=name, force=force))

    def best(self, name: str, by: str = "best") -> Best | None:
        """Return the best trial of a study so far; None where no trial has such a value yet.

        `by="best"`: the best value of any report, which may be one lucky epoch (ties: the older).
        `by="last"`: the value of the trial's latest report, if it is valid.
        `by="smoothed"`: the best mean of three reports in a row, all valid, each at a higher
        resource than the one before; of the 1000 trials with the best values among those trained to
        3 or further, and of each its latest 10,000 reports. Ties: the lower number.
        Infeasible trials never count. The daemon looks, and sends one trial. Of a study that is
        judged by fronts it is the best by the first objective alone: see `front`. One that compares
        its objectives in order has the trial whose latest report is the first, whatever `by` says.
        """
        try:
            found = self.call(rpc.GET_BEST_TRIAL, study_requests.best(name, by))
        except Error as error:
            if error.code != "UNIMPLEMENTED" or by != "best":
                raise
            return study_requests.best_of_study(self.get_study(name))  # a daemon before 0.2
        return study_requests.best_of(found, by)

    def front(self, name: str) -> list[Best]:
        """Return the trials of a study that no other dominates, by the first objective.

        Of a study with `combination = "pareto"`, by the latest report of each trial: `value` is its
        first objective, `metrics` has the others. Empty before the first report. At most 1000.
        """
        found = self.call(rpc.GET_BEST_TRIAL, study_requests.best(name, "best"))
        return study_requests.front_of(found)

    def enqueue_trial(self, name: str, params: Mapping[str, Any]) -> TrialStatus:
        """Queue a configuration of your own; a parameter left out is drawn."""
        answer = self.call(rpc.ENQUEUE_TRIAL, study_requests.enqueue(name, params))
        return records.trial(answer.trial)

    def cancel_trial(self, name: str, trial: int) -> TrialStatus:
        """Cancel a trial; a running one is told to stop at its next call."""
        answer = self.call(rpc.CANCEL_TRIAL, pb.CancelTrialRequest(study=name, trial=trial))
        return records.trial(answer.trial)

    def get_trial(self, name: str, trial: int) -> TrialStatus:
        """Return a trial as it stands."""
        answer = self.call(rpc.GET_TRIAL, pb.GetTrialRequest(study=name, trial=trial))
        return records.trial(answer.trial)

    def list_attempts(self, name: str, trial: int) -> list[AttemptStatus]:
        """Return the attempts at a trial, the latest 100 of them, with their attributes."""
        answer = self.call(rpc.GET_TRIAL, pb.GetTrialRequest(study=name, trial=trial))
        return [records.attempt(item) for item in answer.attempts]

    def list_trials(
        self, name: str, states: Iterable[str | TrialState] = (), labels: Iterable[str] = ()
    ) -> Iterator[TrialStatus]:
        """Yield the trials by number; `states=["running"]`, `labels=["odd"]` for some only."""
        wanted, having, token = list(states), list(labels), ""
        while True:
            request = study_requests.trials_page(name, wanted, token, having)
            page = self.call(rpc.LIST_TRIALS, request)
            for item in page.trials:
                yield records.trial(item)
            token = page.next_page_token
            if not token:
                return

    def list_reports(self, name: str, trial: int | None = None) -> Iterator[StoredReport]:
        """Yield the reports of a study, or of one trial, in the order they were committed."""
        token = ""
        while True:
            page = self.call(rpc.LIST_REPORTS, study_requests.reports_page(name, trial, token))
            for item in page.reports:
                yield records.report(item)
            token = page.next_page_token
            if not token:
                return

    def explain_trial(self, name: str, trial: int) -> TrialExplanation:
        """Return each decision about a trial at a rung, with the rung as it was."""
        request = pb.ExplainTrialRequest(study=name, trial=trial)
        return records.explanation(self.call(rpc.EXPLAIN_TRIAL, request))

    study, studies = get_study, list_studies  # their names of before, for one release more
