"""TensorBoard: a folder for each trial, with a scalar for each metric and the configuration.

`tensorboard:runs` writes to runs/STUDY/trial-NUMBER. By tensorboardX, else by that of PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ashad_client.trackers.run import TrackedTrial

try:
    from tensorboardX import SummaryWriter
    from tensorboardX.summary import hparams
except ImportError:
    from torch.utils.tensorboard import SummaryWriter
    from torch.utils.tensorboard.summary import hparams


class BoardTracker:
    """A folder of TensorBoard's."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder or "runs")

    def begin(self, trial: TrackedTrial) -> BoardRun:
        """Write into the folder of the trial."""
        return BoardRun(self._folder / trial.study / f"trial-{trial.number}", trial)


class BoardRun:
    """One trial. A later attempt writes beside the earlier one, from where it went on."""

    def __init__(self, folder: Path, trial: TrackedTrial) -> None:
        again = trial.start_resource + 1 if trial.attempt > 1 else None
        # Two files of the same second would have the same name, and one would be lost.
        suffix = f".attempt-{trial.attempt}"
        self._writer = SummaryWriter(str(folder), purge_step=again, filename_suffix=suffix)
        begin, session, self._end = hparams(dict(trial.params), {trial.metric or "metric": 0.0})
        for summary in (begin, session):
            self._write(summary)

    def report(self, resource: int, metrics: Mapping[str, float]) -> None:
        """Write scalars, at once onto the disk."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, resource)
        self._writer.flush()

    def end(self, state: str) -> None:
        """Close the file."""
        if state not in ("paused", "released", "superseded"):
            self._write(self._end)
        self._writer.close()

    def _write(self, summary: Any) -> None:
        self._writer.file_writer.add_summary(summary)


def tracker(where: str) -> BoardTracker:
    """Return the tracker of `tensorboard:FOLDER`."""
    return BoardTracker(where)
