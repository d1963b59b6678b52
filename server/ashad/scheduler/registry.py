"""The studies in memory, by name and by number, as the file has them.

A study in quarantine is read from the file again before anything is answered from it: a call of it
broke off, and it may be half changed. Deleted names are remembered, so that a repeated deletion is
an echo; what is left of deleted studies in the file is removed bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple

from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError, RefusalKind, conflict, no_study
from ashad.core.history.records import Record
from ashad.core.spec import StudySpec
from ashad.core.validation.differences import differences
from ashad.scheduler.ports import StudyReader
from ashad.store import StudyRow

LARGE = 5_000  # sequence number; a study above it takes too long to load in a call


class StudyEntry(NamedTuple):
    """A study, and the number under which the file knows it."""

    number: int
    study: Study


class StudyRegistry:
    """All studies of one file."""

    def __init__(self, reader: StudyReader) -> None:
        self._reader = reader
        self._entries: dict[str, StudyEntry] = {}
        self._names: dict[int, str] = {}
        self._unloaded: dict[str, StudyRow] = {}
        self._quarantined: set[str] = set()
        self._deleted: set[str] = set()  # names of studies that are gone
        self.leftover: list[int] = []  # deleted studies of which the file still has rows
        self.next_number = 1

    def read(self) -> None:
        """Take all studies from the file: what takes long to load at once, others when asked for.

        Each has a thousandth of a second's work in its brackets alone, and may never be asked for.
        """
        self._entries, self._names, self._quarantined, self._unloaded = {}, {}, set(), {}
        at_once = self._reader.loaded_at_start(LARGE)
        for row in self._reader.studies():
            self._unloaded[row.name], self._names[row.id] = row, row.name
            if row.id in at_once:
                self._load(row.name)
        gone = self._reader.deleted()
        self._deleted, self.leftover = set(gone.values()), self._reader.leftover()
        self.next_number = max([*self._names, *gone, self.next_number - 1]) + 1

    def find(self, name: str) -> StudyEntry:
        """Return a study, or refuse a name that is not there."""
        found = self._entries.get(name)
        if found is not None:
            return found
        if name in self._unloaded:
            return self._load(name)
        if name in self._quarantined:
            raise RefusalError(
                RefusalKind.UNAVAILABLE,
                "STUDY_RELOADING",
                f"study {name} is being read from the file again; repeat the call",
            )
        raise no_study(name)

    def by_number(self, number: int) -> StudyEntry | None:
        """Return the study of a number, None where it is gone or in quarantine."""
        name = self._names.get(number)
        return None if name is None else self.find(name)

    def unloaded_leases(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield (study, trial, attempt, microseconds) of what runs in studies not yet loaded."""
        for running in self._reader.running():
            if self._names.get(running[0]) in self._unloaded:
                yield running

    def existing(self, name: str, spec: StudySpec) -> Study:
        """Return the study of this name if its spec is this one, else refuse."""
        study = self.find(name).study
        state = study.state
        if spec.seed == state.seed:  # the seed that was chosen, as GetStudy shows it
            spec = replace(spec, seed=state.original.seed)
        differing = differences(state.original, spec)
        if differing and differences(state.spec, spec):
            message = f"study {name} exists with another spec: {'; '.join(differing)}"
            if all(line.startswith("limits.") for line in differing):
                message += f"; change its limits with `ashad study update {name}` (UpdateStudy)"
            elif all(line.startswith(("limits.", "space.")) for line in differing):
                message += f"; change its space with `ashad study change {name}` (ChangeSpace)"
            fields = ",".join(line.split(":")[0] for line in differing)
            raise conflict("STUDY_EXISTS", message, fields=fields)
        return study

    def begin(
        self, name: str, uid: str, spec: StudySpec, now: int
    ) -> tuple[StudyEntry, list[Record]]:
        """Return a study that would have the next number, and its records; see `put`."""
        chosen = int.from_bytes(blake2b(uid.encode(), digest_size=8).digest(), "big") >> 1
        seed = chosen if spec.seed is None else spec.seed
        archive = self._reader.archive(self.next_number)
        study, records = Study.create(name, uid, spec, seed, now, archive)
        return StudyEntry(self.next_number, study), records

    def committed(self, marks: dict[int, int]) -> None:
        """Note up to which sequence number the file has each of these studies."""
        for number, seq in marks.items():
            entry = self.by_number(number)
            if entry is not None:
                entry.study.state.committed(seq)

    def names(self) -> list[str]:
        """Return the names of all studies in order."""
        return sorted([*self._entries, *self._unloaded])

    def labels(self, name: str) -> Sequence[str] | None:
        """Return the labels of a study, None where it is not loaded."""
        found = self._entries.get(name)
        return None if found is None else found.study.state.annotations.own_labels

    def entries(self) -> list[StudyEntry]:
        """Return the studies that are loaded."""
        return list(self._entries.values())

    def __contains__(self, name: str) -> bool:
        return any(name in known for known in (self._entries, self._unloaded, self._quarantined))

    def put(self, name: str, entry: StudyEntry) -> None:
        """Add a study."""
        self._entries[name], self._names[entry.number] = entry, name

    def delete(self, name: str) -> None:
        """Forget a study that is gone for good."""
        del self._names[self._entries.pop(name).number]
        self._deleted.add(name)

    def was_deleted(self, name: str) -> bool:
        """Whether there was a study of this name, and there is none now."""
        return name not in self and name in self._deleted

    def quarantine(self, name: str) -> bool:
        """Answer nothing from a study until it was read again; return whether it is there."""
        found = self._entries.pop(name, None)
        if found is None:
            return False
        del self._names[found.number]
        self._quarantined.add(name)
        return True

    def read_again(self, name: str) -> StudyEntry:
        """Read a study in quarantine from the file."""
        for row in self._reader.studies():
            if row.name == name and name in self._quarantined:
                self.put(name, StudyEntry(row.id, self._reader.load(row)))
        self._quarantined.discard(name)
        return self.find(name)

    def _load(self, name: str) -> StudyEntry:
        row = self._unloaded[name]
        self._entries[name] = entry = StudyEntry(row.id, self._reader.load(row))
        del self._unloaded[name]
        return entry
