"""skorch: a callback that reports after each epoch, and ends `fit` in skorch's own way.

    net = NeuralNetClassifier(..., max_epochs=trial.target_resource - trial.start_resource,
                              callbacks=[Reporter(trial, "valid_loss")])

Resume with `net.initialize().load_params(f_params=...)`, from the file that was reported.
"""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback

from ashad_client.integration.boosting.checkpoints import Checkpoints, Folder
from ashad_client.integration.hook import Hook, TrialLike


class Reporter(Callback):
    """Reports `metric` after each epoch.

    `metric`: a name in the history, such as `valid_loss`; else the study's.
    `checkpoints`: a folder for parameters, each `every` epochs and where the trial may be paused.
    """

    def __init__(
        self,
        trial: TrialLike,
        metric: str | None = None,
        *,
        checkpoints: Folder | None = None,
        every: int = 0,
    ) -> None:
        self.trial, self.metric = trial, metric
        self.checkpoints, self.every = checkpoints, every

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **_: Any) -> None:  # noqa: N803
        """Count from where the trial stands; of ranks that Accelerate has, all must have it."""
        del X, y
        self._hook = Hook(self.trial, "skorch", self.metric)
        self._hook.check_ranks(getattr(getattr(net, "accelerator", None), "num_processes", 1))
        self._checkpoints = Checkpoints(self.trial, self.checkpoints, self.every, ".pt")
        self._resource = self.trial.start_resource

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Report; where a stop is decided, raise what `partial_fit` takes for the end."""
        self._resource += 1
        saved = self._checkpoints.save(self._resource, lambda path: net.save_params(f_params=path))
        over = self._hook.report(self._resource, net.history[-1], saved)
        self._checkpoints.reported(saved)
        if over:
            raise KeyboardInterrupt
