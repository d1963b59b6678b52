"""The studies in memory, by name and by number, as the file has them.

A study whose memory is in doubt is taken off and read from the file again; never is one answered
from that may be half changed. What was deleted is remembered, so that a repeated deletion is an
echo.
"""

from __future__ import annotations

from ashad.core.engine.study import Study
from ashad.core.errors import Kind, Refusal, no_study
from ashad.store import Reader, load


class Shelf:
    """All studies of one file."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._studies: dict[str, tuple[int, Study]] = {}
        self._names: dict[int, str] = {}
        self._doubted: set[str] = set()
        self._deleted: set[str] = set()  # names of studies that are gone
        self.leftover: list[int] = []  # of the studies that are gone, those with rows on file
        self.next_number = 1

    def read(self) -> None:
        """Take all studies from the file."""
        self._studies, self._names, self._doubted = {}, {}, set()
        for row in self._reader.studies():
            self.put(row.name, row.id, load(self._reader, row))
        gone = self._reader.deleted()
        self._deleted, self.leftover = set(gone.values()), self._reader.leftover()
        self.next_number = max([*self._names, *gone, self.next_number - 1]) + 1

    def find(self, name: str) -> tuple[int, Study]:
        """Return the number and the study, or refuse a name that is not there."""
        found = self._studies.get(name)
        if found is not None:
            return found
        if name in self._doubted:
            raise Refusal(
                Kind.UNAVAILABLE,
                "STUDY_RELOADING",
                f"study {name} is being read from the file again; repeat the call",
            )
        raise no_study(name)

    def of_number(self, number: int) -> tuple[str, Study] | None:
        """Return the name and the study of a number, None where it is not on the shelf."""
        name = self._names.get(number)
        return None if name is None else (name, self._studies[name][1])

    def names(self) -> list[str]:
        """Return the names of all studies in order."""
        return sorted(self._studies)

    def numbers(self) -> list[int]:
        """Return the numbers of all studies."""
        return list(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._studies or name in self._doubted

    def put(self, name: str, number: int, study: Study) -> None:
        """Take in a study."""
        self._studies[name], self._names[number] = (number, study), name

    def delete(self, name: str) -> None:
        """Forget a study that is gone for good."""
        number, _ = self._studies.pop(name)
        del self._names[number]
        self._deleted.add(name)

    def was_deleted(self, name: str) -> bool:
        """Whether there was a study of this name, and there is none now."""
        return name not in self and name in self._deleted

    def doubt(self, name: str) -> None:
        """Take off a study: nothing is answered from it until it was read again."""
        number, _ = self._studies.pop(name)
        del self._names[number]
        self._doubted.add(name)

    def read_again(self, name: str) -> int:
        """Read a doubted study from the file; return its number."""
        for row in self._reader.studies():
            if row.name == name and name in self._doubted:
                self.put(name, row.id, load(self._reader, row))
        self._doubted.discard(name)
        return self.find(name)[0]
