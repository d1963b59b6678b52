"""The calls about studies, as methods of the sync client: the words of the contract.

`aio_verbs.py` is its twin, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ashad_client import rpc, studies
from ashad_client.rpc import Answer, Request, Rpc
from ashad_client.studies import Best, Spec
from ashad_client.v1 import ashad_pb2 as pb


class StudyVerbs:
    """What people and tools ask. Every method raises `Error` for a refusal."""

    def _ask(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        raise NotImplementedError

    def create_study(self, name: str, spec: Spec, *, validate_only: bool = False) -> pb.Study:
        """Make a study, from a `StudySpec` or a dict (see `study_spec`).

        The same name with an equal spec returns what is there; with another spec it is refused, and
        the error names what differs. `validate_only` checks and makes nothing.
        """
        request = studies.create(name, spec, validate_only=validate_only)
        return self._ask(rpc.CREATE_STUDY, request).study

    def study(self, name: str) -> pb.Study:
        """Return a study as it stands."""
        return self._ask(rpc.GET_STUDY, pb.GetStudyRequest(study=name)).study

    def studies(self) -> Iterator[pb.Study]:
        """Yield all studies, by name."""
        token = ""
        while True:
            request = pb.ListStudiesRequest(page_size=studies.PAGE, page_token=token)
            page = self._ask(rpc.LIST_STUDIES, request)
            yield from page.studies
            token = page.next_page_token
            if not token:
                return

    def update_study(self, name: str, **limits: Any) -> pb.Study:
        """Change limits: `max_trials=200`; None removes one; `max_duration` in seconds."""
        return self._ask(rpc.UPDATE_STUDY, studies.update(name, limits)).study

    def pause_study(self, name: str) -> pb.Study:
        """Hand out no more trials until resumed; running trials go on."""
        return self._ask(rpc.PAUSE_STUDY, pb.PauseStudyRequest(study=name)).study

    def resume_study(self, name: str) -> pb.Study:
        """End a pause."""
        return self._ask(rpc.RESUME_STUDY, pb.ResumeStudyRequest(study=name)).study

    def stop_study(self, name: str) -> pb.Study:
        """End a study for good: running trials are told to stop."""
        return self._ask(rpc.STOP_STUDY, pb.StopStudyRequest(study=name)).study

    def delete_study(self, name: str, *, force: bool = False) -> None:
        """Delete a study with all its trials; `force` even while trials are running."""
        self._ask(rpc.DELETE_STUDY, pb.DeleteStudyRequest(study=name, force=force))

    def best(self, name: str) -> Best | None:
        """Return the best result of a study so far; None before the first valid report."""
        return studies.best_of(self.study(name))

    def enqueue_trial(self, name: str, params: Mapping[str, Any]) -> pb.Trial:
        """Queue a configuration of your own; a parameter left out is drawn."""
        return self._ask(rpc.ENQUEUE_TRIAL, studies.enqueue(name, params)).trial

    def cancel_trial(self, name: str, trial: int) -> pb.Trial:
        """Cancel a trial; a running one is told to stop at its next call."""
        return self._ask(rpc.CANCEL_TRIAL, pb.CancelTrialRequest(study=name, trial=trial)).trial

    def get_trial(self, name: str, trial: int) -> pb.Trial:
        """Return a trial as it stands."""
        return self._ask(rpc.GET_TRIAL, pb.GetTrialRequest(study=name, trial=trial)).trial

    def list_trials(self, name: str, states: Iterable[str] = ()) -> Iterator[pb.Trial]:
        """Yield the trials by number; `states=["running"]` for some only."""
        wanted, token = list(states), ""
        while True:
            page = self._ask(rpc.LIST_TRIALS, studies.trials_page(name, wanted, token))
            yield from page.trials
            token = page.next_page_token
            if not token:
                return

    def list_reports(self, name: str, trial: int | None = None) -> Iterator[pb.StoredReport]:
        """Yield the reports of a study, or of one trial, in the order they were committed."""
        token = ""
        while True:
            page = self._ask(rpc.LIST_REPORTS, studies.reports_page(name, trial, token))
            yield from page.reports
            token = page.next_page_token
            if not token:
                return

    def explain_trial(self, name: str, trial: int) -> pb.ExplainTrialResponse:
        """Return each decision about a trial at a rung, with the rung as it was."""
        return self._ask(rpc.EXPLAIN_TRIAL, pb.ExplainTrialRequest(study=name, trial=trial))
