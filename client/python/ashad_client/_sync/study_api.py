# Generated from study_api.py of the asyncio client by tools/unasync.py: edit that.
"""The calls about studies, as methods of the client: the words of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ashad_client import study_requests
from ashad_client.errors import Error
from ashad_client.study_requests import Best, Spec
from ashad_client.transport import rpc
from ashad_client.transport.rpc import Answer, Request, Rpc
from ashad_client.v1 import ashad_pb2 as pb


class StudyApi:
    """What people and tools ask. Every method raises `Error` for a refusal."""

    def call(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        """Make one call of the contract."""
        raise NotImplementedError

    def create_study(self, name: str, spec: Spec, *, validate_only: bool = False) -> pb.Study:
        """Make a study, from a `StudySpec` or a dict (see `study_spec`).

        The same name with an equal spec returns what is there; with another spec it is refused, and
        the error names what differs. `validate_only` checks and makes nothing. What is allowed and
        can hardly be meant, such as limits under which no trial can be trained in full, is logged.
        """
        request = study_requests.create(name, spec, validate_only=validate_only)
        answer = self.call(rpc.CREATE_STUDY, request)
        return study_requests.created(answer)

    def get_study(self, name: str) -> pb.Study:
        """Return a study as it stands."""
        return self.call(rpc.GET_STUDY, pb.GetStudyRequest(study=name)).study

    def list_studies(self) -> Iterator[pb.Study]:
        """Yield all studies, by name."""
        token = ""
        while True:
            request = pb.ListStudiesRequest(page_size=study_requests.PAGE, page_token=token)
            page = self.call(rpc.LIST_STUDIES, request)
            yield from page.studies
            token = page.next_page_token
            if not token:
                return

    def update_study(self, name: str, **limits: Any) -> pb.Study:
        """Change limits: `max_trials=200`; None removes one; `max_duration` in seconds."""
        return self.call(rpc.UPDATE_STUDY, study_requests.update(name, limits)).study

    def pause_study(self, name: str) -> pb.Study:
        """Hand out no more trials until resumed; running trials go on."""
        return self.call(rpc.PAUSE_STUDY, pb.PauseStudyRequest(study=name)).study

    def resume_study(self, name: str) -> pb.Study:
        """End a pause."""
        return self.call(rpc.RESUME_STUDY, pb.ResumeStudyRequest(study=name)).study

    def stop_study(self, name: str) -> pb.Study:
        """End a study for good: running trials are told to stop."""
        return self.call(rpc.STOP_STUDY, pb.StopStudyRequest(study=name)).study

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
        Infeasible trials never count. The daemon looks, and sends one trial.
        """
        try:
            found = self.call(rpc.GET_BEST_TRIAL, study_requests.best(name, by))
        except Error as error:
            if error.code != "UNIMPLEMENTED" or by != "best":
                raise
            return study_requests.best_of_study(self.get_study(name))  # a daemon before 0.2
        return study_requests.best_of(found, by)

    def enqueue_trial(self, name: str, params: Mapping[str, Any]) -> pb.Trial:
        """Queue a configuration of your own; a parameter left out is drawn."""
        return self.call(rpc.ENQUEUE_TRIAL, study_requests.enqueue(name, params)).trial

    def cancel_trial(self, name: str, trial: int) -> pb.Trial:
        """Cancel a trial; a running one is told to stop at its next call."""
        return (self.call(rpc.CANCEL_TRIAL, pb.CancelTrialRequest(study=name, trial=trial))).trial

    def get_trial(self, name: str, trial: int) -> pb.Trial:
        """Return a trial as it stands."""
        return self.call(rpc.GET_TRIAL, pb.GetTrialRequest(study=name, trial=trial)).trial

    def list_trials(self, name: str, states: Iterable[str] = ()) -> Iterator[pb.Trial]:
        """Yield the trials by number; `states=["running"]` for some only."""
        wanted, token = list(states), ""
        while True:
            page = self.call(rpc.LIST_TRIALS, study_requests.trials_page(name, wanted, token))
            yield from page.trials
            token = page.next_page_token
            if not token:
                return

    def list_reports(self, name: str, trial: int | None = None) -> Iterator[pb.StoredReport]:
        """Yield the reports of a study, or of one trial, in the order they were committed."""
        token = ""
        while True:
            page = self.call(rpc.LIST_REPORTS, study_requests.reports_page(name, trial, token))
            yield from page.reports
            token = page.next_page_token
            if not token:
                return

    def explain_trial(self, name: str, trial: int) -> pb.ExplainTrialResponse:
        """Return each decision about a trial at a rung, with the rung as it was."""
        return self.call(rpc.EXPLAIN_TRIAL, pb.ExplainTrialRequest(study=name, trial=trial))

    study, studies = get_study, list_studies  # their names of before, for one release more
