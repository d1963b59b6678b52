"""Draws growth: what a decision costs and what a daemon does, by finished trials, beside the peers.

    python -m bench.picture

From the numbers that `bench.decisions`, `bench.growth` and `bench.peers` left in .build/bench.json;
writes bench/growth.svg. What was not measured is not drawn.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench.result import FILE

OUT = Path(__file__).with_name("growth.svg")
COLOURS = {
    "ashad-stopping": "#08519c", "ashad-promotion": "#4292c6", "ashad": "#08519c",
    "syne-tune-0.13": "#cc4125", "syne-tune-0.16": "#e69138", "ray": "#6aa84f",
    "optuna": "#674ea7",
}  # fmt: skip


def main() -> int:
    """Draw."""
    import matplotlib as mpl  # noqa: PLC0415 - only here
    from matplotlib.figure import Figure  # noqa: PLC0415

    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "ashad", "font.size": 9}
    known = json.loads(FILE.read_text())
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _decisions(left, known.get("decisions", {}).get("numbers", {}))
    peers = [case for part in known if part.startswith("peers") for case in known[part]["numbers"]]
    _services(right, known.get("growth", {}).get("numbers", {}), peers)
    figure.savefig(OUT, metadata={"Date": None})
    text = OUT.read_text()
    OUT.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n")
    print(OUT)
    return 0


def _decisions(axes: Any, numbers: dict[str, dict[str, list[float]]]) -> None:
    """Draw the microseconds of a decision by entries of the rung, both in powers of ten."""
    for name in next(iter(numbers.values()), {}):
        points = [(int(entries), median(costs[name])) for entries, costs in numbers.items()]
        axes.plot(*zip(*points, strict=True), "o-", color=COLOURS[name], label=name, ms=4)
    axes.set(
        xscale="log", yscale="log", xlabel="entries in the rung",
        ylabel="processor time of a decision, µs", title="a decision",
    )  # fmt: skip
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False, fontsize=8)


def _services(axes: Any, growth: dict[str, Any], peers: list[dict[str, Any]]) -> None:
    """Draw the reports a second by finished trials; a study without any stands at the left."""
    if rows := {name: row for name, row in growth.items() if name.endswith(" trials")}:
        points = [
            (_place(int(name.split()[0].replace(",", ""))), median(row["rates"]))
            for name, row in rows.items()
        ]
        label = "ashad, 64 callers"
        axes.plot(*zip(*points, strict=True), "o-", color=COLOURS["ashad"], label=label, ms=4)
    for workers, style in ((4, "s--"), (16, "^--"), (64, "v--")):
        for name in ("ashad", "optuna"):
            points = [
                (_place(case["trials"]), median(case["rates"][name]))
                for case in peers
                if case["workers"] == workers
            ]
            if points:
                label = f"{name}, {workers} blocking Python workers"
                xs, ys = zip(*sorted(points), strict=True)
                axes.plot(xs, ys, style, color=COLOURS[name], label=label, ms=4, lw=0.8)
    axes.set(
        xscale="log", yscale="log", xlabel="finished trials (left: none)",
        ylabel="durable reports a second", title="a daemon", xlim=(80, 1.3e6), ylim=(1, 1e4),
    )  # fmt: skip
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False, fontsize=7)


def _place(trials: int) -> int:
    return trials or 100


if __name__ == "__main__":
    sys.exit(main())
