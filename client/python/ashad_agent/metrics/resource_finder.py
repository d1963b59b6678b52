"""Where a line says how far the training is. Pure.

In this order: the key (epoch=3, "Epoch 3/10"), a leading [3], [3/10] or CatBoost's `3:`, also
behind the prefix of a logger, and a progress bar's 3/10. Where it stands and cannot be read, that
is said too, since counting lines instead would be a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ashad_agent.metrics.number import whole_at, whole_of

_BEGINS = r"(?<![\w./@-])"
_PAIR = r"(?:[\w.-]{1,80}['\u2019]s\s{1,8})?[\w./@%-]{1,200}['\"]?\s{0,8}"
_LEADING = re.compile(
    r"\s{0,80}\[\s{0,20}([-+]?[0-9][0-9,_'\s]{0,60}|[0-9]{1,18}\s?/\s?[0-9]{1,18})\s?\]\s(?!\s{0,8}[\"'])"
)
_BEHIND_PREFIX = re.compile(rf"(?<![^\s\]:>])\[([0-9]{{1,18}})\]\s{{1,20}}(?={_PAIR}[=:])")
_CATBOOST = re.compile(rf"\s{{0,80}}([0-9]{{1,18}}):\s{{1,20}}(?={_PAIR}:)")
_LOGGER = r".{0,200}?(?:\]|\b(?i:info|debug|warning|notice)\b.{0,120}?[:|>-])\s{0,8}"
_BAR = re.compile(r"%\s{0,8}\|[^|]{0,1000}\|\s{0,20}([^\s\[/]{1,40})/[^\s\[]{1,40}\s{0,8}\[")
_BAR_WITHOUT_TOTAL = re.compile(r"(?:^|[\s:])([0-9]{1,18})(?:it|epochs?)\s{0,8}\[[0-9:]{4,20},")


@dataclass(frozen=True)
class Resource:
    """What a line states; `value` is None where that is no whole number. `bar`: of a bar."""

    value: int | None
    raw: str
    bar: bool = False


class ResourceFinder:
    """Finds what stands for one key."""

    def __init__(self, key: str) -> None:
        word = re.escape(key)
        self._key = re.compile(
            rf"{_BEGINS}{word}(?:['\"]?\s{{0,40}}[=:]"
            r"|(?=(?:\s{1,40}[-+]?|\s{0,40}[#\[(]\s{0,20}|)[0-9]))",
            re.IGNORECASE,
        )
        # Nothing else stands in a header but marks and what a logger writes before it.
        self._header = re.compile(
            rf"(?:{_LOGGER}|[\W_]{{0,80}}){word}\s{{0,8}}[:=#]?\s{{0,8}}[\[(]?\s{{0,8}}"
            r"([0-9]{1,18})(?:\s?(?:/|of)\s?[0-9]{1,18})?[\W_]{0,80}",
            re.IGNORECASE,
        )

    def find(self, text: str) -> Resource | None:
        """Return what the line states, if it states anything."""
        found = self._key.search(text)
        if found:
            return Resource(whole_at(text, found.end()), word_at(text, found.end()))
        leading = _LEADING.match(text)
        if leading:
            first = leading[1].partition("/")[0]
            return Resource(whole_of(first), leading[1].strip())
        behind = _BEHIND_PREFIX.search(text) or _CATBOOST.match(text)
        if behind:
            return Resource(int(behind[1]), behind[1])
        bar = _BAR.search(text) or _BAR_WITHOUT_TOTAL.search(text)
        return Resource(whole_of(bar[1]), bar[1], bar=True) if bar else None

    def header(self, text: str) -> int | None:
        """Return N of a line that is nothing but "Epoch N/total": it holds for those below."""
        found = self._header.fullmatch(text)
        return int(found[1]) if found else None


def word_at(text: str, at: int) -> str:
    """Return the word that begins there behind blanks, without quotes; empty before a pair."""
    word = re.split(r"[\s;]|,(?![0-9])", text[at : at + 4096].lstrip(), maxsplit=1)[0]
    return "" if re.match(r"['\"]?[^\W\d][\w./@-]*['\"]?[=:]", word) else word.strip("'\"")
