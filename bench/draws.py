"""What one configuration costs by sampler and finished trials, beside Optuna's TPE.

    python -m bench.draws

Processor time of this process for a draw, seven parameters, rungs at 1, 3, 9, 27 and 81 as a search
fills them: each keeps the best third of the one below. The trials are put in at once, so that a
million of them takes seconds; nothing is served or written.
"""

from __future__ import annotations

import argparse
import time
from array import array
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from ashad.core.brackets.entry import OUT, PROMOTED
from ashad.core.brackets.rung import Rung
from ashad.core.engine.configurations.observations import Observations
from ashad.core.engine.study import Study
from ashad.core.history.archive import InMemoryArchive
from ashad.core.kinds import Asha, Halton, RandomSampler, SpacedTpe, Tpe
from ashad.core.sampling.samplers import configure
from ashad.core.space import Float, Space
from ashad.core.spec import Sampler, StudySpec

SPACE: Space = {f"x{i}": Float(0.0, 1.0) for i in range(7)}
SAMPLERS: dict[str, Sampler] = {
    "random": RandomSampler(), "halton": Halton(), "tpe": Tpe(), "spaced_tpe": SpacedTpe(),
}  # fmt: skip
DRAWS = 60
TOP, ETA = 81, 3
MOST_OF_OPTUNA = 10_000  # a draw takes a good part of a second there


def main() -> None:
    """Measure, print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="*", default=[10**3, 10**4, 10**5, 10**6])
    options = parser.parse_args()
    print("| finished trials |", " | ".join([*SAMPLERS, "Optuna's TPE"]), "|")
    print("|---:|" + "---:|" * (len(SAMPLERS) + 1))
    for trials in options.trials:
        cells = [_told(_costs(sampler, trials)) for sampler in SAMPLERS.values()]
        cells.append(_told(_optunas(trials)) if trials <= MOST_OF_OPTUNA else "")
        print(f"| {trials:,} |", " | ".join(cells), "|", flush=True)


def _costs(sampler: Sampler, trials: int) -> list[float]:
    """Return the milliseconds of each draw."""
    spec = StudySpec("loss", False, TOP, SPACE, Asha(), sampler=sampler)
    study, _ = Study.create("bench", "uid", spec, 1, 0, InMemoryArchive())
    state, chance = study.state, np.random.default_rng(trials)
    if state.known.points is not None:
        state.known.points.extend(chance.random((trials, len(SPACE))), [True] * trials)
    state.trials = trials
    numbers, scores = np.arange(trials), chance.random(trials)
    for rung in state.brackets.open[0].rungs:
        assert isinstance(rung, Rung)
        order = np.argsort(scores[numbers], kind="stable")
        kept = order[: len(order) // ETA]
        fates = np.full(len(numbers), OUT, np.uint8)
        fates[kept] = PROMOTED
        numbered = array("I", numbers.astype(np.uint32).tobytes())
        rung.fill(array("d", scores[numbers].tobytes()), numbered, bytearray(fates.tobytes()))
        numbers = np.sort(numbers[kept])
    known = Observations(state)
    return _timed(lambda n: configure(spec, 1, trials + n, trials + n, known, state.known.tried))


def _optunas(trials: int) -> list[float]:
    """Return the milliseconds of each draw of Optuna's TPE, its trials in memory."""
    import optuna  # noqa: PLC0415 - it takes a second, and stands beside ours alone

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, constant_liar=True))
    space: dict[str, Any] = {
        name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in SPACE
    }
    chance = np.random.default_rng(trials)
    for values in chance.random((trials, len(SPACE) + 1)).tolist():
        params = dict(zip(SPACE, values, strict=False))
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=space, value=values[-1])
        )
    return _timed(lambda _: study.ask(space), 5)


def _timed(draw: Callable[[int], object], times: int = DRAWS) -> list[float]:
    found = []
    for number in range(times):
        start = time.process_time()
        draw(number)
        found.append((time.process_time() - start) * 1000)
    return found


def _told(costs: list[float]) -> str:
    return f"{median(costs):.2f} ms, at most {max(costs):.1f}"


if __name__ == "__main__":
    main()
