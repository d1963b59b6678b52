"""Draws the front of a study that is judged by fronts, by its first two objectives.

A dot is a trial at its latest report; those that no other dominates are joined by a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from ashad_client.plots.search_figure import dateless
from ashad_client.v1 import ashad_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from typing import IO


def draw(
    study: pb.Study,
    front: Sequence[pb.FrontEntry],
    reports: Iterable[pb.StoredReport],
    file: str | PathLike[str] | IO[bytes],
    kind: str,
) -> None:
    """Draw it into a file; `reports` are all of the study, in their order."""
    names = [one.metric for one in study.spec.objectives[:2]]
    latest = {report.trial: _values(study.spec, report) for report in reports}
    dots = [point for point in (_point(names, told) for told in latest.values()) if point]
    best = [_point(names, _values(study.spec, one.report)) for one in front]
    joined = sorted(point for point in best if point)
    with mpl.rc_context({"svg.hashsalt": "ashad", "text.parse_math": False}):
        figure = Figure(figsize=(6.4, 4.8), layout="constrained")
        axes = figure.add_subplot()
        if dots:
            firsts, seconds = zip(*dots)
            axes.scatter(firsts, seconds, s=12, color="0.7", label="trials")
        if joined:
            axes.plot(*zip(*joined), "o-", ms=5, label="no other dominates them")
            axes.legend()
        axes.set_title(f"{study.name}: front of {len(joined)} trials", fontsize=12)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        figure.savefig(file, format=kind, dpi=130, metadata=dateless(kind))


def _values(spec: pb.StudySpec, report: pb.StoredReport) -> Mapping[str, float]:
    told = {metric.name: metric.value for metric in report.metrics}
    return {**told, spec.metric: report.value} if report.HasField("value") else {}


def _point(names: Sequence[str], told: Mapping[str, float]) -> tuple[float, float] | None:
    first, second = (told.get(name) for name in names)
    return None if first is None or second is None else (first, second)
