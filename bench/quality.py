"""How good a search is: our methods on recorded learning curves, by virtual time.

Regret = (best value reported so far - the table's best final value) / (the table's median final
value - its best), never below 0. A run ends after `BUDGET` times the median time of a training in
full. Runs are kept in .build/quality.json and not run twice. The tables are not part of the source
tree: `--tables` names their folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from ashad.core.space import Choice, Float, Int, Space
from ashad.core.spec import (
    SECOND,
    AdaptiveAsha,
    Algorithm,
    Asha,
    AsyncHyperband,
    Hyperband,
    Limits,
    Random,
    RandomSampler,
    StudySpec,
    SuccessiveHalving,
    Tpe,
)
from ashad.simulate import Table, simulate

HERE = Path(__file__).parent
KEPT = HERE.parent / ".build" / "quality.json"
BUDGET = 8
SHARES = (1 / 16, 1 / 4, 1.0)  # of the budget, at which regret is told
GOALS = (0.05, 0.01)
FIRST = (
    "lcbench/Fashion-MNIST", "lcbench/christine", "lcbench/segment", "local/digits_mlp",
    "taskset/FixedTextRNNClassification_imdb_patch128_LSTM128_avg_bs64",
    "taskset/FixedTextRNNClassification_imdb_patch32_VRNN128_tanh_bs128",
    "deepobs/fmnist_2c2d", "deepobs/cifar10_3c3d",
)  # fmt: skip
MANY = 100_000  # trials that adaptive ASHA splits; the time ends the run long before
METHODS: dict[str, tuple[Callable[[], Algorithm], Any]] = {
    "random": (Random, RandomSampler()),
    "successive halving": (lambda: SuccessiveHalving(repeat=True), RandomSampler()),
    "hyperband": (lambda: Hyperband(repeat=True), RandomSampler()),
    "asha stopping": (Asha, RandomSampler()),
    "asha promotion": (lambda: Asha(promotion=True), RandomSampler()),
    "asha stopping + tpe": (Asha, Tpe()),
    "random + tpe": (Random, Tpe()),
    "async hyperband": (AsyncHyperband, RandomSampler()),
    "adaptive aggressive": (lambda: AdaptiveAsha(mode="aggressive"), RandomSampler()),
    "adaptive standard": (AdaptiveAsha, RandomSampler()),
    "adaptive conservative": (lambda: AdaptiveAsha(mode="conservative"), RandomSampler()),
}


def main() -> None:
    """Run what is missing and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="folder of the .npz files")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--out", type=Path, default=HERE / "quality.md")
    options = parser.parse_args()
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for seed in range(options.seeds):
        for task in FIRST:
            about = describe(options.tables / f"{task}.npz")
            for method in METHODS:
                key = f"{task}|{method}|{options.workers}|{seed}"
                if key not in kept:
                    kept[key] = run(about, method, options.workers, seed)
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(kept))
    options.out.write_text(report(kept, options.workers, options.seeds))


def describe(path: Path) -> dict[str, Any]:
    """Return what a search of a table needs to know."""
    with np.load(path, allow_pickle=False) as file:
        meta, curve = json.loads(str(file["meta"])), np.asarray(file["curve"], float)
        seconds = file["seconds"] if "seconds" in file else np.ones(len(curve))
    per_unit = np.nanmedian(seconds)
    last = curve[:, -1][np.isfinite(curve[:, -1])]
    maximize = meta["mode"] == "max"
    return {
        "path": path, "space": space(meta["params"]), "top": curve.shape[1], "maximize": maximize,
        "full": float(per_unit) * curve.shape[1], "measured": "measured" in str(
            meta.get("seconds_source", "")),
        "best": float(last.max() if maximize else last.min()), "median": float(np.median(last)),
    }  # fmt: skip


def space(described: list[dict[str, Any]]) -> Space:
    """Return the space that a table was drawn from."""
    found: Space = {}
    for about in described:
        name, log = about["name"], bool(about.get("log"))
        if about.get("choices"):
            found[name] = Choice(tuple(about["choices"]))
        elif about["type"] == "int":
            found[name] = Int(round(about["lower"]), round(about["upper"]), log)
        else:
            found[name] = Float(float(about["lower"]), float(about["upper"]), log)
    return found


def run(about: dict[str, Any], method: str, workers: int, seed: int) -> dict[str, Any]:
    """Return the regrets at shares of the budget and the times at which goals were reached."""
    algorithm, sampler = METHODS[method]
    budget = BUDGET * about["full"]
    chosen = algorithm()
    most = MANY if isinstance(chosen, AdaptiveAsha) else None
    spec = StudySpec(
        "loss", about["maximize"], about["top"], about["space"], chosen, sampler=sampler,
        limits=Limits(max_trials=most, max_duration=max(1, int(budget * SECOND))),
    )  # fmt: skip
    result = simulate(spec, Table(about["path"], spec, seed, reports=True), workers, seed)
    scale = about["median"] - about["best"]
    curve = [(time / budget, max(0.0, (v - about["best"]) / scale)) for time, v in result.best]
    at = [min((r for t, r in curve if t <= share), default=1.0) for share in SHARES]
    reached = [next((t for t, r in curve if r <= goal), None) for goal in GOALS]
    return {"regret": at, "reached": reached, "trials": result.trials, "full": result.in_full}


def report(kept: dict[str, Any], workers: int, seeds: int) -> str:
    """Write medians over seeds, of each table, and over all."""
    lines = [
        "# Quality of the search", "",
        f"{workers} workers, {seeds} seeds, {BUDGET} times the median time of a full training.",
        "Times are shares of that; - is not reached. Written by `bench/quality.py`.", "",
        "| method | regret at 1/16 | at 1/4 | at the end | reaches 0.05 | reaches 0.01 |",
        "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for method in METHODS:
        runs = [kept[f"{t}|{method}|{workers}|{s}"] for t in FIRST for s in range(seeds)]
        lines.append(f"| {method} | {' | '.join(_row(runs))} |")
    lines += ["", "Regret at the end, by table:", ""]
    lines += [f"| table | {' | '.join(METHODS)} |", "|---|" + "---:|" * len(METHODS)]
    for task in FIRST:
        cells = []
        for method in METHODS:
            runs = [kept[f"{task}|{method}|{workers}|{s}"] for s in range(seeds)]
            cells.append(f"{median(r['regret'][-1] for r in runs):.3f}")
        lines.append(f"| {task} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _row(runs: list[dict[str, Any]]) -> list[str]:
    row = [f"{median(r['regret'][i] for r in runs):.3f}" for i in range(len(SHARES))]
    for i in range(len(GOALS)):
        middle = median(2.0 if r["reached"][i] is None else r["reached"][i] for r in runs)
        row.append("-" if middle > 1 else f"{middle:.3f}")
    return row


if __name__ == "__main__":
    main()
