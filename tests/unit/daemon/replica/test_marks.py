"""Marks of epochs: begun once, read by everybody, and harmless whatever stands in them."""

import pytest
from ashad.daemon.replica.marks import Mark, Marks, TakenError


def test_nobody_has_taken_over_at_first(tmp_path):
    assert Marks(tmp_path).newest().epoch == 1


def test_an_epoch_is_begun_once(tmp_path):
    marks = Marks(tmp_path)
    begun = marks.begin(2, "b:2742")
    assert marks.newest() == begun == Mark(2, "b:2742", begun.began)
    with pytest.raises(TakenError, match="another standby"):
        Marks(tmp_path).begin(2, "c:2742")
    assert marks.newest().address == "b:2742"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"address": 1}', "[" * 3000, '{"address": "\\u001b[2J", "began": ""}'],
)
def test_a_mark_counts_whatever_stands_in_it(tmp_path, text):
    (tmp_path / "epoch-3.json").write_text(text)
    newest = Marks(tmp_path).newest()
    assert newest.epoch == 3
    assert "\x1b" not in newest.address


def test_a_copy_counts_without_a_mark(tmp_path):
    """Somebody may have removed the mark of an epoch that has begun."""
    (tmp_path / "epoch-4" / "ltx" / "0").mkdir(parents=True)
    marks = Marks(tmp_path)
    assert marks.newest().epoch == 4
    assert marks.copies() == []
    (tmp_path / "epoch-4" / "ltx" / "0" / "1-1.ltx").touch()
    assert marks.copies() == [4]


def test_other_names_are_left_alone(tmp_path):
    for name in ("epoch-0.json", "epoch-9.json.bak", "epoch-", "epoch--1", "epoch-99999999999"):
        (tmp_path / name).touch()
    assert Marks(tmp_path).newest().epoch == 1
