"""Draws what the parameters came to: a panel for each, the most important first.

A dot is a trial at its best value; its colour says how far it was trained. Trials that were cut
early are pale: what they would have come to is not known.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ashad_client.plots.search_figure import dateless, value_limits
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import native, params_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from typing import IO

MOST = 12  # parameters that are drawn
_ACROSS = 3
_MANY = 1000  # dots above which they are drawn as pixels
_SIZE = (4.2, 3.2)  # of a panel


def draw(
    study: pb.Study,
    trials: Sequence[pb.Trial],
    importance: Mapping[str, float],
    file: str | PathLike[str] | IO[bytes],
    kind: str,
) -> None:
    """Draw a panel for each parameter that can be drawn, into a file."""
    spec = study.spec
    ranged = [p for p in spec.space if p.WhichOneof("kind") != "constant"]
    chosen = sorted(ranged, key=lambda p: -importance.get(p.name, 0.0))[:MOST]
    valued = [trial for trial in trials if trial.HasField("best_value")]
    rows = max(1, math.ceil(len(chosen) / _ACROSS))
    with mpl.rc_context({"svg.hashsalt": "ashad", "text.parse_math": False}):
        size = (_SIZE[0] * min(_ACROSS, max(1, len(chosen))), _SIZE[1] * rows)
        figure = Figure(figsize=size, layout="constrained")
        figure.suptitle(f"{study.name}: {spec.metric} by parameter", fontsize=12)
        dots: Any = None
        for number, parameter in enumerate(chosen):
            axes = figure.add_subplot(rows, _ACROSS if len(chosen) > 1 else 1, number + 1)
            dots = _panel(axes, spec, parameter, valued) or dots
            share = importance.get(parameter.name)
            said = "" if share is None else f", importance {share:.0%}"
            axes.set_title(f"{parameter.name}{said}", fontsize=10)
        if dots is not None:
            label = f"trained to {spec.resource or 'epoch'}"
            _plain_ticks(figure.colorbar(dots, ax=figure.axes, label=label).ax.yaxis)
        figure.savefig(file, format=kind, dpi=130, metadata=dateless(kind))


def _panel(
    axes: Any, spec: pb.StudySpec, parameter: pb.ParameterSpec, trials: Sequence[pb.Trial]
) -> Any:
    found = [
        (value, trial.best_value, trial.resource)
        for trial in trials
        if (value := params_of(trial.params).get(parameter.name)) is not None
    ]
    axes.set_ylabel(spec.metric)
    axes.grid(alpha=0.25)
    if not found:
        return None
    values, heights, resources = zip(*found)
    where = _positions(axes, parameter, values)
    value_limits(axes, spec, np.asarray(heights))
    look = {
        "s": max(4.0, 26 - len(found) / 50),
        "alpha": 0.75,
        "linewidths": 0,
        "cmap": "viridis_r",
        "norm": mpl.colors.LogNorm(1, max(2, spec.max_resource)),
        "rasterized": len(found) > _MANY,
    }
    return axes.scatter(where, heights, c=resources, **look)


def _plain_ticks(axis: Any) -> None:
    """Write powers of ten as numbers: formulas are text here, since names may look like them."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _positions(axes: Any, parameter: pb.ParameterSpec, values: Sequence[Any]) -> Any:
    """Return where each value stands on the axis; choices stand side by side."""
    kind = parameter.WhichOneof("kind")
    if kind != "categorical":
        if getattr(parameter, str(kind)).scale == pb.SCALE_LOG:
            axes.set_xscale("log")
            _plain_ticks(axes.xaxis)
        return values
    names = [str(native(choice)) for choice in parameter.categorical.choices]
    axes.set_xticks(range(len(names)), [name[:12] for name in names], fontsize=8)
    axes.set_xlim(-0.5, len(names) - 0.5)
    spread = np.random.default_rng(0).uniform(-0.25, 0.25, len(values))  # to tell dots apart
    return np.asarray([names.index(str(value)) for value in values]) + spread
