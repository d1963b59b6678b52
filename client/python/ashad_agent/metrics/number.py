"""Numbers as programs print them: C, Python, NumPy, PyTorch, R, Julia, Fortran, MSVC. Pure.

What is not wholly a number is none: 1,5 and 1'234 and 3:20 and 10^-3 and 12ms are not cut down to
their first digits. Numbers in the notations of the field are: 1.5D-03 and 1.000+100 (Fortran),
np.float64(0.1), tensor(0.1, device='cuda:0'), 1.#QNAN, and the mean of 0.44+0.01 (XGBoost's cv).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

_DIGITS = r"(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})"
# Fortran drops the letter of an exponent with three digits.
_EXPONENT = r"(?:[eEdDfFqQ][-+]?[0-9]{1,9}|[-+][1-9][0-9]{2}(?![0-9.]))"
_NOT_FINITE = r"(?i:nan(?:\([a-z0-9]{0,40}\)|16|32)?|inf(?:inity|16|32)?|1\.#[a-z]{1,4}[0-9]{0,20})"
_PLAIN = rf"[-+]?(?:{_NOT_FINITE}|{_DIGITS}{_EXPONENT}?)"
_SPREAD = rf"(?:\s?(?:\+/?-|\u00b1)\s?|\+)(?:{_DIGITS}(?:[eE][-+]?[0-9]{{1,3}})?|(?i:nan|inf))"
_WRAPPED = (
    r"(?:[A-Za-z_]\w{0,40}\.){0,3}"
    r"(?i:b?float[0-9]{0,3}|double|longdouble|half|single|(?:device)?array|tensor|decimal)"
    rf"\(\s{{0,20}}['\"]?(?P<wrapped>{_PLAIN})['\"]?\s{{0,20}}"
    r"(?:,[^()]{0,400}(?:\([^()]{0,80}\)[^()]{0,400})?)?\)"
    rf"|<tf\.(?:Tensor|Variable)[^<>]{{0,200}}numpy=(?P<tf>{_PLAIN})>"
)
_ANY = rf"(?:{_WRAPPED}|(?P<plain>{_PLAIN})(?P<spread>{_SPREAD})?)"
# What may not follow a number: a letter, a sign, a power, a ratio, or digits behind a mark.
ENDS = (
    r"(?!\w|[-+\u2212\u207b^\u00d7\u22c5\u00b7\u2219\u00b1~=#@$\u20ac\u00a3\u00b0/(\[{]|\*(?!\s|$)|\.\w|[.,:;'\u2019\u2018`\u00a0\u2007\u2009\u202f][0-9]"
    r"|\\(?![nrt]))"
)
_IN_TEXT = re.compile(rf"\s{{0,400}}(?P<quote>['\"]?){_ANY}(?P=quote){ENDS}")
_NUMBER = re.compile(_ANY)
# 1 234 is one number in many a language; so is 1.5 x 10^-3.
_GROUPED = re.compile(r" [0-9]{3}(?![\w/%:=])")
_SHORT = re.compile(r"[-+]?[0-9]{1,3}")
_POWER = re.compile(r"\s{0,8}(?:[\u00d7\u22c5\u00b7\u2219*xX]\s{0,8}10|[eEdD][-+][0-9])")
_WHOLE = r"[0-9]{1,18}(?:\.[0-9]{0,18})?(?:[eEdD][-+]?[0-9]{1,2})?"
_WHOLE_IN_TEXT = re.compile(
    rf"\s{{0,400}}#?\s{{0,8}}[\[('\"]?\s{{0,20}}(?P<whole>{_WHOLE})"
    rf"(?P<total>\s?/\s?(?:[0-9][0-9,._']{{0,40}}|\?))?{ENDS}"
)
_THOUSANDS = re.compile(r"[0-9]{1,3}\.0{3}")  # 1.000 is a thousand in half of Europe


class InText(NamedTuple):
    """A number that stands in a text, and where it ends."""

    value: float
    end: int


def number_at(text: str, at: int) -> InText | None:
    """Read the number that begins there, behind blanks; None for what is not wholly a number."""
    found = _IN_TEXT.match(text, at)
    if found is None or _POWER.match(text, found.end()):
        return None
    if _SHORT.fullmatch(found[0].strip()) and _GROUPED.match(text, found.end()):
        return None
    value = _value(found)
    return None if value is None else InText(value, found.end())


def number_of(raw: str) -> float | None:
    """Read a text that is a number; None for what is none."""
    found = _NUMBER.fullmatch(raw.strip())
    return _value(found) if found else None


def whole_at(text: str, at: int) -> int | None:
    """Read the whole number that begins there; 3 of 3/10, [3] and "3"."""
    found = _WHOLE_IN_TEXT.match(text, at)
    if found is None:
        return None
    short = not found["total"] and _SHORT.fullmatch(found["whole"])
    if short and _GROUPED.match(text, found.end()):
        return None
    return whole_of(found["whole"])


def whole_of(raw: str) -> int | None:
    """Read a whole number without sign, 2e+03 and 3.0 among them; None for what is none."""
    raw = raw.strip()
    if not re.fullmatch(_WHOLE, raw) or _THOUSANDS.fullmatch(raw):
        return None
    number = Decimal(raw.lower().replace("d", "e"))
    whole = int(number) if number.adjusted() < 19 else -1
    return whole if whole == number and whole < 2**62 else None


def _value(found: re.Match[str]) -> float | None:
    raw = found["wrapped"] or found["tf"] or found["plain"]
    spread = found["spread"] or ""
    if spread.startswith("+") and not re.search(r"[.eni]", raw.lower() + spread.lower()):
        return None  # 10+5 may be anything
    text = raw.lower()
    sign = "-" if text.startswith("-") else ""
    text = text.lstrip("+-")
    if text.startswith("1.#"):
        return float(f"{sign}inf" if text.startswith("1.#inf") else "nan")
    if text.startswith(("nan", "inf")):
        return float(sign + text[:3])
    fortran = re.fullmatch(r"([0-9.]+)([-+][0-9]{3})", text)
    if fortran:
        return float(f"{sign}{fortran[1]}e{fortran[2]}") if "." in fortran[1] else None
    return float(sign + re.sub("[dfq]", "e", text))
