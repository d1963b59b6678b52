"""How far one attempt is: gives each reading its resource, and counts the lines that do not count.

Pure but for the clock-free log: what may spoil the whole trial is said at once, the rest when the
trial has ended, in one warning.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter

from ashad_agent.metrics.metric_parser import Reading, Skipped
from ashad_client.text import clean

log = logging.getLogger("ashad_agent")


class Progress:
    """Places the readings of one attempt. `offset` is added to what is stated."""

    def __init__(self, start: int, most: int, *, key: str = "epoch", offset: int = 0) -> None:
        self.at, self._start, self._most = start, start, most
        self._key, self._offset = key, offset
        self._stated = False  # readings of this attempt state their resource
        self._reported: float | None = None

    def place(self, reading: Reading) -> int | Skipped:
        """Return the resource of a reading, which is above that of the one before it."""
        if reading.resource is None and self._stated:
            why = f"{self._key} is not in it, but in other lines"
            hint = f"print {self._key} in each line that is to count, or choose them by --regex"
            return _skipped(reading, why, hint)
        self._stated = self._stated or reading.resource is not None
        resource = self.at + 1 if reading.resource is None else reading.resource + self._offset
        if resource <= self.at:
            return self._late(reading, resource)
        if resource > self._most:
            why = f"{self._key} {resource} is above max_resource, {self._most}"
            return _skipped(reading, why, "another key may hold the resource: --resource KEY")
        self.at = resource
        return resource

    def _late(self, reading: Reading, resource: int) -> Skipped:
        if resource == 0 and not reading.bar:
            why = f"{self._key} 0 is not above 0, so the last one would be missing"
            return _skipped(reading, why, "the program counts from 0: --zero-based", urgent=True)
        if resource <= self._start:
            why = f"{self._key} {resource} is not above {self._start}, where the trial stood"
            hint = "a program that resumes and counts from its start again: --add-start"
            return _skipped(reading, why, hint, weak=True)
        why = f"{self._key} {resource} is not above {self.at}: the first line counts"
        hint = f"print one line for each {self._key}, or choose it by --metric or --regex"
        return _skipped(reading, why, hint)


class SkippedLines:
    """The lines of one attempt that seemed meant and were not taken."""

    def __init__(self, name: str) -> None:
        self._name, self._lock = name, threading.Lock()
        self.nearest: Skipped | None = None  # the last of them
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, Skipped] = {}
        self._said: set[str] = set()

    def add(self, skipped: Skipped) -> None:
        """Count a line; say at once what may hold for every line of the program."""
        if not skipped.near:
            return
        kind = skipped.hint or skipped.why
        with self._lock:
            if self.nearest is None or not skipped.weak or self.nearest.weak:
                self.nearest = skipped
            if skipped.weak or skipped.null:
                return
            self._counts[kind] += 1
            self._examples.setdefault(kind, skipped)
            if not skipped.urgent or self._said:
                return
            self._said.add(kind)
        log.warning("%s: a line was not taken: %s", self._name, described(skipped))

    def summary(self) -> str:
        """Return how many lines were not taken, and why; empty where nothing is left to say."""
        with self._lock:
            left = [(kind, n) for kind, n in self._counts.most_common() if not self._is_said(kind)]
            if not left:
                return ""
            lines = "1 line was" if left[0][1] == 1 else f"{left[0][1]} lines were"
            more = sum(n for _, n in left[1:])
            others = f"; {more} more for other reasons" if more else ""
            return f"{lines} not taken: {described(self._examples[left[0][0]])}{others}"

    def _is_said(self, kind: str) -> bool:
        return kind in self._said and self._counts[kind] == 1


def described(skipped: Skipped) -> str:
    """Return why a line was not taken, the line, and what helps."""
    line = f", such as: {skipped.line}" if skipped.line else ""
    hint = f" ({skipped.hint})" if skipped.hint else ""
    return clean(f"{skipped.why}{hint}{line}")


def _skipped(
    reading: Reading, why: str, hint: str, *, urgent: bool = False, weak: bool = False
) -> Skipped:
    near = not reading.again
    return Skipped(why, near, hint=hint, urgent=urgent, weak=weak, line=reading.line)
