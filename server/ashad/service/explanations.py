"""Why a trial stands where it stands: each decision with the rung as it was. Only reads."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.history.explain import sentence
from ashad.core.history.records import Report
from ashad.core.spec import StudySpec
from ashad.service import to_proto
from ashad.store import Reader

MOST = 100  # decisions that are explained, the latest ones
NEIGHBOURS = 5  # entries shown at the head of a rung, and on each side of the cut-off


def explanations(path: Path, study: int, trial: int, spec: StudySpec) -> list[pb.Explanation]:
    """Return the decisions about a trial and its promotions, oldest first."""
    with closing(Reader(path)) as reader:
        found = [
            (change.seq, pb.Explanation(sentence=change.message or ""))
            for change in reader.promotions(study, trial)
        ]
        decided = [
            report
            for report in reader.reports(study, trial=trial)
            if report.first_rung is not None or report.decision.action != "CONTINUE"
        ]
        found += [(r.seq, _explain(reader, study, r, spec)) for r in decided[-MOST:]]
    return [explanation for _, explanation in sorted(found, key=lambda pair: pair[0])]


def _explain(reader: Reader, study: int, report: Report, spec: StudySpec) -> pb.Explanation:
    d = report.decision
    message = pb.Explanation(report=to_proto.report(report), sentence=sentence(report, spec))
    if d.rung is None:
        return message
    entries = reader.rung(study, d.bracket, d.rung, report.seq)
    ranked = sorted(
        range(len(entries)),
        key=lambda i: (entries[i][1] is None, spec.score(entries[i][1] or 0.0), i),
    )
    shown = {d.rank, d.size}.union(
        range(1, NEIGHBOURS + 1),
        range(d.quota - NEIGHBOURS + 1, d.quota + NEIGHBOURS + 1),
        range(d.rank - 1, d.rank + 2),
    )
    for rank in sorted(shown):
        if 1 <= rank <= len(ranked):
            trial, value = entries[ranked[rank - 1]]
            message.entries.append(
                pb.RungEntry(rank=rank, trial=trial, value=value, within_quota=rank <= d.quota)
            )
    return message
