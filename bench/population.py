"""Population based training against Ray's, a grid and random search: `python -m bench.population`.

    toy       figure 2 of Jaderberg et al. (arXiv 1711.09846): Q = 1.2 - theta^2 is seen, what is
              trained is a surrogate with the weights h
    ray       the same from the same founders, decided by ray.tune's PopulationBasedTraining where
              it is installed (2.60.0 was); explored values are clipped to the range, as ours are
    digits    the network of examples/schedule, trained for real; and 40 settings that stay
    schedule  least squares by noisy gradient steps, which want a rate that falls: the population,
              and as many trials with one rate for the whole training, at the same resource

Each line: median, and the quartiles, over the seeds.
"""

from __future__ import annotations

import argparse
import statistics
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import ReportContent
from ashad.core.kinds import Pbt, Random
from ashad.core.space import Float, Space
from ashad.core.spec import Limits, StudySpec

POPULATION, TOP, EVERY = 10, 100, 5
HALVES: Space = {"h0": Float(0.0, 1.0), "h1": Float(0.0, 1.0)}
RATES: Space = {"lr": Float(1e-4, 1e-1, log=True)}

Train = Callable[[Any, dict[str, Any], int], tuple[Any, float]]  # weights, params, epoch


def toy(weights: Any, params: dict[str, Any], _epoch: int) -> tuple[Any, float]:
    """Return what one step makes of theta, and Q."""
    theta = np.array([0.9, 0.9]) if weights is None else weights
    theta = theta - 0.02 * np.array([params["h0"], params["h1"]]) * theta
    return theta, float(1.2 - theta @ theta)


class Squares:
    """Least squares in 50 dimensions, four noisy gradient steps an epoch."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.a = chance.normal(size=(400, 50)) * np.logspace(0, -1, 50)
        self.y = self.a @ chance.normal(size=50) + 0.5 * chance.normal(size=400)
        self.best = np.linalg.lstsq(self.a, self.y, rcond=None)[0]

    def __call__(self, weights: Any, params: dict[str, Any], epoch: int) -> tuple[Any, float]:
        """Return the weights after an epoch, and how far the loss is above the least."""
        w = np.zeros(50) if weights is None else weights
        chance = np.random.default_rng(epoch)
        for rows in chance.integers(0, 400, size=(40, 4)):
            a = self.a[rows]
            w = w - params["lr"] * a.T @ (a @ w - self.y[rows])
        gap = float(np.mean((self.a @ (w - self.best)) ** 2))
        return (w, gap) if np.isfinite(gap) else (np.zeros(50), float("inf"))


def run(spec: StudySpec, seed: int, train: Train) -> tuple[Study, float]:
    """Let as many workers as members train a study in step; return it and its best last value."""
    memory = InMemoryArchive()
    study, records = Study.create("s", "u", spec, seed, 0, memory)
    kept: dict[str, Any] = {}
    held: dict[int, list[Any]] = {}
    last: list[float] = []
    asked, at_work = 0, True

    def keep(made: list[Any]) -> None:
        memory.take(made)
        study.state.committed(study.state.seq)

    keep(records)
    while at_work:
        for worker in set(range(POPULATION)) - set(held):
            asked += 1
            job, _, made = study.suggest(asked, f"w{worker}", f"r{asked}")
            keep(made)
            if isinstance(job, Assignment):
                held[worker] = [job, job.start, kept.get(job.checkpoint or "")]
        at_work = bool(held)
        for worker, one in list(held.items()):
            job, one[1] = one[0], one[1] + 1
            one[2], value = train(one[2], job.params, one[1])
            uri = f"{job.trial}@{one[1]}"
            kept[uri] = one[2]
            content = ReportContent(one[1], value, None, uri)
            decision, _, made = study.report(asked, job.key, content)
            keep(made)
            if one[1] == spec.max_resource:
                last.append(value)
            if decision.action != "CONTINUE":
                del held[worker]
    return study, (max if spec.maximize else min)(last)


def ray(seed: int, founders: list[dict[str, Any]], train: Train) -> float:
    """Return the best last Q of a population that Ray's scheduler decides about, in step."""
    import random  # noqa: PLC0415 - Ray's own generator

    from ray.tune.schedulers import PopulationBasedTraining  # noqa: PLC0415

    random.seed(seed)
    draw = random.random
    scheduler = PopulationBasedTraining(
        time_attr="t", metric="q", mode="max", perturbation_interval=EVERY, log_config=False,
        hyperparam_mutations={"h0": draw, "h1": draw},
        custom_explore_fn=lambda config: {name: min(v, 1.0) for name, v in config.items()},
    )  # fmt: skip
    trials = [_Stub(str(number), dict(params)) for number, params in enumerate(founders)]
    controller = types.SimpleNamespace(
        search_alg=None, get_trials=lambda: trials, pause_trial=lambda trial, **_: trial.take(),
        _schedule_trial_save=lambda trial, **_: {"weights": trial.weights},
    )  # fmt: skip
    for trial in trials:
        scheduler.on_trial_add(controller, trial)
    for epoch in range(1, TOP + 1):
        for trial in trials:
            if trial.taken:
                trial.weights = trial.given()
            trial.weights, trial.q = train(trial.weights, trial.config, epoch)
            if epoch < TOP:
                scheduler.on_trial_result(controller, trial, {"t": epoch, "q": trial.q})
    return max(trial.q for trial in trials)


class _Stub:
    """As much of a Ray trial as its scheduler touches."""

    def __init__(self, trial_id: str, config: dict[str, float]) -> None:
        self.trial_id, self.config, self.experiment_tag = trial_id, config, ""
        self.status, self.weights, self.q, self.taken = "RUNNING", None, 0.0, False
        manager = types.SimpleNamespace(
            checkpoint_config=types.SimpleNamespace(num_to_keep=None),
            _latest_checkpoint_result=None,
        )
        self.run_metadata = types.SimpleNamespace(checkpoint_manager=manager)

    def __hash__(self) -> int:
        return int(self.trial_id)

    def is_finished(self) -> bool:
        return False

    def take(self) -> None:
        self.taken = True

    def given(self) -> Any:
        self.taken = False
        return self.run_metadata.checkpoint_manager._latest_checkpoint_result.checkpoint["weights"]  # noqa: SLF001

    def set_experiment_tag(self, tag: str) -> None:
        self.experiment_tag = tag

    def set_config(self, config: dict[str, float]) -> None:
        self.config = config


def founders_of(study: Study) -> list[dict[str, Any]]:
    """Return the configurations that a population began with."""
    found = [study.state.trial(number) for number in range(POPULATION)]
    return [trial.configuration() for trial in found if trial.donor is None]


def show(name: str, values: list[float]) -> None:
    """Print the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    print(f"{name:24} {middle:10.5f}   {low:10.5f} to {high:.5f}")


def digits(weights: Any, params: dict[str, Any], epoch: int) -> tuple[Any, float]:
    """Return the network of examples/schedule after one more epoch, and its loss."""
    from examples.schedule import train  # noqa: PLC0415 - scikit-learn

    network = dict(weights) if weights else train.build(seed=0)
    with np.errstate(all="ignore"):  # a rate of 1 diverges
        return network, train.train_one_epoch(network, epoch, **params)


def figure_2(seeds: range) -> None:
    """Print the paper's toy problem."""
    spec = StudySpec("q", True, TOP, HALVES, Pbt(population=POPULATION, interval=EVERY))
    found = [run(spec, seed, toy) for seed in seeds]
    show("toy: pbt", [value for _, value in found])
    fixed = StudySpec("q", True, TOP, HALVES, Random(), limits=Limits(max_trials=POPULATION))
    show("toy: random search", [run(fixed, seed, toy)[1] for seed in seeds])
    try:
        show(
            "toy: ray's pbt",
            [ray(s, founders_of(study), toy) for s, (study, _) in enumerate(found)],
        )
    except ImportError:
        print("toy: ray's pbt           ray is not installed")


def squares(seeds: range) -> None:
    """Print least squares, where a falling rate pays."""
    pbt = StudySpec("gap", False, TOP, RATES, Pbt(population=POPULATION, interval=EVERY))
    whole = StudySpec("gap", False, TOP, RATES, Random(), limits=Limits(max_trials=POPULATION))
    some = seeds[: max(2, len(seeds) // 5)]
    show("schedule: pbt", [run(pbt, seed, Squares(seed))[1] for seed in some])
    show("schedule: random search", [run(whole, seed, Squares(seed))[1] for seed in some])


def network(seeds: range) -> None:
    """Print a real training."""
    space: Space = {
        "learning_rate": Float(1e-3, 1.0, log=True),
        "momentum": Float(0.0, 0.95),
    }
    pbt = StudySpec("loss", False, 40, space, Pbt(population=POPULATION, interval=4))
    whole = StudySpec("loss", False, 40, space, Random(), limits=Limits(max_trials=POPULATION))
    some = seeds[: max(2, len(seeds) // 8)]
    show("digits: pbt", [run(pbt, seed, digits)[1] for seed in some])
    show("digits: random search", [run(whole, seed, digits)[1] for seed in some])
    ends = []
    for rate in np.geomspace(1e-3, 1, 10):
        for momentum in (0.0, 0.3, 0.6, 0.9):
            state, loss = None, 0.0
            for epoch in range(1, 41):
                params = {"learning_rate": rate, "momentum": momentum}
                state, loss = digits(state, params, epoch)
            ends.append(loss)
    print(f"digits: best of {len(ends)} that stay  {np.nanmin(ends):.5f}")


PROBLEMS = {"toy": figure_2, "schedule": squares, "digits": network}


def main() -> None:
    """Run all that can be run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", choices=PROBLEMS)
    given = parser.parse_args()
    for name, problem in PROBLEMS.items():
        if given.only in (None, name):
            problem(range(given.seeds))


if __name__ == "__main__":
    main()
