"""Fronts of one budget: ours, Syne Tune's MOASHA and random search, on the same made-up tables.

    PYTHONPATH=server VENV/bin/python -W ignore -m bench.quality.fronts 40

VENV has syne-tune 0.13.0 and numpy below 2. Four workers train configurations of an error, which
falls with the epochs, and a latency, which the better ones pay for; all methods get the same
configurations in the same order. Told is the hypervolume of the front of latest reports, up to
(1, 1), as a share of that of all configurations in full: the median of the seeds, and quartiles. On
12 seeds, in five minutes: ours 0.966 (0.961 to 0.975), MOASHA 0.883 (0.855 to 0.898), random 0.911
(0.903 to 0.922). Why MOASHA is below random search: `findings/syne_tune_moasha_stops_the_best.sh`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import random
import statistics
import sys
from collections.abc import Callable
from typing import Any

from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.kinds import Asha
from ashad.core.objectives import Objective
from ashad.core.space import Float
from ashad.core.spec import StudySpec

TOP, WORKERS, BUDGET = 27, 4, 2_000
Point = tuple[float, float]
Table = list[tuple[float, float, float]]  # error in full, latency, how fast the error falls


def table(seed: int) -> Table:
    """Return configurations, in the order in which they are tried."""
    rng, made = random.Random(seed), []
    for _ in range(BUDGET):
        size, luck = rng.random(), rng.random()
        error = 0.05 + 0.5 * (1 - size) ** 2 + 0.4 * luck
        made.append((error, 0.1 + 0.8 * size + 0.05 * rng.random(), 0.3 + 0.4 * rng.random()))
    return made


def point(of: Table, trial: int, epoch: int) -> Point:
    """Return what a configuration has after so many epochs."""
    error, latency, speed = of[trial]
    return error + (1 - error) * (epoch**-speed - TOP**-speed), latency


def ours() -> Callable[[int, int, Point], bool]:
    """Return a judge: whether a trial goes on after an epoch."""
    objectives = Objective("error", maximize=False), Objective("latency", maximize=False)
    spec = StudySpec(
        "error", maximize=False, max_resource=TOP, space={"x": Float(0.0, 1.0)}, seed=1,
        algorithm=Asha(), objectives=objectives, combination="pareto",
    )  # fmt: skip
    archive = InMemoryArchive()
    study, records = Study.create("s", "u", spec, 1, 0, archive)
    archive.take(records)
    known: dict[int, Assignment] = {}

    def goes_on(trial: int, epoch: int, at: Point) -> bool:
        if trial not in known:
            found, _, made = study.suggest(0, f"w{trial}", f"r{trial}")
            archive.take(made)
            assert isinstance(found, Assignment)
            known[trial] = found
        held = known[trial]
        key = AttemptKey(held.trial, 1, held.token)
        content = ReportContent(epoch, at[0], f'{{"latency": {at[1]!r}}}')
        decision, _, made = study.report(0, key, content)
        archive.take(made)
        study.state.committed(study.state.seq)
        return decision.action == "CONTINUE"

    return goes_on


def moasha() -> Callable[[int, int, Point], bool]:
    """Return the judge of Syne Tune."""
    from syne_tune.backend.trial_status import Trial  # noqa: PLC0415
    from syne_tune.config_space import uniform  # noqa: PLC0415
    from syne_tune.optimizer.schedulers.multiobjective import MOASHA  # noqa: PLC0415

    scheduler = MOASHA(
        {"x": uniform(0, 1)}, metrics=["error", "latency"], mode="min", time_attr="epoch",
        max_t=TOP, grace_period=1, reduction_factor=3,
    )  # fmt: skip
    known: dict[int, Any] = {}

    def goes_on(trial: int, epoch: int, at: Point) -> bool:
        if trial not in known:
            known[trial] = Trial(trial, {"x": 0.5}, dt.datetime.now(dt.UTC))
            scheduler.on_trial_add(known[trial])
        result = {"error": at[0], "latency": at[1], "epoch": epoch}
        return bool(scheduler.on_trial_result(known[trial], result) == "CONTINUE")

    return goes_on


def in_full() -> Callable[[int, int, Point], bool]:
    """Return the judge of random search."""
    return lambda _trial, epoch, _at: epoch < TOP


def search(of: Table, goes_on: Callable[[int, int, Point], bool]) -> list[Point]:
    """Spend the budget; return the latest report of each trial."""
    latest: dict[int, Point] = {}
    busy, following = [(n, 0) for n in range(WORKERS)], WORKERS
    for step in range(BUDGET):
        slot = step % WORKERS
        trial, epoch = busy[slot][0], busy[slot][1] + 1
        latest[trial] = at = point(of, trial, epoch)
        busy[slot] = trial, epoch
        if not goes_on(trial, epoch, at) or epoch == TOP:
            busy[slot], following = (following, 0), following + 1
    return [*latest.values()]


def volume(points: list[Point]) -> float:
    """Return the area that the points dominate within the unit square."""
    area, best = 0.0, 1.0
    for first, second in sorted(points):
        if first < 1 and second < best:
            area += (1 - first) * (best - second)
            best = second
    return area


def main(seeds: int) -> None:
    """Print a line for each method."""
    for name, judge in {"ours": ours, "moasha": moasha, "random": in_full}.items():
        shares = []
        for seed in range(seeds):
            of = table(seed)
            with contextlib.redirect_stdout(io.StringIO()):
                found = search(of, judge())
            whole = volume([point(of, trial, TOP) for trial in range(len(of))])
            shares.append(volume(found) / whole)
        low, middle, high = statistics.quantiles(shares, n=4)
        print(f"{name}: {middle:.3f} ({low:.3f} to {high:.3f})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
