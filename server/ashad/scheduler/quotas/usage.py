"""Who runs what: the running trials of all studies, counted by what quotas count.

Known always, whatever quotas there are, so that new ones find it. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from ashad.scheduler.quotas.rules import LABEL, OWNER, Slot, slots

NOBODY = Slot(OWNER)  # what runs for no owner: no quota counts it, but it has a share
K = TypeVar("K")


class _Study:
    __slots__ = ("labels", "lost", "name", "running")

    def __init__(self, name: str, labels: tuple[str, ...]) -> None:
        self.name, self.labels = name, labels
        self.running: dict[int, str] = {}  # trial -> owner
        self.lost: dict[int, str] = {}  # of those that their worker may take back


class Usage:
    """Running trials by study; where `count` was called also by owner and label."""

    def __init__(self) -> None:
        self._studies: dict[int, _Study] = {}
        self._by_name: dict[str, _Study] = {}
        self._counted = False
        self._used: dict[Slot, int] = {}
        self._holders: dict[Slot, dict[str, int]] = {}  # by study

    def count(self) -> None:
        """Count from now on what quotas count; until then it is only known what runs."""
        if not self._counted:
            self._counted = True
            for known in self._studies.values():
                for owner in known.running.values():
                    self._add(known, owner, 1)

    def __contains__(self, study: int) -> bool:
        return study in self._studies

    def enter(self, study: int, name: str, labels: Sequence[str]) -> None:
        """Take in a study, before its first trial runs."""
        self._studies[study] = self._by_name[name] = _Study(name, tuple(labels))

    def begin(self, study: int, trial: int, owner: str) -> None:
        """Take in a trial that was given to a worker of an owner."""
        known = self._studies[study]
        if known.lost:
            known.lost.pop(trial, None)
        if self._counted:
            before = known.running.get(trial)
            if before is not None:
                self._add(known, before, -1)
            self._add(known, owner, 1)
        known.running[trial] = owner

    def end(self, study: int, trial: int, *, lost: bool = False) -> None:
        """Take out a trial that runs no more. `lost`: its worker may take it back."""
        known = self._studies.get(study)
        if known is None:
            return
        owner = known.running.pop(trial, None)
        if owner is not None and self._counted:
            self._add(known, owner, -1)
        if lost:
            known.lost[trial] = owner or ""
        elif known.lost:
            known.lost.pop(trial, None)

    def lost_owner(self, study: int, trial: int) -> str | None:
        """Return who had a trial that was lost, None where that is not known."""
        known = self._studies.get(study)
        return None if known is None else known.lost.get(trial)

    def relabel(self, study: int, labels: Sequence[str]) -> None:
        """Count the trials of a study by other labels."""
        known = self._studies.get(study)
        if known is None:
            return
        for change, of in ((-1, known.labels), (1, tuple(labels))):
            known.labels = of
            for label in of:
                if "=" in label and self._counted:
                    self._count(Slot(LABEL, label), known.name, change * len(known.running))

    def forget(self, study: int) -> None:
        """Count a study no more."""
        known = self._studies.pop(study, None)
        if known is not None:
            self._by_name.pop(known.name, None)
            for owner in known.running.values() if self._counted else ():
                self._add(known, owner, -1)

    def used(self, slot: Slot) -> int:
        """Return how many trials run that a quota counts."""
        return self._used.get(slot, 0)

    def owner_of(self, name: str, trial: int) -> str | None:
        """Return whose worker runs a trial, "" for nobody's, None where it does not run."""
        known = self._by_name.get(name)
        return None if known is None else known.running.get(trial)

    def holders(self, slot: Slot) -> Mapping[str, int]:
        """Return how many trials of each study run that a quota counts."""
        return self._holders.get(slot, {})

    def owners(self, name: str) -> set[str]:
        """Return whose workers run trials of a study."""
        known = self._by_name.get(name)
        return set() if known is None else set(known.running.values())

    def in_use(self) -> list[Slot]:
        """Return all that a quota may count, in order."""
        return sorted(slot for slot in self._used if slot != NOBODY)

    def _add(self, known: _Study, owner: str, change: int) -> None:
        for slot in slots(known.name, owner, known.labels):
            self._count(slot, known.name, change)
        if not owner:
            _change(self._used, NOBODY, change)

    def _count(self, slot: Slot, study: str, change: int) -> None:
        by_study = self._holders.setdefault(slot, {})
        _change(self._used, slot, change)
        _change(by_study, study, change)
        if not by_study:
            del self._holders[slot]


def _change(counts: dict[K, int], key: K, change: int) -> None:
    count = counts.get(key, 0) + change
    if count:
        counts[key] = count
    else:
        counts.pop(key, None)
