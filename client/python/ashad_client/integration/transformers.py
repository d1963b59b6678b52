"""Transformers: a callback that reports after each evaluation, and stops `Trainer.train`.

    trainer = Trainer(..., callbacks=[Reporter(trial, "eval_loss")])
    trainer.train(resume_from_checkpoint=trial.resume_checkpoint or None)

It takes the evaluation's own numbers: what is logged has four digits, and a NaN loss of the
training is logged as 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from ashad_client.errors import misuse
from ashad_client.integration.hook import Hook, TrialLike


class Reporter(TrainerCallback):
    """Reports `metric` after each evaluation: its number is the resource, the epoch by epochs.

    `metric`: a name that `Trainer.evaluate` returns, such as `eval_loss`; else the study's.
    Where the Trainer saves with each evaluation, the report names its checkpoint.
    """

    def __init__(self, trial: TrialLike, metric: str | None = None) -> None:
        self._hook = Hook(trial, "Trainer", metric)
        self._waiting: dict[str, Any] | None = None  # for the checkpoint

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Refuse what would never report, or let ranks wait for each other."""
        del state, control
        if str(args.eval_strategy.value) == "no":
            raise misuse("METRIC_MISSING", "Trainer never evaluates: set eval_strategy='epoch'")
        self._hook.check_ranks(args.world_size)

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, Any], **_: Any
    ) -> Any:
        """Report, or wait for the checkpoint that is saved next."""
        saves = str(getattr(args.save_strategy, "value", args.save_strategy)) in ("epoch", "steps")
        if control.should_save and saves:
            self._waiting = metrics
        else:
            self._report(args, state, control, metrics, None)
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Report what waits for its checkpoint."""
        metrics, self._waiting = self._waiting, None
        if metrics is not None:
            path = Path(args.output_dir).absolute() / f"checkpoint-{state.global_step}"
            self._report(args, state, control, metrics, str(path))
        return control

    def _report(
        self, args: Any, state: Any, control: Any, metrics: dict[str, Any], path: str | None
    ) -> None:
        by_epochs = str(args.eval_strategy.value) == "epoch"
        resource = round(state.epoch) if by_epochs else state.global_step // state.eval_steps
        if self._hook.report(resource, metrics, path):
            control.should_training_stop = True
