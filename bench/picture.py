"""Draws growth: what a decision costs and what a daemon does, by finished trials, beside the peers.

Each figure of `bench.growth` is there: reports a second, the longest waits, memory, start.

    python -m bench.picture

From the numbers that `bench.decisions`, `bench.growth` and `bench.peers` left in .build/bench.json;
writes bench/growth.svg. What was not measured is not drawn.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any, cast

from bench.result import FILE

OUT = Path(__file__).with_name("growth.svg")
COLOURS = {
    "ashad-stopping": "#08519c", "ashad-promotion": "#4292c6", "ashad": "#08519c",
    "syne-tune-0.13": "#cc4125", "syne-tune-0.16": "#e69138", "ray": "#6aa84f",
    "optuna": "#674ea7",
}  # fmt: skip
ALONE = {
    "p99_ms": "64 callers, p99 of a report, ms", "memory_mib": "most memory, MiB",
    "start_s": "start to serving, s",
}  # fmt: skip


def main() -> int:
    """Draw."""
    import matplotlib as mpl  # noqa: PLC0415 - only here
    from matplotlib.figure import Figure  # noqa: PLC0415

    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "ashad", "font.size": 9}
    known = json.loads(FILE.read_text())
    figure = Figure(figsize=(9.5, 6.6), layout="constrained")
    above, below = cast("Any", figure.subfigures(2, 1, height_ratios=[4, 2.6]))
    left, right = above.subplots(1, 2)
    growth = known.get("growth", {}).get("numbers", {})
    _decisions(left, known.get("decisions", {}).get("numbers", {}))
    peers = [case for part in known if part.startswith("peers") for case in known[part]["numbers"]]
    _services(right, growth, peers)
    for axes, (name, label) in zip(below.subplots(1, len(ALONE)), ALONE.items(), strict=True):
        axes.plot(*_by_trials(growth, name), "o-", color=COLOURS["ashad"], ms=4)
        axes.set(xscale="log", xlabel="finished trials (left: none)", title=label, xlim=(80, 1.3e6))
        axes.margins(y=0.2)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.3)
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
    label = "ashad, 64 callers"
    axes.plot(*_by_trials(growth, "rates"), "o-", color=COLOURS["ashad"], label=label, ms=4)
    for workers, style in ((4, "s--"), (16, "^--"), (64, "v--")):
        for name in ("ashad", "optuna"):
            points = [
                (_place(case["trials"]), median(case["rates"][name]))
                for case in peers
                if case["workers"] == workers and name in case["rates"]
            ]
            if points:
                label = f"{name}, {workers} blocking Python workers"
                xs, ys = zip(*sorted(points), strict=True)
                axes.plot(xs, ys, style, color=COLOURS[name], label=label, ms=4, lw=0.8)
    axes.set(
        xscale="log", yscale="log", xlabel="finished trials (left: none)",
        ylabel="durable reports a second", title="a daemon", xlim=(80, 1.3e6), ylim=(0.3, 1e4),
    )  # fmt: skip
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False, fontsize=7)


def _by_trials(growth: dict[str, Any], name: str) -> tuple[list[int], list[float]]:
    """Return the numbers of finished trials and what was measured there, medians of rounds."""
    rows = {
        _place(int(file.split()[0].replace(",", ""))): row[name]
        for file, row in growth.items()
        if file.endswith(" trials")
    }
    return list(rows), [median(x) if isinstance(x, list) else x for x in rows.values()]


def _place(trials: int) -> int:
    return trials or 100


if __name__ == "__main__":
    sys.exit(main())
