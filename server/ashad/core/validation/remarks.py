"""What may be said of a study, a trial or an attempt: notes, labels and attributes, and how much.

None of it is ever judged; all of it is text of others, which whoever shows it makes harmless.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ashad.core.errors import invalid
from ashad.core.history.records import Annotation

MAX_NOTE_BYTES = 16_384
MAX_LABELS, MAX_LABEL = 32, 64
MAX_ATTRIBUTES, MAX_ATTRIBUTE, MAX_ATTRIBUTES_BYTES = 32, 1024, 8_192

OWNER = "ashad.owner"  # an attribute that the daemon alone gives

_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_encode = json.JSONEncoder(ensure_ascii=False).encode


class Remark(NamedTuple):
    """What is to be said of a study or a trial from now on; a note of None stays as it is."""

    note: str | None = None
    add: Sequence[str] = ()
    remove: Sequence[str] = ()


def annotated(now: Annotation, seq: int, remark: Remark) -> Annotation:
    """Return an annotation with a remark, or the same one where that changes nothing.

    Refuses what is too much or no text for people, by the name of the field.
    """
    note = now.note if remark.note is None else check_note(remark.note)
    add, remove = (
        check_labels("add_labels", remark.add),
        check_labels("remove_labels", remark.remove),
    )
    if both := sorted(add & remove):
        raise invalid("remove_labels", f"{both[0]!r} is in add_labels too: name it in one of them")
    if remark.note is None and not add and not remove:
        raise invalid("note", "there is nothing to say: give a note, add_labels or remove_labels")
    labels = (set(json.loads(now.labels)) | add) - remove
    if len(labels) > MAX_LABELS:
        raise invalid(
            "add_labels", f"that makes {len(labels)} labels, at most {MAX_LABELS}; remove some"
        )
    made = Annotation(now.trial, seq, note, _encode(sorted(labels)))
    return now if made[2:] == now[2:] else made


def check_note(note: str) -> str:
    """Return a note, or refuse it."""
    size = len(note.encode())
    if size > MAX_NOTE_BYTES:
        raise invalid("note", f"it has {size} bytes, at most {MAX_NOTE_BYTES}: link to the rest")
    if not all(line.isprintable() for line in re.split(r"[\r\n\t]", note)):
        raise invalid("note", "control characters are not allowed, but line ends and tabs")
    return note


def check_labels(field: str, labels: Iterable[str]) -> set[str]:
    """Return labels, each once, or refuse them."""
    found = set(labels)
    if len(found) > MAX_LABELS:
        raise invalid(field, f"at most {MAX_LABELS} labels")
    for label in sorted(found):
        whole = label.isprintable() and "," not in label and label.strip() == label
        if not (whole and 1 <= len(label) <= MAX_LABEL):
            raise invalid(
                field,
                f"{label[:MAX_LABEL]!r} is no label: give 1 to {MAX_LABEL} printable characters, "
                "no comma among them and no blank at an end",
            )
    return found


def check_attribute(field: str, name: str) -> None:
    """Refuse what is no name of an attribute."""
    if not _ATTRIBUTE.fullmatch(name):
        fix = "a name has 1 to 64 characters: a letter or _, then letters, digits, and _ . -"
        raise invalid(field, fix)


@lru_cache(1024)  # those of a worker are the same each time
def check_attributes(attributes: tuple[tuple[str, str], ...]) -> str | None:
    """Return attributes as JSON text in the order of their names, None for none; or refuse them."""
    found: dict[str, str] = {}
    for name, value in attributes:
        field = f"attributes[{name[:64]!r}]"
        check_attribute(field, name)
        if name == OWNER:
            raise invalid(field, "the daemon gives it, by the caller's token; use another name")
        if name in found:
            raise invalid(field, "it is given twice")
        if not 1 <= len(value) <= MAX_ATTRIBUTE or not value.isprintable():
            raise invalid(field, f"give a value of 1 to {MAX_ATTRIBUTE} printable characters")
        found[name] = value
    if not found:
        return None
    if len(found) > MAX_ATTRIBUTES:
        raise invalid("attributes", f"at most {MAX_ATTRIBUTES}")
    text = _encode(dict(sorted(found.items())))
    if len(text.encode()) > MAX_ATTRIBUTES_BYTES:
        raise invalid("attributes", f"at most {MAX_ATTRIBUTES_BYTES} bytes together as JSON")
    return text


@lru_cache(4096)
def with_owner(attributes: str | None, owner: str) -> str | None:
    """Return attributes with whose worker asks: one more than a caller may give."""
    if not owner:
        return attributes
    found: dict[str, str] = json.loads(attributes) if attributes else {}
    return _encode(dict(sorted({**found, OWNER: owner}.items())))


@lru_cache(4096)
def owner_of(attributes: str | None) -> str:
    """Return whose worker got an attempt, "" where that is nobody's."""
    owner: str = json.loads(attributes).get(OWNER, "") if attributes else ""
    return owner
