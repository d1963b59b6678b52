"""What people say of a study and its trials: notes and labels. They never change what is decided.

A study's own annotation is in memory; that of a trial only until the archive has it.
"""

from __future__ import annotations

import json
from functools import lru_cache

from ashad.core.history.archive import Archive
from ashad.core.history.records import OF_STUDY, Annotation


class Annotations:
    """The annotations of one study."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.own = Annotation(OF_STUDY, 0)  # of the study itself
        self._uncommitted: dict[int, Annotation] = {}

    def of(self, trial: int) -> Annotation:
        """Return what is said of a trial, or OF_STUDY, committed or not."""
        if trial == OF_STUDY:
            return self.own
        found = self._uncommitted.get(trial) or self._archive.annotation(trial)
        return found or Annotation(trial, 0)

    @property
    def own_labels(self) -> tuple[str, ...]:
        """The labels of the study."""
        return parsed(self.own.labels)

    def put(self, annotation: Annotation) -> None:
        """Take what is said from now on."""
        if annotation.trial == OF_STUDY:
            self.own = annotation
        else:
            self._uncommitted[annotation.trial] = annotation

    def committed(self, seq: int) -> None:
        """Forget what the archive now knows: all up to `seq`."""
        if self._uncommitted:
            kept = {n: one for n, one in self._uncommitted.items() if one.seq > seq}
            self._uncommitted = kept


@lru_cache(4096)
def parsed(labels: str) -> tuple[str, ...]:
    """Return the labels that a record holds as JSON."""
    return tuple(json.loads(labels))
