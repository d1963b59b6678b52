"""What a line of a log says: the metric, how far the training is, a checkpoint. Pure.

Taken, in this order: a line that is a JSON object; `[tune-metric]: {...}`; `key=value` and
`key: value` anywhere in a line. With regexes of the user's own nothing else is taken. A line
without the study's metric says nothing, whatever else it holds. The value of a line is never
guessed: what is no plain number (0,5 or 1.5s) is not taken, and `parse` says why. A number may be
in quotes. NaN and Infinity are numbers, and mean diverged. JSON's null is none: some write it for
NaN, others where nothing was measured, and a trial that is stopped for it is stopped for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from ashad_client.errors import invalid

METRIC, RESOURCE, CHECKPOINT = "metric", "resource", "checkpoint"  # names of groups in a regex
MOST_METRICS = 128
LONGEST = 1 << 20  # bytes of a line that is still looked at

# A comma and a digit behind it is a decimal comma or a thousand: neither is taken for a number.
_DIGITS = r"(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})"
_NUMBER = rf"[-+]?(?:{_DIGITS}(?:[eE][-+]?[0-9]{{1,9}})?|(?i:nan|inf(?:inity)?))"
_ENDS = r"(?![\w.]|,[0-9])"
_BEGINS = r"(?<![\w./@-])"
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_TUNE = re.compile(r"\s*\[tune-metric\]:\s*(\{.*\})\s*")
_BRACKET = re.compile(r"\s*\[([0-9]{1,18})\]\s")


@dataclass(frozen=True)
class Reading:
    """What one line said. `resource` is None where it did not say: then it counts up."""

    value: float
    others: Mapping[str, float] = field(default_factory=dict)
    resource: int | None = None
    checkpoint: str | None = None


@dataclass(frozen=True)
class Skipped:
    """Why a line says nothing; `near` where it seems that it was meant to say something."""

    why: str
    near: bool = False
    null: bool = False  # the metric is there, and null


Parsed = Union[Reading, Skipped]
NO_METRIC = Skipped("the metric is not in it")


class MetricParser:
    """Which words to look for. Raises `Error` for rules that can find nothing.

    `metric` and `resource` are the study's words; `renamed` maps the name of a metric to the key
    that is printed for it; `resource_key` is the key that is printed for the resource.
    """

    def __init__(
        self,
        metric: str,
        resource: str,
        *,
        renamed: Mapping[str, str] | None = None,
        resource_key: str | None = None,
        regexes: Sequence[str] = (),
        zero_based: bool = False,
    ) -> None:
        self.metric, self.resource = metric, resource
        self.key = (renamed or {}).get(metric, metric)
        self.resource_key = resource_key or resource
        self.zero_based = zero_based
        self._names = {key: name for name, key in (renamed or {}).items()}
        # A key of nested JSON, eval.loss, is never written as such: its last part is.
        self._needle = re.split(r"[./]", self.key)[-1] or self.key
        self._regexes = [self._compiled(text) for text in regexes]
        if self._regexes and not any(self._holds_metric(regex) for regex in self._regexes):
            raise invalid(
                f"--regex: none has a group for the metric: write it as (?P<{METRIC}>...)"
                + (f" or (?P<{metric}>...)" if metric.isidentifier() else "")
            )
        wanted = {self.key, *self._names}
        keys = "|".join(re.escape(key) for key in sorted(wanted, key=len, reverse=True))
        self._pair = re.compile(
            rf"{_BEGINS}({keys}|[^\W\d][\w./@-]{{0,199}})['\"]?\s{{0,8}}[=:]\s{{0,8}}"
            rf"(?:(?P<quote>['\"]?)({_NUMBER})(?P=quote){_ENDS})?"
        )
        self._where = re.compile(
            rf"{_BEGINS}{re.escape(self.resource_key)}['\"]?\s{{0,8}}[=:#]?\s{{0,8}}[\[('\"]?"
            rf"([0-9]{{1,18}}(?:\.[0-9]{{1,18}})?){_ENDS}",
            re.IGNORECASE,
        )

    def needles(self) -> list[bytes]:
        """Return the texts of which a line must hold one to say anything; none: any line may."""
        if self._regexes:
            return []
        return sorted({self._needle.encode(), json.dumps(self._needle)[1:-1].encode()})

    def parse(self, line: bytes) -> Parsed:
        """Read one line, without its end."""
        if len(line) > LONGEST:
            return Skipped(f"longer than {LONGEST} bytes")
        # A progress bar writes over its line: what stands in the end is what it says.
        text = line.rstrip(b"\r\n").rpartition(b"\r")[2].decode("utf-8", "replace")
        if self._regexes:
            return self._by_regex(text)
        text = _COLOUR.sub("", text)
        if self._needle not in text and "\\u" not in text:
            return NO_METRIC
        found = _TUNE.fullmatch(text)
        whole = (found[1] if found else text).strip()
        if whole.startswith("{") and whole.endswith("}"):
            data = _object(whole)
            if data is not None:
                return self.parse_object(data)
        return self._by_pairs(text)

    def parse_object(self, data: Mapping[str, Any]) -> Parsed:
        """Read an object of JSON, or a row of CSV; what is nested is named with dots."""
        flat = _flat(data)
        if self.key not in flat:
            return NO_METRIC
        value = _number(flat[self.key])
        if flat[self.key] is None:
            why = f"{self.key} is null, which may mean not measured; for diverged print NaN"
            return Skipped(why, near=True, null=True)
        if value is None:
            return Skipped(f"{self.key} is no number: {flat[self.key]!r:.60}", near=True)
        others = {key: number for key, raw in flat.items() if (number := _number(raw)) is not None}
        named = flat.get(CHECKPOINT)
        where = _by_any_case(flat, self.resource_key)
        return self._reading(value, others, where, named if isinstance(named, str) else None)

    def _by_pairs(self, text: str) -> Parsed:
        others: dict[str, float] = {}
        words: dict[str, int] = {}  # where what is no number begins
        for found in self._pair.finditer(text):
            key, _, number = found.groups()
            if number is not None:
                others[key] = float(number)
            else:
                words[key] = found.end()
        value = others.get(self.key)
        if value is None and self.key in words:
            broken = _word(text, words[self.key])
            return Skipped(f"{self.key} is no plain number: {broken!r:.60}", near=True)
        if value is None:
            return Skipped(f"{self.key} stands in it, but not as {self.key}=NUMBER", near=True)
        checkpoint = _word(text, words[CHECKPOINT]) if CHECKPOINT in words else None
        where = self._where.search(text) or _BRACKET.match(text)
        return self._reading(value, others, where[1] if where else None, checkpoint)

    def _by_regex(self, text: str) -> Parsed:
        for regex in self._regexes:
            found = regex.search(text)
            if found is None or not self._holds_metric(regex):
                continue
            groups = {key: value for key, value in found.groupdict().items() if value is not None}
            named = {self._group_name(key): raw for key, raw in groups.items()}
            raw = named.get(self.key, "")
            value = number_of(raw)
            if value is None:
                return Skipped(f"the regex took {raw!r:.60} for the metric, no number", near=True)
            others = {
                key: number
                for key, raw in named.items()
                if key not in (RESOURCE, CHECKPOINT) and (number := number_of(raw)) is not None
            }
            where = named.get(RESOURCE)
            return self._reading(value, others, where, named.get(CHECKPOINT))
        return Skipped("no regex matches")

    def _reading(
        self, value: float, others: Mapping[str, float], where: Any, checkpoint: str | None
    ) -> Parsed:
        resource = None
        if where is not None:
            number = _number(where)
            if number is None or not number.is_integer() or not 0 <= number < 2**62:
                return Skipped(f"{self.resource_key} is no whole number: {where!r:.60}", near=True)
            resource = int(where) if isinstance(where, int) else int(number)
            resource += int(self.zero_based)
        kept = {}
        for key, number in others.items():
            name = self._names.get(key, key)
            same = key == self.key or key.lower() == self.resource_key.lower()
            if not same and name.isprintable() and 1 <= len(name) <= 200:
                kept[name] = number
        few = dict(list(kept.items())[: MOST_METRICS - 1])
        return Reading(value, few, resource, checkpoint or None)

    def _compiled(self, text: str) -> re.Pattern[str]:
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise invalid(f"--regex {text!r}: {error}") from None

    def _holds_metric(self, regex: re.Pattern[str]) -> bool:
        return any(self._group_name(group) == self.key for group in regex.groupindex)

    def _group_name(self, group: str) -> str:
        """Return the key that a group of a regex stands for."""
        if group in (METRIC, self.metric):
            return self.key
        return RESOURCE if group in (self.resource_key, self.resource) else group


class Progress:
    """How far one attempt is: gives each reading its resource, or says why it does not count."""

    def __init__(self, start: int, most: int) -> None:
        self.at, self._most = start, most

    def place(self, reading: Reading) -> int | Skipped:
        """Return the resource of a reading, which is above that of the one before it."""
        resource = self.at + 1 if reading.resource is None else reading.resource
        if resource <= self.at:
            why = f"{resource} is not above {self.at}"
            return Skipped(why + ("; does it count from 0? --zero-based" if resource == 0 else ""))
        if resource > self._most:
            return Skipped(f"{resource} is above max_resource, {self._most}")
        self.at = resource
        return resource


def _word(text: str, begin: int) -> str:
    """Return the word that begins there, without quotes."""
    return re.split(r"[\s,;]", text[begin : begin + 4096], maxsplit=1)[0].strip("'\"")


def _object(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    level: list[tuple[str, Mapping[str, Any]]] = [("", data)]
    while level:  # not recursive: depth is the writer's choice
        prefix, inner = level.pop()
        for key, value in inner.items():
            if isinstance(value, Mapping):
                level.append((f"{prefix}{key}."[:1000], value))
            else:
                flat.setdefault(prefix + key, value)
    return flat


def _by_any_case(flat: Mapping[str, Any], key: str) -> Any:
    if key in flat:
        return flat[key]
    return next((value for name, value in flat.items() if name.lower() == key.lower()), None)


def _number(raw: Any) -> float | None:
    if isinstance(raw, str):
        return number_of(raw)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    try:
        return float(raw)
    except OverflowError:
        return None


def number_of(raw: str) -> float | None:
    """Read a plain number; None for what is none."""
    return float(raw) if re.fullmatch(_NUMBER, raw.strip()) else None
