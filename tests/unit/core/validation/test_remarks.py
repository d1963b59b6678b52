"""What may be said, and how much: each refusal names the field, and nothing else is refused."""

from __future__ import annotations

import json

import pytest
from ashad.core.errors import RefusalError
from ashad.core.history.records import Annotation
from ashad.core.validation.remarks import (
    MAX_ATTRIBUTE,
    MAX_LABELS,
    MAX_NOTE_BYTES,
    Remark,
    annotated,
    check_attributes,
)

NOTHING = Annotation(4, 0)
HELD = Annotation(4, 7, "so", '["a", "b"]')


def refused(field: str, act, *arguments) -> None:
    with pytest.raises(RefusalError) as caught:
        act(*arguments)
    assert caught.value.reason == "INVALID_FIELD"
    assert caught.value.fields["field"].startswith(field)


def test_a_remark_sets_the_note_and_changes_labels():
    assert annotated(NOTHING, 9, Remark("why", ["b", "a", "b"])) == (4, 9, "why", '["a", "b"]')
    assert annotated(HELD, 9, Remark(None, ["c"], ["a", "z"])) == (4, 9, "so", '["b", "c"]')
    assert annotated(HELD, 9, Remark("")) == (4, 9, "", '["a", "b"]')


@pytest.mark.parametrize("remark", [Remark("so"), Remark(None, ["a"]), Remark("so", ["b"], ["z"])])
def test_what_is_said_already_is_no_change(remark):
    assert annotated(HELD, 9, remark) is HELD


@pytest.mark.parametrize(
    "note", ["", "x" * MAX_NOTE_BYTES, "# Title\n\n* a\r\n\tb", "ü" * (MAX_NOTE_BYTES // 2), "<b>&"]
)
def test_notes_that_are_taken(note):
    assert annotated(HELD, 9, Remark(note)).note == note


@pytest.mark.parametrize(
    "note", ["x" * (MAX_NOTE_BYTES + 1), "ü" * 8193, "\x1b[2J", "a\0b", "\u202e"]
)
def test_notes_that_are_refused(note):
    refused("note", annotated, HELD, 9, Remark(note))


@pytest.mark.parametrize("label", ["a", "x" * 64, "to do", "#1", "ünlü", "a=b", "-v", "<b>"])
def test_labels_that_are_taken(label):
    assert label in json.loads(annotated(HELD, 9, Remark(None, [label])).labels)


@pytest.mark.parametrize("label", ["", " a", "a ", "a,b", "x" * 65, "a\nb", "\x1b[m", "\u2028"])
@pytest.mark.parametrize("field", ["add_labels", "remove_labels"])
def test_labels_that_are_refused(label, field):
    remark = Remark(None, [label]) if field == "add_labels" else Remark(None, [], [label])
    refused(field, annotated, HELD, 9, remark)


def test_too_many_labels_and_nothing_to_say():
    many = [f"l{n}" for n in range(MAX_LABELS)]
    assert len(json.loads(annotated(NOTHING, 9, Remark(None, many)).labels)) == MAX_LABELS
    refused("add_labels", annotated, HELD, 9, Remark(None, many))
    refused("add_labels", annotated, NOTHING, 9, Remark(None, [*many, "more"]))
    refused("remove_labels", annotated, HELD, 9, Remark(None, ["a"], ["a"]))
    refused("note", annotated, HELD, 9, Remark())


def test_attributes_are_kept_in_the_order_of_their_names():
    assert check_attributes(()) is None
    assert (
        check_attributes((("host", "ü"), ("gpu.0", "A 100"))) == '{"gpu.0": "A 100", "host": "ü"}'
    )


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ([("", "x")], "attributes['']"),
        ([("1a", "x")], "attributes['1a']"),
        ([("a b", "x")], "attributes['a b']"),
        ([("x" * 65, "x")], "attributes["),
        ([("a", "")], "attributes['a']"),
        ([("a", "x" * (MAX_ATTRIBUTE + 1))], "attributes['a']"),
        ([("a", "x\ny")], "attributes['a']"),
        ([("a", "x"), ("a", "x")], "attributes['a']"),
        ([(f"a{n}", "x") for n in range(33)], "attributes"),
        ([(f"a{n}", "x" * 1000) for n in range(9)], "attributes"),
    ],
)
def test_attributes_that_are_refused(attributes, field):
    refused(field, check_attributes, tuple(attributes))
