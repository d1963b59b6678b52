"""Why a trial stands where it stands: each decision with the rung as it was. Only reads."""

from __future__ import annotations

from collections import deque
from operator import itemgetter

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.engine.configurations.versions import SpaceVersions
from ashad.core.history.explain import began, belongs, drawn, sentence
from ashad.core.history.records import EXPLOITED, Report
from ashad.core.kinds import Pbt
from ashad.core.outcomes import WORST_BAND
from ashad.core.spec import StudySpec
from ashad.service.messages import to_proto
from ashad.service.reads import pages
from ashad.service.reads.points import neighbours, ranked_by_points
from ashad.store import Reader

MOST = 100  # decisions that are explained, the latest ones


def explanations(
    reader: Reader, memory: pages.Memory, trial: int, spec: StudySpec, spaces: SpaceVersions
) -> bytes | None:
    """Return the decisions about a trial and its promotions, oldest first; None without a row."""
    shown = pages.trial(reader, memory, trial)
    if shown is None:
        return None
    found = [
        (change.seq, pb.Explanation(sentence=change.message or ""))
        for change in reader.promotions(memory.number, trial)
    ]
    queued = reader.drawn_instead(memory.number, trial)
    if queued is not None:
        found.append((queued.seq, pb.Explanation(sentence=drawn(queued.reason or ""))))
    if len(spaces.all) > 1:
        version = spaces.of(trial)
        found.append((0, pb.Explanation(sentence=belongs(version.number, version.first))))
    decided = deque(
        (
            report
            for report in reader.reports(memory.number, trial=trial)
            if report.first_rung is not None or report.decision.action != "CONTINUE"
        ),
        maxlen=MOST,
    )
    birth, own = reader.archive(memory.number).birth(trial), shown.trial
    if birth is not None:
        told = began(
            own.parent_trial, own.donor_trial, own.donor_resource, birth.message or "", spec
        )
        found.append((birth.seq, pb.Explanation(sentence=told)))
    found += [(r.seq, _explain(reader, memory.number, r, spec)) for r in decided]
    if own.reason == EXPLOITED:
        found.append((memory.seq + 1, pb.Explanation(sentence=f"It {own.message}.")))
    answer = pb.ExplainTrialResponse(
        trial=shown.trial,
        explanations=[explanation for _, explanation in sorted(found, key=itemgetter(0))],
        commit_seq=shown.commit_seq,
    )
    return answer.SerializeToString()


def _explain(reader: Reader, study: int, report: Report, spec: StudySpec) -> pb.Explanation:
    d, outcomes = report.decision, spec.outcome_constraints
    message = pb.Explanation(
        report=to_proto.report(report, outcomes), sentence=sentence(report, spec)
    )
    if d.rung is not None and spec.coordinates:
        return ranked_by_points(reader, study, report, spec, message)
    if d.rung is None or isinstance(spec.algorithm, Pbt):  # ranked among members, not in its rung
        return message
    shown, at = neighbours(d), report.seq
    ranked = reader.rung(study, d.bracket, d.rung, at, shown, maximize=spec.maximize)
    message.entries.extend(
        pb.RungEntry(
            rank=rank,
            trial=trial,
            value=value,
            within_quota=rank <= d.quota,
            infeasible=bool(outcomes) and stands is not None and spec.score(stands) >= WORST_BAND,
        )
        for rank, trial, value, stands in ranked
    )
    return message
