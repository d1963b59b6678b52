"""The calls of the contract that the client makes, each with the deadline of a single try.

A table and one function; nothing here opens a connection.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Generic, TypeVar

from ashad_client.v1 import ashad_pb2 as pb

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_FIRST_BACKOFF_S = 0.5
_LAST_BACKOFF_S = 20.0


@dataclass(frozen=True)
class Rpc(Generic[Request, Answer]):
    """One unary call: its path, its messages, and how long one try may take."""

    service: str
    name: str
    request: type[Request]
    answer: type[Answer]
    deadline_s: float = 30.0

    @property
    def path(self) -> str:
        """What HTTP/2 calls it."""
        return f"/ashad.v1.{self.service}/{self.name}"


_WORK = "SchedulerService"
SUGGEST = Rpc(_WORK, "Suggest", pb.SuggestRequest, pb.SuggestResponse)
REPORT = Rpc(_WORK, "Report", pb.ReportRequest, pb.ReportResponse)
SHOULD_STOP = Rpc(_WORK, "ShouldStop", pb.ShouldStopRequest, pb.ShouldStopResponse, 5.0)
HEARTBEAT = Rpc(_WORK, "Heartbeat", pb.HeartbeatRequest, pb.HeartbeatResponse, 5.0)
COMPLETE = Rpc(_WORK, "CompleteTrial", pb.CompleteTrialRequest, pb.CompleteTrialResponse)
FAIL = Rpc(_WORK, "FailTrial", pb.FailTrialRequest, pb.FailTrialResponse)
RELEASE = Rpc(_WORK, "ReleaseTrial", pb.ReleaseTrialRequest, pb.ReleaseTrialResponse)

_TOOL = "StudyService"
CREATE_STUDY = Rpc(_TOOL, "CreateStudy", pb.CreateStudyRequest, pb.CreateStudyResponse)
GET_STUDY = Rpc(_TOOL, "GetStudy", pb.GetStudyRequest, pb.GetStudyResponse)
LIST_STUDIES = Rpc(_TOOL, "ListStudies", pb.ListStudiesRequest, pb.ListStudiesResponse)
UPDATE_STUDY = Rpc(_TOOL, "UpdateStudy", pb.UpdateStudyRequest, pb.UpdateStudyResponse)
CHANGE_SPACE = Rpc(_TOOL, "ChangeSpace", pb.ChangeSpaceRequest, pb.ChangeSpaceResponse)
PAUSE_STUDY = Rpc(_TOOL, "PauseStudy", pb.PauseStudyRequest, pb.PauseStudyResponse)
RESUME_STUDY = Rpc(_TOOL, "ResumeStudy", pb.ResumeStudyRequest, pb.ResumeStudyResponse)
STOP_STUDY = Rpc(_TOOL, "StopStudy", pb.StopStudyRequest, pb.StopStudyResponse)
DELETE_STUDY = Rpc(_TOOL, "DeleteStudy", pb.DeleteStudyRequest, pb.DeleteStudyResponse)
ENQUEUE_TRIAL = Rpc(_TOOL, "EnqueueTrial", pb.EnqueueTrialRequest, pb.EnqueueTrialResponse)
CANCEL_TRIAL = Rpc(_TOOL, "CancelTrial", pb.CancelTrialRequest, pb.CancelTrialResponse)
ANNOTATE_STUDY = Rpc(_TOOL, "AnnotateStudy", pb.AnnotateStudyRequest, pb.AnnotateStudyResponse)
ANNOTATE_TRIAL = Rpc(_TOOL, "AnnotateTrial", pb.AnnotateTrialRequest, pb.AnnotateTrialResponse)
GET_TRIAL = Rpc(_TOOL, "GetTrial", pb.GetTrialRequest, pb.GetTrialResponse)
GET_BEST_TRIAL = Rpc(_TOOL, "GetBestTrial", pb.GetBestTrialRequest, pb.GetBestTrialResponse)
LIST_TRIALS = Rpc(_TOOL, "ListTrials", pb.ListTrialsRequest, pb.ListTrialsResponse)
LIST_REPORTS = Rpc(_TOOL, "ListReports", pb.ListReportsRequest, pb.ListReportsResponse)
LIST_OBSOLETE_CHECKPOINTS = Rpc(
    _TOOL,
    "ListObsoleteCheckpoints",
    pb.ListObsoleteCheckpointsRequest,
    pb.ListObsoleteCheckpointsResponse,
)
QUERY_TRIALS = Rpc(_TOOL, "QueryTrials", pb.QueryTrialsRequest, pb.QueryTrialsResponse)
GET_PARAMETER_IMPORTANCE = Rpc(
    _TOOL,
    "GetParameterImportance",
    pb.GetParameterImportanceRequest,
    pb.GetParameterImportanceResponse,
)
EXPLAIN_TRIAL = Rpc(_TOOL, "ExplainTrial", pb.ExplainTrialRequest, pb.ExplainTrialResponse)


def backoff_s(failures: int, pushback_s: float = 0.0) -> float:
    """How long to wait after the n-th failure in a row: full jitter, 0.5 s doubling up to 20 s.

    What the daemon asked for comes on top, so that those it turned away do not return together.
    """
    ceiling = min(_LAST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0 ** min(max(failures - 1, 0), 16))
    return pushback_s + random.uniform(0.0, ceiling)  # noqa: S311  # jitter, not a secret
