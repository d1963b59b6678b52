"""TPE loses on tables: whether it is the sampler, or that a trial gets the nearest row.

    python -m bench.quality.lookup --seeds 5

The same searches, where a trial gets the curve of the nearest row; of the nearest row that no trial
had; or one that is made for it of the rows about it, so that near configurations differ a little
and not nothing. On the smooth ones regret is by the best and the median of 4000 random places.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from ashad.core.kinds import Asha, RandomSampler, Tpe
from ashad.core.space import Params
from ashad.core.spec import SECOND, Limits, Sampler, StudySpec
from ashad.simulate import CurveTable, simulate
from numpy.typing import NDArray

from bench.quality.runs import BUDGETS, Run, improvements
from bench.quality.tables import FIRST, Task, task

HERE = Path(__file__).parent
CURVES = Path(__file__).parents[3] / "shared" / "data" / "curves"
WORKERS, AROUND, WIDTH = 16, 10, 0.15
TABLES = [name for name in FIRST if not name.startswith("deepobs")]
SAMPLERS: dict[str, Sampler] = {"random": RandomSampler(), "TPE": Tpe()}


class Unused(CurveTable):
    """Each row once: the nearest that no trial had yet."""

    def begin(self, trial: int, params: Params) -> None:
        """Find a row; when all are used, the nearest."""
        used = list(self._rows.values())
        distances = _distances(self, params)
        if len(set(used)) < len(distances):
            distances[used] = np.inf
        self._rows[trial] = int(distances.argmin())


class Smooth(CurveTable):
    """Curves that are means of the rows around, the nearer the heavier."""

    def __init__(self, *about: Any, **more: Any) -> None:
        super().__init__(*about, **more)
        self._made: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def begin(self, trial: int, params: Params) -> None:
        """Make the curve of a trial."""
        self._made[trial] = self.mean(_distances(self, params))

    def mean(self, distances: NDArray[np.float64]) -> tuple[Any, Any]:
        """Return the curve and the seconds at a place."""
        near = np.argpartition(distances, AROUND)[:AROUND]
        weights = np.exp(-distances[near] / (2 * WIDTH**2)) + 1e-12
        weights /= weights.sum()
        return weights @ self.curve[near], weights @ self._seconds[near]

    def value(self, trial: int, resource: int) -> float:
        """Return the metric at a resource."""
        return float(self._made[trial][0][resource - 1])

    def seconds(self, trial: int, resource: int) -> float:
        """Return how long the step to this resource takes."""
        return float(self._made[trial][1][resource - 1])

    def scale(self) -> tuple[float, float]:
        """Return the best and the median final value of random places."""
        assert self._near is not None
        places = np.random.default_rng(1).random((4000, self._near.shape[1]))
        last = [self.mean(((self._near - at) ** 2).sum(axis=1))[0][-1] for at in places]
        return float(np.nanmin(last)), float(np.nanmedian(last))


KINDS: dict[str, type[CurveTable]] = {
    "nearest row": CurveTable,
    "unused row": Unused,
    "smooth": Smooth,
}


def main() -> None:
    """Make the runs, seed by seed, and write the table after each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, default=CURVES)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    found: dict[tuple[str, str, str], list[tuple[Run, int]]] = {}
    scales: dict[str, Task] = {}
    for seed in range(options.seeds):
        for name in TABLES:
            for kind in KINDS:
                for sampler in SAMPLERS:
                    one = _run(task(options.tables, name), kind, sampler, seed, scales)
                    found.setdefault((name, kind, sampler), []).append(one)
        (HERE / "lookup.md").write_text(_written(found))


def _run(
    task: Task, kind: str, sampler: str, seed: int, scales: dict[str, Task]
) -> tuple[Run, int]:
    duration = BUDGETS[WORKERS] * task.full
    limits = Limits(max_duration=int(duration * SECOND))
    spec = StudySpec(
        "loss", task.maximize, task.top, task.space, Asha(), sampler=SAMPLERS[sampler],
        limits=limits,
    )  # fmt: skip
    table = KINDS[kind](task.path, spec, seed, reports=True)
    result = simulate(spec, table, WORKERS, seed, every=0)
    if isinstance(table, Smooth):
        if task.name not in scales:
            best, middle = table.scale()
            scales[task.name] = replace(task, best=best, median=middle)
        task = scales[task.name]
    curve = improvements(task, table, result.jobs, duration)
    return Run(result.trials, result.in_full, curve), len(set(table._rows.values()))  # noqa: SLF001


def _distances(table: CurveTable, params: Params) -> NDArray[np.float64]:
    points, near = table._points, table._near  # noqa: SLF001
    assert points is not None
    assert near is not None
    here = [domain.position(params[name]) for name, domain in points.domains.items()]
    distances: NDArray[np.float64] = ((near - np.array(here)) ** 2).sum(axis=1)
    return distances


def _written(found: dict[tuple[str, str, str], list[tuple[Run, int]]]) -> str:
    seeds = min(len(runs) for runs in found.values())
    lines = [
        "# TPE and the nearest row", "",
        f"Written by `python -m bench.quality.lookup`: ASHA, {WORKERS} workers, medians of {seeds}",
        "seeds. Rows: how many different ones the trials got.", "",
        "| table | a trial gets | sampler | trials | rows | regret at 1/2 | at 2 | at 8 |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for (name, kind, sampler), pairs in found.items():
        regrets = [median(run.at(time) for run, _ in pairs) for time in (0.5, 2, 8)]
        trials = median(run.trials for run, _ in pairs)
        rows = f"{median(rows for _, rows in pairs):.0f}" if kind != "smooth" else ""
        cells = [name.replace("FixedTextRNNClassification_imdb_", ""), kind, sampler]
        cells += [f"{trials:.0f}", rows, *(f"{regret:.3f}" for regret in regrets)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
