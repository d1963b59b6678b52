"""Draws the learning curves of a study: one line for each trial, in the colour of how it ended.

    ASHAD_ADDRESS=host:port python examples/curves.py STUDY PICTURE.png

Needs matplotlib and the client; draws without a display.
"""

from __future__ import annotations

import collections
import math
import sys
from typing import TYPE_CHECKING, Any

import ashad_client
from ashad_client.v1 import ashad_pb2 as pb
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable

COLOURS = {
    "trained in full": "tab:green",
    "stopped at a rung": "tab:orange",
    "cut by the time limit": "tab:gray",
    "other": "tab:red",
}


def main() -> None:
    name, picture = sys.argv[1:]
    client = ashad_client.connect()
    study, trials = client.study(name), list(client.list_trials(name))
    curves: dict[int, list[tuple[int, float]]] = collections.defaultdict(list)
    for report in client.list_reports(name):
        value = report.value if report.HasField("value") else math.nan
        curves[report.trial].append((report.resource, value))
    figure = Figure(figsize=(9, 5.5))
    axes = figure.subplots()
    draw_rungs(axes, study)
    draw_trials(axes, study, trials, curves)
    axes.set(xlabel=study.spec.resource or "epoch", ylabel=study.spec.metric.replace("_", " "))
    many = f"{len(trials)} trials, {study.total_resource} {study.spec.resource or 'epoch'}s"
    axes.set_title(f"{study.name}: {many}", pad=22)
    axes.legend(loc="upper right", framealpha=0.95)
    figure.tight_layout()
    figure.savefig(picture, dpi=120)
    print(f"The learning curves are in {picture}")


def draw_rungs(axes: Any, study: pb.Study) -> None:
    levels = sorted({rung.level for bracket in study.brackets for rung in bracket.rungs})
    for level in levels:
        axes.axvline(level, color="black", linestyle=":", linewidth=1)
        place = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        axes.text(level, 1.01, f"rung at {level}", fontsize=9, **place)
    axes.set_xlim(0, 1.08 * study.spec.max_resource)
    axes.xaxis.get_major_locator().set_params(integer=True)


def draw_trials(
    axes: Any,
    study: pb.Study,
    trials: Iterable[pb.Trial],
    curves: dict[int, list[tuple[int, float]]],
) -> None:
    endings: collections.Counter[str] = collections.Counter()
    for trial in trials:
        colour = COLOURS[ending(trial)]
        endings[ending(trial)] += 1
        best = trial.trial == study.best.trial
        points = curves[trial.trial]
        axes.plot(
            [resource for resource, _ in points],
            [value for _, value in points],
            color=colour,
            linewidth=2.5 if best else 1,
            alpha=1 if best else 0.7,
            marker="o",
            markersize=4 if best else 2.5,
        )
        if best:
            label = f"best: trial {trial.trial}, {study.best.value:.4g}"
            axes.plot([], [], color=colour, linewidth=2.5, marker="o", label=label)
    for word, colour in COLOURS.items():
        if endings[word]:
            axes.plot([], [], color=colour, label=f"{word}: {endings[word]}")


def ending(trial: pb.Trial) -> str:
    if trial.state == pb.TRIAL_STATE_COMPLETED:
        return "trained in full"
    if trial.reason == "BELOW_CUTOFF":
        return "stopped at a rung"
    return "cut by the time limit" if trial.reason == "MAX_DURATION" else "other"


if __name__ == "__main__":
    main()
