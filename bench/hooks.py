"""What a hook costs: a report through the callback of each framework, beside a bare report.

    .venv-frameworks/bin/python -m bench.hooks [--rounds 20] [--reports 25]

In one run, a round of each in turn, beside one daemon; the ratio is that of the medians of a round.
Whatever a hook reads of its framework is there, but nothing is trained.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import ashad_client

from bench.servers import daemon

os.environ.setdefault("KERAS_BACKEND", "jax")
Step = Callable[[int, float], object]


def keras(trial: Any) -> Step:
    """Return one epoch's end of Keras."""
    from ashad_client.integration.keras import Reporter  # noqa: PLC0415

    hook = Reporter(trial, "val_loss")
    hook.set_model(SimpleNamespace(stop_training=False, save=None))
    return lambda epoch, loss: hook.on_epoch_end(epoch - 1, {"loss": loss, "val_loss": loss})


def lightning(trial: Any) -> Step:
    """Return one epoch's end of Lightning."""
    from ashad_client.integration.lightning import Reporter  # noqa: PLC0415
    from torch import tensor  # noqa: PLC0415

    hook = Reporter(trial, "val_loss")
    trainer = SimpleNamespace(
        sanity_checking=False, fast_dev_run=False, enable_validation=True, should_stop=False
    )

    def step(epoch: int, loss: float) -> None:
        trainer.current_epoch, trainer.callback_metrics = epoch - 1, {"val_loss": tensor(loss)}
        hook.on_validation_end(trainer, None)
        hook.on_train_epoch_end(trainer, None)

    return step


def transformers(trial: Any) -> Step:
    """Return one evaluation of the Trainer."""
    from ashad_client.integration.transformers import Reporter  # noqa: PLC0415
    from transformers import TrainerControl, TrainerState, TrainingArguments  # noqa: PLC0415

    hook, state, control = Reporter(trial, "eval_loss"), TrainerState(), TrainerControl()
    arguments = TrainingArguments("unused", eval_strategy="epoch", save_strategy="no", use_cpu=True)

    def step(epoch: int, loss: float) -> None:
        state.epoch = float(epoch)
        hook.on_evaluate(arguments, state, control, {"eval_loss": loss})

    return step


def skorch(trial: Any) -> Step:
    """Return one epoch's end of skorch."""
    from ashad_client.integration.skorch import Reporter  # noqa: PLC0415

    hook = Reporter(trial, "valid_loss")
    hook.on_train_begin(None)
    return lambda _, loss: hook.on_epoch_end(SimpleNamespace(history=[{"valid_loss": loss}]))


def xgboost(trial: Any) -> Step:
    """Return one round of XGBoost."""
    from ashad_client.integration.xgboost import Reporter  # noqa: PLC0415

    hook, model = Reporter(trial, "valid-rmse"), SimpleNamespace(num_boosted_rounds=lambda: 0)
    hook.before_training(model)

    def step(epoch: int, loss: float) -> None:
        hook.before_iteration(model, epoch - 1, None)
        hook.after_iteration(
            model, epoch - 1, {"train": {"rmse": [loss]}, "valid": {"rmse": [loss]}}
        )

    return step


def lightgbm(trial: Any) -> Step:
    """Return one iteration of LightGBM."""
    from ashad_client.integration.lightgbm import Reporter  # noqa: PLC0415

    hook = Reporter(trial, "valid-l2")
    return lambda epoch, loss: hook(
        SimpleNamespace(
            iteration=epoch - 1, end_iteration=trial.target_resource, model=None,
            evaluation_result_list=[("valid", "l2", loss, False)],
        )
    )  # fmt: skip


def catboost(trial: Any) -> Step:
    """Return one iteration of CatBoost."""
    from ashad_client.integration.catboost import Reporter  # noqa: PLC0415

    hook = Reporter(trial, "RMSE")
    return lambda epoch, loss: hook.after_iteration(
        SimpleNamespace(iteration=epoch - 1, metrics={"validation": {"RMSE": [loss]}})
    )


def shared(trial: Any) -> Step:
    """Return a report of a client that is shared, by one rank alone."""
    return lambda epoch, loss: trial.report(epoch, loss=loss)


def bare(trial: Any) -> Step:
    """Return a report of the client alone."""
    return lambda epoch, loss: trial.report(epoch, loss=loss)


KINDS = (bare, keras, lightning, transformers, skorch, xgboost, lightgbm, catboost, shared)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--reports", type=int, default=25, help="in a round of each")
    options = parser.parse_args()
    last = options.rounds * options.reports + 1
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        server = daemon(stack, Path(folder) / "ashad.db")
        steps = {}
        for kind in KINDS:
            client: Any = stack.enter_context(ashad_client.connect(server.address))
            client.create_study(kind.__name__, study(last))
            if kind is shared:
                client = ashad_client.shared(client)
            loop = client.trials(kind.__name__)
            steps[kind.__name__] = kind(next(loop))
            stack.callback(loop.close)
        waits: dict[str, list[float]] = {name: [] for name in steps}
        for round_ in range(options.rounds):
            for name, step in steps.items():
                waits[name].append(measured(step, round_ * options.reports, options.reports))
    for name, found in waits.items():
        ratios = [one / alone for one, alone in zip(found, waits["bare"], strict=True)]
        print(f"{name:14} {1e3 * median(found):.2f} ms, {median(ratios):.2f} of a bare report")


def study(last: int) -> dict[str, Any]:
    """Return a study in which nothing is stopped."""
    return {
        "metric": "loss",
        "goal": "minimize",
        "max_resource": last,
        "space": {"rate": {"float": [0, 1]}},
        "algorithm": {"type": "random"},
        "limits": {"max_trials": 1},
    }


def measured(step: Step, begun: int, reports: int) -> float:
    """Return the median of so many reports, in seconds."""
    waits = []
    for resource in range(begun + 1, begun + reports + 1):
        start = time.perf_counter()
        step(resource, 1 / resource)
        waits.append(time.perf_counter() - start)
    return median(waits)


if __name__ == "__main__":
    main()
