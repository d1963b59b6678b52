"""How many trials may run at once, for whom, and by which weights free slots are shared.

Pure: what a rule says depends on a study's name and labels and on the owner of a token alone. An
owner is the label of the token that a worker asks with; without tokens there is none, and no quota
of owners.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

ALL, STUDY, OWNER, LABEL = "all", "study", "owner", "label"
SCOPES = (ALL, STUDY, OWNER, LABEL)  # in this order they are looked at, and named as full
EACH = "*"  # as a name, or as the value of a label: each has so many of its own


class Slot(NamedTuple):
    """What trials are counted by: a study, an owner, a label KEY=VALUE, or all there are."""

    scope: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.scope} {self.name}" if self.name else self.scope


def slots(study: str, owner: str, labels: Sequence[str]) -> Iterator[Slot]:
    """Yield what a trial of a study counts for, as its worker's owner asks for it."""
    yield Slot(ALL)
    yield Slot(STUDY, study)
    if owner:
        yield Slot(OWNER, owner)
    for label in labels:
        if "=" in label:
            yield Slot(LABEL, label)


@dataclass(frozen=True, slots=True)
class QuotaRules:
    """Quotas and weights by what they are for. `share`: what weighs, the first before the next.

    A quota or weight of a name holds before one of EACH.
    """

    quotas: Mapping[Slot, int] = field(default_factory=dict)
    weights: Mapping[Slot, int] = field(default_factory=dict)
    share: tuple[str, ...] = (STUDY,)

    def trials(self, slot: Slot) -> int | None:
        """Return how many trials may run by a quota, None for any number."""
        found = self.quotas.get(slot)
        return found if found is not None else self.quotas.get(_each(slot))

    def bounds(self, study: str, owner: str, labels: Sequence[str]) -> Iterator[tuple[Slot, int]]:
        """Yield each quota that a trial counts for, and how many may run by it."""
        for slot in slots(study, owner, labels):
            most = self.trials(slot)
            if most is not None:
                yield slot, most

    def weight(self, scope: str, study: str, owner: str, labels: Sequence[str]) -> int:
        """Return what a study weighs, or an owner.

        A study without a weight of its own has the largest of its labels, else that of each study.
        """
        if scope == OWNER:
            return self._weight(Slot(OWNER, owner)) or 1
        own = self.weights.get(Slot(STUDY, study))
        if own is None:
            own = max((self._weight(Slot(LABEL, label)) or 0 for label in labels), default=0)
        return own or self.weights.get(Slot(STUDY, EACH), 1)

    def _weight(self, slot: Slot) -> int | None:
        found = self.weights.get(slot)
        return found if found is not None else self.weights.get(_each(slot))


def _each(slot: Slot) -> Slot:
    if slot.scope == LABEL:
        return Slot(LABEL, f"{slot.name.partition('=')[0]}={EACH}")
    return Slot(slot.scope, EACH)
