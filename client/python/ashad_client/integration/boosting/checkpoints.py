"""Where a trial's state is kept while it trains: files of its own in one folder.

A file appears under its name when it is whole; the one before goes when the next one was reported.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Union

from ashad_client.integration.hook import TrialLike

Folder = Union[str, "os.PathLike[str]"]


class Checkpoints:
    """The checkpoints of one trial; every worker must be able to read the folder.

    Kept at the target, where a trial may be paused, and after each `every` resources.
    """

    def __init__(self, trial: TrialLike, folder: Folder | None, every: int, suffix: str) -> None:
        self._trial, self._every, self._suffix = trial, every, suffix
        self._folder = None if folder is None else Path(folder)
        self._before: Path | None = None

    def save(self, resource: int, write: Callable[[str], object]) -> str | None:
        """Have the state written if it is time; return what to report, and then tell `reported`."""
        due = resource >= self._trial.target_resource
        due = due or (self._every > 0 and resource % self._every == 0)
        if self._folder is None or not due or self._trial.decision.should_stop:
            return None
        if getattr(self._trial, "rank", 0):  # of several ranks the first one writes
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{self._trial.study}-{self._trial.number}-{resource}"
        path = self._folder / f"{name}{self._suffix}"
        made = self._folder / f".{name}-{os.getpid()}{self._suffix}"  # the suffix says what format
        try:
            write(str(made))
            made.replace(path)
        finally:
            made.unlink() if made.exists() else None
        return str(path.absolute())

    def reported(self, checkpoint: str | None) -> None:
        """Remove the one before: what was reported now takes its place."""
        if checkpoint is None:
            return
        if self._before is not None and self._before != Path(checkpoint):
            self._before.unlink(missing_ok=True)
        self._before = Path(checkpoint)
