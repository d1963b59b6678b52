"""What a line of a log says: the metric, how far the training is, a checkpoint. Pure.

Taken, in this order: a line that is a JSON object; `[tune-metric]: {...}`; `key=value` and
`key: value` anywhere in a line. With regexes of the user's own nothing else is taken. A line
without the study's metric says nothing, whatever else it holds. Nothing is guessed: where the
metric is not wholly a number, stands twice, or the resource is there and is no whole number, the
line is skipped, and `parse` says why and which option helps. NaN and Infinity are numbers, and mean
diverged. JSON's null is none: some write it for NaN, others where nothing was measured, and a trial
that is stopped for it is stopped for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ashad_agent.metrics.number import number_at, number_of, whole_of
from ashad_agent.metrics.resource_finder import Resource, ResourceFinder, word_at
from ashad_client.errors import invalid

METRIC, RESOURCE, CHECKPOINT = "metric", "resource", "checkpoint"  # names of groups in a regex
MOST_METRICS = 128
LONGEST = 1 << 20  # bytes of a line that is still looked at

_BEGINS = r"(?<![\w./@-])"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x08]")
_TUNE = re.compile(r"\s*\[tune-metric\]:\s*(\{.*\})\s*")
_WIDTH = 80


@dataclass(frozen=True)
class Reading:
    """What one line said. `resource` is None where it did not say: then it counts up."""

    value: float
    others: Mapping[str, float] = field(default_factory=dict)
    resource: int | None = None
    checkpoint: str | None = None
    bar: bool = field(default=False, compare=False)  # the resource is a progress bar's
    again: bool = field(default=False, compare=False)  # of a file that was rewritten
    line: str = field(default="", compare=False)  # an excerpt

    @property
    def is_open(self) -> bool:
        """Whether a header above the line may say its resource."""
        return self.resource is None or self.bar


@dataclass(frozen=True)
class Skipped:
    """Why a line says nothing; `near` where it seems that it was meant to say something."""

    why: str
    near: bool = False
    null: bool = False  # the metric is there, and null
    hint: str = ""  # what helps
    urgent: bool = False  # nothing of this program may ever be taken
    weak: bool = False  # the metric's name, in prose perhaps
    line: str = field(default="", compare=False)


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
        self.metric, self.resource_name = metric, resource
        self.key = (renamed or {}).get(metric, metric)
        self.resource_key = resource_key or resource
        self.zero_based = zero_based
        self._names = {key: name for name, key in (renamed or {}).items()}
        # A key of nested JSON, eval.loss, is never written as such: its last part is.
        self._needle = re.split(r"[\W_]", self.key)[-1] or self.key
        self._regexes = [self._compiled(text) for text in regexes]
        if self._regexes and not any(self._holds_metric(regex) for regex in self._regexes):
            raise invalid(
                f"--regex: none has a group for the metric: write it as (?P<{METRIC}>...)"
                + (f" or (?P<{metric}>...)" if metric.isidentifier() else "")
            )
        wanted = {self.key, *self._names}
        keys = "|".join(re.escape(key) for key in sorted(wanted, key=len, reverse=True))
        self._pair = re.compile(rf"{_BEGINS}({keys}|[^\W\d][\w./@-]{{0,199}})['\"]?\s{{0,40}}[=:]")
        self._finder = ResourceFinder(self.resource_key)

    def needles(self) -> list[bytes]:
        """Return the texts of which a line must hold one to matter; none: any line may."""
        if self._regexes:
            return []
        words = {self._needle, self.resource_key}
        words |= {form for word in words for form in (word.lower(), word.title(), word.upper())}
        return sorted({form for word in words for form in (word.encode(), _escaped(word))})

    def parse(self, line: bytes) -> Parsed:
        """Read one line, without its end."""
        if len(line) > LONGEST:
            return Skipped(f"longer than {LONGEST} bytes")
        text = line.rstrip(b"\r\n").rpartition(b"\r")[2].decode("utf-8", "replace")
        said = self._by_regex(text) if self._regexes else self._parse(_CONTROL.sub("", text))
        if isinstance(said, Skipped) and not said.near:
            return said
        return replace(said, line=excerpt(text))

    def header(self, line: bytes) -> int | None:
        """Return the resource of a line that says nothing else, such as "Epoch 2/3"."""
        if self._regexes or len(line) > 1000:
            return None
        number = self._finder.header(_CONTROL.sub("", line.decode("utf-8", "replace")).strip())
        return None if number is None else number + self.zero_based

    def resource(self, line: bytes) -> int | None:
        """Return the resource that a line states, with or without the metric."""
        if self._regexes:
            return None
        found = self._finder.find(_CONTROL.sub("", line.decode("utf-8", "replace")))
        return None if found is None or found.value is None else found.value + self.zero_based

    def parse_object(self, data: Mapping[str, Any]) -> Parsed:
        """Read an object of JSON, or a row of CSV; what is nested is named with dots."""
        flat = _flat(data)
        if self.key not in flat:
            near = self._near_names(flat)
            return Skipped(NO_METRIC.why, near=True, weak=True, hint=near) if near else NO_METRIC
        value = _number(flat[self.key])
        if flat[self.key] is None:
            why = f"{self.key} is null, which may mean not measured; for diverged print NaN"
            return Skipped(why, near=True, null=True)
        if value is None:
            return self._no_number(flat[self.key])
        others = {key: number for key, raw in flat.items() if (number := _number(raw)) is not None}
        named = flat.get(CHECKPOINT)
        where = _stated(flat, self.resource_key)
        return self._reading(value, others, where, named if isinstance(named, str) else None)

    def _parse(self, text: str) -> Parsed:
        if self._needle.lower() not in text.lower() and "\\u" not in text:
            return NO_METRIC
        found = _TUNE.fullmatch(text)
        whole = (found[1] if found else text).strip()
        if whole.startswith("{") and whole.endswith("}"):
            data = _object(whole)
            if data is not None:
                return self.parse_object(data)
        return self._by_pairs(text)

    def _by_pairs(self, text: str) -> Parsed:
        others: dict[str, float] = {}
        words: dict[str, int] = {}  # where what is no number begins
        values: set[str] = set()
        found = self._pair.search(text)
        while found:
            key, at = found[1], found.end()
            number = number_at(text, at)
            if number is None:
                words[key] = at
            else:
                others[key], at = number
                values |= {repr(number.value)} if key == self.key else set()
            found = self._pair.search(text, at)
        # A word beside a number is prose ("loss: mse, loss=0.5"); a broken number is not.
        broken = word_at(text, words[self.key]) if self.key in words else None
        if broken is not None and not (values and broken[:1].isalpha()):
            return self._no_number(broken)
        if not values:
            why = f"{self.key} stands in it, but not as {self.key}=NUMBER"
            near = self._near_names([*others, *words])
            shown = self.key in text or near
            return Skipped(why, near=True, weak=True, hint=near) if shown else NO_METRIC
        if len(values) > 1:
            why = f"{self.key} stands in it more than once: {', '.join(sorted(values))}"
            hint = f"--metric {self.metric}=KEY with the words before it: "
            return Skipped(why, near=True, hint=hint + f"{self.metric}='valid {self.key}'")
        where = self._finder.find(text)
        checkpoint = word_at(text, words[CHECKPOINT]) if CHECKPOINT in words else None
        return self._reading(others[self.key], others, where, checkpoint)

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
            at = named.get(RESOURCE)
            where = None if at is None else Resource(whole_of(at), at)
            return self._reading(value, others, where, named.get(CHECKPOINT))
        return Skipped("no regex matches")

    def _reading(
        self,
        value: float,
        others: Mapping[str, float],
        where: Resource | None,
        checkpoint: str | None,
    ) -> Parsed:
        if where is not None and where.value is None:
            why = f"{self.resource_key} is no whole number: {where.raw!r:.60}"
            hint = "print it plainly, as 1000; if it stands elsewhere: --resource KEY or --regex"
            return Skipped(why, near=True, hint=hint, urgent=True)
        bar = where is not None and where.bar
        resource = None if where is None else where.value
        if resource is not None and not bar:
            resource += self.zero_based
        kept = {}
        for key, number in others.items():
            name = self._names.get(key, key)
            same = key == self.key or key.lower() == self.resource_key.lower()
            if not same and name.isprintable() and 1 <= len(name) <= 200:
                kept[name] = number
        few = dict(list(kept.items())[: MOST_METRICS - 1])
        return Reading(value, few, resource, checkpoint or None, bar)

    def _no_number(self, raw: object) -> Skipped:
        why = f"{self.key} is no plain number: {raw!r:.60}"
        hint = f"print it as 1234.5 or 1e-3; if another is meant: --metric {self.metric}=KEY"
        return Skipped(why, near=True, hint=hint)

    def _near_names(self, keys: Collection[str]) -> str:
        """Return the option that takes what has almost the name of the metric."""
        wanted = self._needle.lower()
        near = [key for key in keys if wanted in re.split(r"[\W_]", key.lower())]
        return " or ".join(f"--metric {self.metric}={key}" for key in near[:3])

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
        return RESOURCE if group in (self.resource_key, self.resource_name) else group


def excerpt(text: str) -> str:
    """Return the beginning of a line as it can be shown."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * _WIDTH]).strip()
    return shown if len(shown) <= _WIDTH else shown[:_WIDTH] + "..."


def _escaped(word: str) -> bytes:
    return json.dumps(word)[1:-1].encode()


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


def _stated(flat: Mapping[str, Any], key: str) -> Resource | None:
    name = key if key in flat else next((n for n in flat if n.lower() == key.lower()), None)
    if name is None:
        return None
    raw = flat[name]
    if isinstance(raw, str):
        return Resource(whole_of(raw), raw)
    number = _number(raw)
    whole = number is not None and number.is_integer() and 0 <= number < 2**62
    return Resource(int(raw) if whole else None, repr(raw))


def _number(raw: Any) -> float | None:
    if isinstance(raw, str):
        return number_of(raw)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    try:
        return float(raw)
    except OverflowError:
        return None
