"""A drawing of a study: a notebook shows it, `save` writes it. No file is made for the showing."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Union, final

from ashad_client.errors import invalid
from ashad_client.text import clean, count
from ashad_client.v1 import ashad_pb2 as pb

KINDS = ("svg", "png", "pdf")
_SHOWN = 20  # metrics that are named
Draw = Callable[[Union[str, "PathLike[str]", IO[bytes]], str], None]


@final
class Picture:
    """What `client.plot` returns; the last line of a notebook's cell shows it."""

    def __init__(self, title: str, draw: Draw) -> None:
        self.title = title
        self._draw = draw

    def encoded(self, kind: str = "png") -> bytes:
        """Return the picture as svg, png or pdf; the same study gives the same bytes."""
        if kind not in KINDS:
            raise invalid(f"a picture is one of {', '.join(KINDS)}, not {kind!r:.40}")
        file = io.BytesIO()
        self._draw(file, kind)
        return file.getvalue()

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture; the suffix says as what."""
        kind = Path(fspath(path)).suffix.lstrip(".").lower()
        if kind not in KINDS:
            raise invalid(f"{clean(fspath(path))} ends in none of .{', .'.join(KINDS)}")
        made = self.encoded(kind)  # a file is there whole or not at all
        Path(path).write_bytes(made)

    def _repr_png_(self) -> bytes:
        return self.encoded("png")

    def __repr__(self) -> str:
        return f"<picture of {clean(self.title)}>"


def need_matplotlib() -> None:
    """Raise `Error` where there is none."""
    if importlib.util.find_spec("matplotlib") is None:
        raise invalid("plots are drawn with matplotlib: pip install 'ashad-client[plot]'")


def of_search(
    study: pb.Study, trials: Iterable[pb.Trial], reports: Iterable[pb.StoredReport], metric: str
) -> Picture:
    """Draw learning curves, best so far and rungs."""
    from ashad_client.plots import search_figure  # noqa: PLC0415  # half a second
    from ashad_client.plots.search_data import gather  # noqa: PLC0415

    search = gather(study, trials, reports, metric)
    if search.metric and search.metric not in search.metrics:
        listed = ", ".join(map(clean, sorted(search.metrics)[:_SHOWN]))
        there = listed or "none beside the judged one"
        raise invalid(f"no report of {study.name} has a metric {metric!r}; there are: {there}")
    return Picture(search.title(), lambda file, kind: search_figure.draw(search, file, kind))


def of_parameters(
    study: pb.Study, trials: list[pb.Trial], answer: pb.GetParameterImportanceResponse
) -> Picture:
    """Draw the best value of each trial by each parameter, the most important first."""
    from ashad_client.plots import parameter_figure  # noqa: PLC0415

    importance = {one.name: one.importance for one in answer.parameters}
    title = f"{study.name}: parameters of {count(len(trials), 'trial')}"
    return Picture(
        title, lambda file, kind: parameter_figure.draw(study, trials, importance, file, kind)
    )
