"""A strict view of one table: each value in its own type, each mistake kept with its path.

Nothing is converted but a whole number to a real one: true is not 1, "0.9" is not 0.9. Reading goes
on after a mistake, so that the first twenty are told at once. `done()` names the keys that are not
ours, and what ours are where others' names are known.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Callable, TypeVar

from google.protobuf.duration_pb2 import Duration

from ashad_client.dialect.synonyms import SYNONYMS
from ashad_client.text import DURATION_FORM, clean, seconds_from_text

MAX_MISTAKES = 20
MAX_DURATION_S = 315_576_000_000  # what google.protobuf.Duration can hold

T = TypeVar("T")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MISSING = object()


class WrongValueError(ValueError):
    """A value of the wrong type or out of bounds; says what it must be."""


class Mistakes:
    """What is wrong with one study, in the order it was found; the first twenty."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: str, problem: str) -> None:
        """Keep one."""
        if len(self.lines) < MAX_MISTAKES:
            self.lines.append(f"{path}: {problem}" if path else problem)


class Table:
    """One table; the methods give None where the key is absent or wrong."""

    def __init__(self, data: Mapping[str, Any], path: str, mistakes: Mistakes) -> None:
        self.data = data
        self.path = path
        self.mistakes = mistakes
        self._known: list[str] = []

    def at(self, key: str) -> str:
        """Path of a key from the top."""
        word = key if _BARE.fullmatch(key) else f'"{clean(key)}"'
        return f"{self.path}.{word}" if self.path else word

    def wrong(self, key: str, problem: str) -> None:
        """Keep a mistake about a key."""
        self.mistakes.add(self.at(key), problem)

    def raw(self, key: str, *, required: bool = False) -> Any:
        """Give the value in whatever type, or the mark of a missing one."""
        self._known.append(key)
        if key in self.data:
            return self.data[key]
        if required:
            self.wrong(key, "is missing")
        return _MISSING

    def has(self, key: str) -> bool:
        """Whether the key is there, right or wrong."""
        return key in self.data

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Read text."""
        found = self.raw(key, required=required)
        if found is _MISSING:
            return None
        if not isinstance(found, str):
            self.wrong(key, f"must be text, not {describe(found)}")
            return None
        if required and not found:
            self.wrong(key, "must not be empty")
            return None
        return found

    def boolean(self, key: str) -> bool | None:
        """Read true or false."""
        found = self.raw(key)
        if isinstance(found, bool):
            return found
        if found is not _MISSING:
            self.wrong(key, f"must be true or false, not {describe(found)}")
        return None

    def word(
        self, key: str, words: Mapping[str, int], *, required: bool = False, otherwise: str = ""
    ) -> int | None:
        """Read one of some words, as its number; `otherwise`: what to do instead."""
        found = self.text(key, required=required)
        if found is None or found in words:
            return None if found is None else words[found]
        listed = " or ".join(f'"{word}"' for word in words)
        near = close_match(found.lower(), words)
        self.wrong(key, f"must be {listed}, not {describe(found)}{near or otherwise}")
        return None

    def integer(
        self, key: str, *, least: int | None = None, bits: int = 64, required: bool = False
    ) -> int | None:
        """Read a whole number of so many bits."""
        found = self.raw(key, required=required)
        if found is _MISSING:
            return None
        return self.checked(key, lambda: integer(found, least=least, bits=bits))

    def number(self, key: str, *, above: float | None = None) -> float | None:
        """Read a finite real number."""
        found = self.raw(key)
        if found is _MISSING:
            return None
        read = self.checked(key, lambda: real(found))
        if read is not None and above is not None and not read > above:
            self.wrong(key, f"must be above {above:g}")
            return None
        return read

    def duration(self, key: str) -> Duration | None:
        """Read a duration: "12m", or a number of seconds."""
        found = self.raw(key)
        if found is _MISSING:
            return None
        return self.checked(key, lambda: duration(found))

    def table(self, key: str, *, required: bool = False) -> Table | None:
        """Read a table inside this one."""
        found = self.raw(key, required=required)
        if found is _MISSING:
            return None
        if not isinstance(found, Mapping):
            self.wrong(key, f"must be a table, not {describe(found)}")
            return None
        return Table(found, self.at(key), self.mistakes)

    def array(self, key: str) -> list[Any] | None:
        """Read a list."""
        found = self.raw(key)
        if isinstance(found, list):
            return found
        if found is not _MISSING:
            self.wrong(key, f"must be a list, not {describe(found)}")
        return None

    def checked(self, key: str, read: Callable[[], T]) -> T | None:
        """Run a reader that raises ValueError, and keep its mistake under this key."""
        try:
            return read()
        except ValueError as error:
            self.wrong(key, str(error))
            return None

    def checked_item(self, key: str, index: int, read: Callable[[], T]) -> T | None:
        """Run a reader of one item of a list, and keep its mistake under key[index]."""
        try:
            return read()
        except ValueError as error:
            self.mistakes.add(f"{self.at(key)}[{index}]", str(error))
            return None

    def moved(self, key: str, ours: str) -> None:
        """Name a key that is said elsewhere."""
        self._known.append(key)
        self.wrong(key, f"unknown key; {ours}")

    def done(
        self,
        known: Iterable[str] = (),
        *,
        where: str = "",
        places: Mapping[str, str] = {},
        others: Mapping[str, str] = {},
    ) -> None:
        """Name the keys that nobody asked for, and ours.

        `places`: where keys stand elsewhere; `others`: types with keys that this one lacks.
        """
        names = [*self._known, *known]
        for key in self.data:
            if key not in names:
                absent = [name for name in names if name not in self.data]
                guess = f"unknown key{where}{close_match(str(key), absent)}"
                self.wrong(key, _known_as(str(key), names, places, others, where) or guess)


def _known_as(
    key: str, names: list[str], places: Mapping[str, str], others: Mapping[str, str], where: str
) -> str:
    """Return what is said of a key that is known, or another tool's word for one; else nothing."""
    ours = SYNONYMS.get(key, key)
    first = ours.split(",")[0]
    if first in names:
        return f"here it is {ours}"
    if first in places:
        place = places[first]
        return f"it stands {place}" if ours == key else f"here it is {ours}, {place}"
    return f"unknown key{where}; {first} is of type {others[first]}" if first in others else ""


def integer(found: object, *, least: int | None = None, bits: int = 64) -> int:
    """Check that a value is a whole number of so many bits."""
    if isinstance(found, bool) or not isinstance(found, int):
        raise WrongValueError(f"must be a whole number, not {describe(found)}")
    if not -(1 << bits - 1) <= found < 1 << bits - 1:
        raise WrongValueError(f"does not fit in {bits} bits")
    if least is not None and found < least:
        raise WrongValueError(f"must be at least {least}, not {found}")
    return found


def real(found: object) -> float:
    """Check that a value is a finite number that a double holds exactly as written."""
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise WrongValueError(f"must be a number, not {describe(found)}")
    if isinstance(found, int) and (abs(found) > 1 << 1023 or int(float(found)) != found):
        raise WrongValueError("is a whole number too large for a real one; write it with a dot")
    if not math.isfinite(found):
        raise WrongValueError("must be finite")
    return float(found)


def duration(found: object) -> Duration:
    """Check that a value is a duration: "12m", a number of seconds, or a timedelta."""
    if isinstance(found, timedelta):
        found = found.total_seconds()
    if isinstance(found, str):
        seconds = seconds_from_text(found)
    elif isinstance(found, bool) or not isinstance(found, (int, float)):
        raise WrongValueError(f"must be {DURATION_FORM}, not {describe(found)}")
    elif not math.isfinite(found):
        raise WrongValueError(f"must be {DURATION_FORM}")
    else:
        seconds = Decimal(repr(found))
    if not 0 <= seconds <= MAX_DURATION_S:
        raise WrongValueError(f"must be a duration from 0 to {MAX_DURATION_S} seconds")
    whole = int(seconds)
    nanos = (seconds - whole).scaleb(9)
    if nanos != int(nanos):
        raise WrongValueError("must be a duration in whole nanoseconds")
    return Duration(seconds=whole, nanos=int(nanos))


def describe(found: object) -> str:
    """Say what a value is, shortly and safely."""
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, (int, float)):
        return f"the number {str(found)[:40]}"
    if isinstance(found, str):
        return f'"{clean(found[:40])}{"..." if len(found) > 40 else ""}"'
    if isinstance(found, Mapping):
        return "a table"
    if isinstance(found, list):
        return "a list"
    return (
        "a date or time"
        if hasattr(found, "isoformat")
        else f"a value of type {type(found).__name__}"
    )


def close_match(word: str, known: Iterable[str]) -> str:
    """' (did you mean "x"?)' or nothing."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{found[0]}"?)' if found else ""
