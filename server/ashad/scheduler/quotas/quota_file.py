"""The operator's file of quotas and weights (TOML): a mistake is refused by its key, with a fix.

Only the operator writes it: a file that everybody may write is refused.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ashad.core.errors import RefusalError
from ashad.core.validation.remarks import check_labels
from ashad.core.validation.study_spec import check_study_name
from ashad.scheduler.ports import Log
from ashad.scheduler.quotas.rules import ALL, EACH, LABEL, OWNER, SCOPES, STUDY, QuotaRules, Slot

MAX_FILE_BYTES = 1 << 20
MOST, MOST_WEIGHT = 1_000_000, 1000  # trials of a quota, and what one may weigh
_SHARE = (STUDY, OWNER)
_PLACES = {  # of keys that are easily written elsewhere
    "share": "it stands at the head of the file, before the first [[quota]] or [[weight]]",
    "trials": "it stands below a [[quota]]",
    "weight": "it stands below a [[weight]]",
}


class QuotaFileError(Exception):
    """The file cannot be taken; the message names it, the key and the fix."""


def read_rules(path: Path) -> QuotaRules:
    """Return the rules of a file."""
    try:
        # Not waited for: a pipe would stop the daemon.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(MAX_FILE_BYTES + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise QuotaFileError(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise QuotaFileError(f"{path} is no file; name one of TOML")
    if mode & stat.S_IWOTH:
        raise QuotaFileError(f"{path} may be written by everyone; chmod o-w it, and look into it")
    if len(raw) > MAX_FILE_BYTES:
        raise QuotaFileError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
    try:
        return parse(tomllib.loads(raw.decode()))
    except QuotaFileError as error:
        raise QuotaFileError(f"{path}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise QuotaFileError(f"{path}: not TOML: {error}") from None


class Rereader:
    """Takes a file again when it is asked to; one that cannot be taken leaves what was taken."""

    def __init__(
        self, path: Path, take: Callable[[QuotaRules], None], log: Log, log_error: Log
    ) -> None:
        self._path, self._take, self._log, self._log_error = path, take, log, log_error

    def read(self) -> None:
        """Take the file as it is now."""
        try:
            rules = read_rules(self._path)
        except QuotaFileError as error:
            self._log_error(
                "quotas_unreadable", why=f"{error}; until it is fixed the old ones hold"
            )
            return
        self._take(rules)
        self._log("quotas_reloaded", file=str(self._path), quotas=len(rules.quotas))


def parse(data: dict[str, Any]) -> QuotaRules:
    """Return the rules that a file's content says, or refuse it."""
    _check_keys(data, ("quota", "weight", "share"), "")
    share = _share(data.get("share", [STUDY]))
    quotas = _table(data, "quota", "trials", SCOPES, (0, MOST))
    weights = _table(data, "weight", "weight", (STUDY, OWNER, LABEL), (1, MOST_WEIGHT))
    for slot in weights:
        scope = OWNER if slot.scope == OWNER else STUDY
        if scope not in share:
            raise QuotaFileError(f'[[weight]] {slot}: it weighs nothing; add "{scope}" to share')
    return QuotaRules(quotas, weights, share)


def _share(given: object) -> tuple[str, ...]:
    known = isinstance(given, list) and given and all(one in _SHARE for one in given)
    if not isinstance(given, list) or not known or len(set(given)) < len(given):
        fix = 'give "study", "owner" or both, what weighs first before: share = ["owner", "study"]'
        raise QuotaFileError(f"share: {fix}")
    return tuple(given)


def _table(
    data: dict[str, Any], table: str, number: str, scopes: tuple[str, ...], within: tuple[int, int]
) -> dict[Slot, int]:
    entries = data.get(table, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise QuotaFileError(f"{table}: write a table of its own for each: [[{table}]]")
    found: dict[Slot, int] = {}
    for place, entry in enumerate(entries, 1):
        where = f"[[{table}]] {place}: "
        _check_keys(entry, (number, *scopes), where)
        value = entry.get(number)
        if type(value) is not int or not within[0] <= value <= within[1]:
            fix = f"give a whole number, {within[0]} to {within[1]}"
            raise QuotaFileError(f"{where}{number}: {fix}")
        slot = _slot(entry, scopes, where)
        if slot in found:
            raise QuotaFileError(f"{where}{slot} is there twice; take one out")
        found[slot] = value
    return found


def _slot(entry: dict[str, Any], scopes: tuple[str, ...], where: str) -> Slot:
    given = [scope for scope in scopes if scope in entry]
    if len(given) != 1:
        raise QuotaFileError(f"{where}say for what, by one of {', '.join(scopes)}")
    [scope], name = given, entry[given[0]]
    if scope == ALL:
        if name is not True:
            raise QuotaFileError(f"{where}all: it is true, or left out")
        return Slot(ALL)
    if not isinstance(name, str):
        raise QuotaFileError(f"{where}{scope}: must be text in quotes")
    if name != EACH or scope == LABEL:
        _check_name(scope, name, where)
    return Slot(scope, name)


def _check_name(scope: str, name: str, where: str) -> None:
    if scope == LABEL:
        key, equals, value = name.partition("=")
        plain = key if key and EACH not in key else "KEY"
        each = f'"{plain}={EACH}" for each of its values'
        if EACH in key or (EACH in value and value != EACH):
            fix = f'no pattern is read; {each} is the only "{EACH}" that there is'
            raise QuotaFileError(f"{where}label: {name!r:.80}: {fix}")
        if not (key and equals and value):
            raise QuotaFileError(
                f"{where}label: {name!r:.80} has no value; give KEY=VALUE, or {each}"
            )
    elif EACH in name:
        fix = f'no pattern is read; "{EACH}" alone means each of them'
        raise QuotaFileError(f"{where}{scope}: {name!r:.80}: {fix}")
    if scope == OWNER and not (name and name.isprintable() and name.strip() == name):
        raise QuotaFileError(f"{where}owner: give the label of a token, or its id if it has none")
    try:
        if scope == STUDY:
            check_study_name(name)
        if scope == LABEL:
            check_labels("label", [name])
    except RefusalError as refusal:
        raise QuotaFileError(f"{where}{refusal.message}") from None  # it begins with the scope


def _check_keys(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            fix = _PLACES.get(key, f"there are {', '.join(known)}")
            raise QuotaFileError(f'{where}unknown key "{key:.80}"; {fix}')
