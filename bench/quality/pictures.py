"""One picture a family: the median regret over virtual time, with the middle half of the seeds.

A row a table; on the left our methods, on the right the peers beside our ASHA.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from re import sub
from typing import Any

import numpy as np

from bench.quality.runs import BUDGETS, Run
from bench.quality.tables import Task

HERE = Path(__file__).parent
LEFT = {
    "random": "0.55", "asha stopping": "#0072B2", "asha promotion": "#56B4E9",
    "asha stopping + tpe": "#D55E00", "adaptive standard": "#009E73", "hyperband": "#CC79A7",
}  # fmt: skip
RIGHT = {
    "random": "0.55", "asha stopping": "#0072B2", "syne asha stopping": "#E69F00",
    "syne asha promotion": "#8C510A", "ray asha": "#009E73", "syne bohb": "#D55E00",
    "optuna tpe + halving": "#CC79A7", "optuna tpe + hyperband": "#000000",
}  # fmt: skip
LEAST = 1e-3  # of the logarithmic axis; what is below lies on it


def draw(runs: Callable[[str, str, int], list[Run]], tasks: list[Task], workers: int) -> None:
    """Draw the family of each table."""
    import matplotlib as mpl  # noqa: PLC0415 - only who draws needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ashad"  # the same runs are the same bytes
    mpl.rcParams["svg.fonttype"] = "none"
    for family in dict.fromkeys(task.name.split("/")[0] for task in tasks):
        of = [task for task in tasks if task.name.startswith(f"{family}/")]
        _picture(runs, of, workers, HERE / f"{family}.svg")


def _picture(
    runs: Callable[[str, str, int], list[Run]], tasks: list[Task], workers: int, path: Path
) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(10, 2.9 * len(tasks) + 1.1), layout="constrained")
    grid = figure.subplots(len(tasks), 2, squeeze=False, sharex=True, sharey="row")
    times = np.geomspace(1 / 64, BUDGETS[workers], 64)
    for row, task in zip(grid, tasks, strict=True):
        for axes, methods in zip(row, (LEFT, RIGHT), strict=True):
            for method, colour in methods.items():
                if found := runs(task.name, method, workers):
                    _curve(axes, times, found, f"{method} (n {len(found)})", colour)
            axes.set(xscale="log", yscale="log", ylim=(LEAST, 2), xlim=(times[0], times[-1]))
            axes.set_title(task.name.replace("FixedTextRNNClassification_imdb_", ""), fontsize=9)
            axes.grid(alpha=0.25)
            axes.legend(fontsize=6.5, loc="lower left", framealpha=0.7)
        row[0].set_ylabel("regret")
    for axes in grid[-1]:
        axes.set_xlabel(f"virtual time in full trainings, {workers} workers")
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    path.write_text(sub(r"\d+\.\d{2,}", lambda long: f"{float(long[0]):.1f}", text.getvalue()))


def _curve(axes: Any, times: Any, found: list[Run], label: str, colour: str) -> None:
    at = np.maximum([[run.at(time) for time in times] for run in found], LEAST)
    low, middle, high = np.quantile(at, [0.25, 0.5, 0.75], axis=0)
    axes.fill_between(times, low, high, color=colour, alpha=0.10, linewidth=0)
    axes.plot(times, middle, color=colour, label=label, linewidth=1.4)
