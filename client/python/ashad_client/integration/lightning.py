"""PyTorch Lightning: a callback that reports after each epoch that has the metric, and stops `fit`.

    trainer = Trainer(max_epochs=trial.target_resource, callbacks=[Reporter(trial, "val_loss")])
    trainer.fit(model, data, ckpt_path=trial.resume_checkpoint or None)

It reports at the end of the epoch: where one asks for a stop within it, Lightning validates once
more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import Callback

from ashad_client.integration.boosting.checkpoints import Folder
from ashad_client.integration.hook import Hook, TrialLike, log


class Reporter(Callback):
    """Reports `metric` after each epoch, by the last validation in it where there is one.

    `metric`: a name that was logged, reduced over ranks (`sync_dist=True`); else the study's.
    `checkpoints`: a folder for Lightning's checkpoints, each `every` epochs and where the trial may
    be paused.
    """

    def __init__(
        self,
        trial: TrialLike,
        metric: str | None = None,
        *,
        checkpoints: Folder | None = None,
        every: int = 0,
    ) -> None:
        self._hook = Hook(trial, "Lightning", metric)
        self._checkpoints = None if checkpoints is None else Path(checkpoints)
        self._every = every
        self._validated = False

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Check what would make ranks wait for each other, or hold back a stop."""
        del pl_module
        if stage != "fit":
            return
        self._hook.check_ranks(trainer.world_size)
        least = trainer.fit_loop.min_epochs, trainer.fit_loop.min_steps
        if (least[0] or 0) > 1 or (least[1] or 0) > 1:
            log.warning(
                "Lightning trains min_epochs=%s and min_steps=%s whatever is decided", *least
            )

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Note that the epoch has been validated."""
        del pl_module
        self._validated = not trainer.sanity_checking

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Report, and let the training end where that is decided."""
        del pl_module
        validated, self._validated = self._validated, False
        if trainer.fast_dev_run or not (validated or not trainer.enable_validation):
            return
        resource = trainer.current_epoch + 1
        if self._hook.report(resource, trainer.callback_metrics, self._save(trainer, resource)):
            trainer.should_stop = True

    def _save(self, trainer: Any, resource: int) -> str | None:
        """Save on all ranks, as Lightning wants it, and return where."""
        trial = self._hook.trial
        due = resource >= trial.target_resource
        due = due or (self._every > 0 and resource % self._every == 0)
        if self._checkpoints is None or self._hook.over or not due:
            return None
        path = self._checkpoints.absolute() / f"{trial.study}-{trial.number}-{resource}.ckpt"
        trainer.save_checkpoint(path)
        return str(path)
