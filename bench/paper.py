"""Appendix A.1 of the ASHA paper (arXiv 1810.05934): stragglers and dropped jobs, ASHA against SHA.

25 workers, eta 4, R 256, brackets of 256 trials, 2000 units of time; a job takes 1 + |z| times as
long, z normal; a dropped job is issued again. The table goes to bench/paper.md.
"""

from __future__ import annotations

import argparse
from multiprocessing import Pool
from pathlib import Path
from statistics import mean, stdev

from ashad.core.kinds import Asha, SuccessiveHalving
from ashad.core.space import Float
from ashad.core.spec import SECOND, Algorithm, Limits, StudySpec
from ashad.simulate import Hill, Result, Trouble, simulate

HERE = Path(__file__).parent
DEVIATIONS = (0.10, 0.24, 0.56, 1.33)
DROPS = (0.0, 0.002, 0.005, 0.01)
WORKERS, TIME, TOP = 25, 2000, 256
ALGORITHMS: dict[str, Algorithm] = {
    "ASHA": Asha(promotion=True, eta=4.0),
    "SHA": SuccessiveHalving(eta=4.0, trials=256, repeat=True),
}
# Another simulation of the same experiment, 10 seeds, from our reference: (ASHA, SHA).
BEFORE = {
    0.0: [(48.5, 39.8), (44.4, 35.6), (36.4, 27.8), (23.2, 18.5)],
    0.002: [(47.6, 36.4), (40.6, 32.3), (31.6, 24.6), (19.7, 15.4)],
    0.005: [(38.3, 31.0), (35.3, 26.7), (23.2, 20.3), (15.1, 9.9)],
    0.01: [(28.6, 20.6), (21.5, 16.5), (15.5, 11.1), (7.4, 4.8)],
}

Cell = tuple[str, float, float, int]


def run(cell: Cell) -> tuple[int, float]:
    """Return how many trials were trained in full in the time, and when the first was."""
    name, deviation, drop, seed = cell
    spec = StudySpec(
        "loss", False, TOP, {"x": Float(0.0, 1.0)}, ALGORITHMS[name],
        limits=Limits(max_duration=TIME * SECOND),
    )  # fmt: skip
    trouble = Trouble(straggle=deviation, drop=drop)
    result = simulate(spec, Hill(spec, seed, 1.0), WORKERS, seed, trouble, every=0)
    return counted(result), min(TIME, result.first_full or TIME)


def counted(result: Result) -> int:
    """Return how many trials were trained in full within the time.

    A worker hears that the time is over only at its next report, so the jobs under way are trained
    to their ends; what ends later does not count.
    """
    return sum(job.reached >= TOP and job.end <= TIME for job in result.jobs)


def main() -> None:
    """Run all cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=25)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE / "paper.md")
    options = parser.parse_args()
    cells = [
        (name, deviation, drop, seed)
        for drop in DROPS
        for deviation in DEVIATIONS
        for name in ALGORITHMS
        for seed in range(options.seeds)
    ]
    with Pool(options.processes) as pool:
        found = dict(zip(cells, pool.map(run, cells, chunksize=5), strict=True))
    text = report(found, options.seeds)
    options.out.write_text(text)
    print(text)


def report(found: dict[Cell, tuple[int, float]], seeds: int) -> str:
    """Write the tables."""
    lines = [
        "# Stragglers and dropped jobs", "",
        f"Trials trained in full within {TIME} units by {WORKERS} workers: mean of {seeds} seeds,",
        "its standard error, and in brackets another simulation of the experiment (10 seeds). A",
        "dropped job is issued again at the same rung; what still trains when the time is over",
        "does not count. Written by `make paper`.", "",
        "| drop a unit | deviation | ASHA | SHA | ASHA first in full | SHA first in full |",
        "|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for drop in DROPS:
        for i, deviation in enumerate(DEVIATIONS):
            row, firsts = [], []
            for k, name in enumerate(ALGORITHMS):
                runs = [found[name, deviation, drop, seed] for seed in range(seeds)]
                many = [n for n, _ in runs]
                error = stdev(many) / len(many) ** 0.5 if len(many) > 1 else 0.0
                row.append(f"{mean(many):.1f} ± {error:.1f} ({BEFORE[drop][i][k]})")
                firsts.append(f"{mean(first for _, first in runs):.0f}")
            lines.append(f"| {drop} | {deviation} | {' | '.join(row)} | {' | '.join(firsts)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
