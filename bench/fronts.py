"""What an entry of a rung that is judged by fronts costs: `python -m bench.fronts 100000`.

Points of several shapes, random but always the same, enter one rung one after the other; the mean
of some stretches is told, in microseconds of the processor, and the slowest entry. Asserts nothing.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from fractions import Fraction

from ashad.core.brackets.points.pareto_rung import ParetoRung

Draw = Callable[[random.Random], tuple[float, ...]]


def uniform(coordinates: int) -> Draw:
    """Return points that are spread evenly."""
    return lambda rng: tuple(rng.random() for _ in range(coordinates))


def correlated(rng: random.Random) -> tuple[float, ...]:
    """Return a point whose metrics nearly agree: many fronts."""
    first = rng.random()
    return first, first + rng.random() * 0.01


def chain(rng: random.Random) -> tuple[float, ...]:
    """Return a point whose metrics agree: each is a front of its own."""
    first = rng.random()
    return first, first


def one_front(rng: random.Random) -> tuple[float, ...]:
    """Return a point that no other dominates."""
    first = rng.random()
    return first, 1 - first


SHAPES: dict[str, tuple[int, Draw]] = {
    "two metrics, random": (2, uniform(2)),
    "two that nearly agree": (2, correlated),
    "two that agree": (2, chain),
    "two, all in one front": (2, one_front),
    "three metrics, random": (3, uniform(3)),
    "four metrics, random": (4, uniform(4)),
}


def main(entries: int) -> None:
    """Print a line for each shape."""
    for name, (coordinates, draw) in SHAPES.items():
        rng, rung = random.Random(1), ParetoRung(Fraction(3), 1, None, coordinates)
        stretches, slowest = [], 0.0
        for first, last in (
            (0, entries // 10),
            (entries // 10, entries // 2),
            (entries // 2, entries),
        ):
            spent = 0.0
            for trial in range(first, last):
                point = draw(rng)
                before = time.thread_time()
                rung.enter(point[0], trial, None, point)
                took = time.thread_time() - before
                spent, slowest = spent + took, max(slowest, took)
            stretches.append(f"to {last:,} {spent / max(1, last - first) * 1e6:,.0f}")
        print(
            f"{name}: {', '.join(stretches)} us an entry; slowest {slowest * 1e3:.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
