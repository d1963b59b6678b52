"""One library's rung, filled, then given one entry after the other, each decided; nothing else.

    python -m bench.decider ashad-stopping|ashad-promotion|syne-tune-0.13|syne-tune-0.16|ray

Says `ready`; a line `fill N` has it make a full rung of N entries, a third of which went on; a line
`work SECONDS` has it decide for so long and print the microseconds of processor time that an entry
and its decision take. It calls the part of each library that decides, without its trials, searcher
and bookkeeping, which would only add to it. Runs in the environment of that library.
"""

from __future__ import annotations

import logging
import sys
import time
from array import array
from collections.abc import Callable
from random import Random
from types import SimpleNamespace

ETA, LEVELS = 3, (1, 3, 9, 27)
MOST = 2_000  # entries of one turn: the rung is to stay as full as it was
Decide = Callable[[float, int], object]


def ashad(values: list[float], *, promotion: bool) -> Decide:
    """Take our own rung."""
    from bench.rung import decider, filled  # noqa: PLC0415 - only here in its environment

    rung = filled(array("d", values), len(values), promotion=promotion)
    return decider(rung, promotion=promotion)


def syne_tune_promotion(values: list[float]) -> Decide:
    """Take the rungs of Syne Tune 0.13: a report, then the question who is promoted."""
    from syne_tune.optimizer.schedulers import hyperband_promotion as made  # noqa: PLC0415

    system = made.PromotionRungSystem(
        rung_levels=list(LEVELS), promote_quantiles=[1 / ETA] * len(LEVELS), metric="loss",
        mode="min", resource_attr="epoch", max_t=ETA * LEVELS[-1],
    )  # fmt: skip
    cutoff = sorted(values)[len(values) // ETA]
    entries = [
        made.PromotionRungEntry(str(trial), value, value < cutoff)
        for trial, value in enumerate(values)
    ]
    lowest = system._rungs[-1]  # noqa: SLF001 - no other way to fill it but by its own decisions
    lowest.data.update(entries)
    lowest._trial_ids.update(entry.trial_id for entry in entries)  # noqa: SLF001

    def decide(value: float, trial: int) -> object:
        name = str(trial)
        system.on_task_add(name, skip_rungs=0)
        system.on_task_report(name, {"loss": value, "epoch": 1}, skip_rungs=0)
        return system.on_task_schedule(name)

    return decide


def syne_tune_stopping(values: list[float]) -> Decide:
    """Take the bracket of Syne Tune 0.16, which stops."""
    from syne_tune.optimizer.schedulers.asha import Bracket  # noqa: PLC0415

    bracket = Bracket(1, ETA * LEVELS[-1], ETA, 0)
    bracket.rungs[-1][1].update((trial, {"loss": value}) for trial, value in enumerate(values))
    return lambda value, trial: bracket.on_result(trial, 1, {"loss": value})


def ray(values: list[float]) -> Decide:
    """Take the bracket of Ray Tune, which stops; it maximizes."""
    from ray.tune.schedulers.async_hyperband import _Bracket  # noqa: PLC0415

    bracket = _Bracket(1, ETA * LEVELS[-1], ETA, 0)
    bracket._rungs[-1][1].update((str(n), -value) for n, value in enumerate(values))  # noqa: SLF001
    return lambda value, trial: bracket.on_result(SimpleNamespace(trial_id=str(trial)), 1, -value)


LIBRARIES: dict[str, Callable[[list[float]], Decide]] = {
    "ashad-stopping": lambda values: ashad(values, promotion=False),
    "ashad-promotion": lambda values: ashad(values, promotion=True),
    "syne-tune-0.13": syne_tune_promotion,
    "syne-tune-0.16": syne_tune_stopping,
    "ray": ray,
}


def main() -> None:
    logging.disable()
    out, sys.stdout = sys.stdout, sys.stderr  # some print when they are imported
    make, random = LIBRARIES[sys.argv[1]], Random(1)
    decide, trial = make([0.5, 0.6]), 2
    decide(0.4, trial)  # whatever it imports late is imported now
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        word, number = line.split()
        if word == "fill":
            trial = int(number)
            decide = make([random.random() for _ in range(trial)])
            print("filled", file=out, flush=True)
            continue
        made, begun = 0, time.process_time()
        until = time.perf_counter() + float(number)
        while made < MOST and (not made or time.perf_counter() < until):
            decide(random.random(), trial)
            trial, made = trial + 1, made + 1
        print(1e6 * (time.process_time() - begun) / made, file=out, flush=True)


if __name__ == "__main__":
    main()
