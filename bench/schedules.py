"""The textbook's two schedules, drawn: successive halving on two workers, synchronous and not.

Each bar is a job: its trial's number, its colour the rung it trains to; white is a worker that
waits. Writes bench/schedules.svg. `python -m bench.schedules`.
"""

from __future__ import annotations

from pathlib import Path

from ashad.core.kinds import Asha, SuccessiveHalving
from ashad.core.space import Float
from ashad.core.spec import SECOND, Algorithm, Limits, StudySpec
from ashad.simulate import Hill, Result, Trouble, simulate

OUT = Path(__file__).with_name("schedules.svg")
COLOURS = {1: "#9ecae1", 2: "#4292c6", 4: "#f6b26b", 8: "#cc4125"}
WIDTH, ROW, LEFT, GAP = 860, 26, 70, 64
WORKERS, TOP, SEED = 2, 8, 4


def main() -> None:
    """Run both and draw them on the same scale; the second gets the time that the first took."""
    waits = run(SuccessiveHalving(eta=2.0), Limits())
    free = run(Asha(promotion=True, eta=2.0), Limits(max_duration=int(waits.seconds * SECOND)))
    runs = {"synchronous": waits, "asynchronous, in the same time": free}
    OUT.write_text(draw(runs))
    for name, found in runs.items():
        print(f"{name}: {found.trials} trials, workers busy {found.utilization:.0%}")


def run(algorithm: Algorithm, limits: Limits) -> Result:
    """Return one schedule."""
    spec = StudySpec("loss", False, TOP, {"x": Float(0.0, 1.0)}, algorithm, limits=limits)
    return simulate(spec, Hill(spec, SEED, 0.5), WORKERS, SEED, Trouble(straggle=0.6))


def draw(runs: dict[str, Result]) -> str:
    """Return both schedules as SVG, one under the other."""
    scale = (WIDTH - LEFT - 10) / max(run.seconds for run in runs.values())
    height = len(runs) * (GAP + ROW * WORKERS) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">',
        "<style>text { font: 12px sans-serif }</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    y = 30
    for name, run in runs.items():
        parts.append(f'<text x="{LEFT}" y="{y - 8}" font-size="14">{name}</text>')
        parts += [
            f'<text x="6" y="{y + ROW * worker + 17}">worker {worker}</text>'
            for worker in range(WORKERS)
        ]
        for job in run.jobs:
            x, width = LEFT + job.start * scale, (job.end - job.start) * scale
            top = y + ROW * job.worker
            parts.append(
                f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{ROW - 3}" '
                f'fill="{colour(job.reached)}" stroke="#ffffff"/>'
                f'<text x="{x + width / 2:.1f}" y="{top + 16}" text-anchor="middle">'
                f"{job.trial}</text>"
            )
        y += ROW * WORKERS + GAP
    for i, (level, fill) in enumerate(COLOURS.items()):
        x = LEFT + 130 * i
        parts.append(
            f'<rect x="{x}" y="{y - 20}" width="14" height="14" fill="{fill}"/>'
            f'<text x="{x + 20}" y="{y - 8}">trained to {level}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def colour(reached: int) -> str:
    """Return the colour of the level that a job trained to, or was on its way to."""
    return COLOURS[min(level for level in COLOURS if level >= reached)]


if __name__ == "__main__":
    main()
