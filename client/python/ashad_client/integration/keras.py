"""Keras 3: a callback that reports after each epoch, and stops `fit`.

    model.fit(..., initial_epoch=trial.start_resource, epochs=trial.target_resource,
              callbacks=[Reporter(trial, "val_loss")])

Resume with `keras.saving.load_model(trial.resume_checkpoint)`.
"""

from __future__ import annotations

from typing import Any

import keras

from ashad_client.integration.boosting.checkpoints import Checkpoints, Folder
from ashad_client.integration.hook import Hook, TrialLike


class Reporter(keras.callbacks.Callback):  # type: ignore[misc,unused-ignore]
    """Reports `metric` after each epoch, or where `fit` is told a `validation_freq`, as often.

    `metric`: a name in the logs, such as `val_loss`; else the study's.
    `checkpoints`: a folder for models, each `every` epochs and where the trial may be paused.
    """

    def __init__(
        self,
        trial: TrialLike,
        metric: str | None = None,
        *,
        checkpoints: Folder | None = None,
        every: int = 0,
        validation_freq: int = 1,
    ) -> None:
        super().__init__()
        self._hook = Hook(trial, "Keras", metric)
        self._checkpoints = Checkpoints(trial, checkpoints, every, ".keras")
        self._validation_freq = validation_freq

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Report, and let the training end where that is decided."""
        resource = epoch + 1
        if resource % self._validation_freq:
            return
        saved = self._checkpoints.save(resource, self.model.save)
        if self._hook.report(resource, logs or {}, saved):
            self.model.stop_training = True
        self._checkpoints.reported(saved)
