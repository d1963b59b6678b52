"""The file of what was told: held by one, replaced as a whole, refused where it is another's."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from ashad.cli.errors import CommandError, InvalidFileError
from ashad.cli.notification import position
from ashad.cli.notification.events import StudyEvent, Told

EVENT = StudyEvent("best", "best-3-9", "digits", "2026-01-01T00:00:00Z", "best so far", 3, 0.25)


def test_what_was_told_is_found_again(tmp_path):
    path = tmp_path / "deep" / "state.json"
    told = Told("2026-01-01T00:00:00Z", 7, [3, 9, 0.25], finished=True, changed=12)
    with position.held(path) as held:
        assert held.told is None
        held.save(told, EVENT)
    with position.held(path) as held:
        assert (held.told, held.pending, held.repeated) == (told, EVENT, EVENT.key)


def test_a_file_of_before_events_were_kept_has_the_key_of_one(tmp_path):
    path = tmp_path / "state.json"
    data = asdict(Told("2026-01-01T00:00:00Z", 7, [3, 9, 0.25]))
    del data["front"], data["ids"]
    path.write_text(json.dumps(data | {"pending": "best-3-9"}))
    with position.held(path) as held:
        assert (held.told.after, held.pending, held.repeated) == (7, None, "best-3-9")


@pytest.mark.parametrize("wrong", [3, {}, asdict(EVENT) | {"trial": "3"}, {"key": "best-3-9"}])
def test_an_event_of_another_form_is_refused(tmp_path, wrong):
    path = tmp_path / "state.json"
    path.write_text(json.dumps(asdict(Told()) | {"pending": wrong}))
    with pytest.raises(InvalidFileError, match="remove it"), position.held(path):
        pass


def test_one_at_a_time(tmp_path):
    path = tmp_path / "state.json"
    with (
        position.held(path),
        pytest.raises(CommandError, match="another `ashad notify` holds it"),
        position.held(path),
    ):
        pass


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"after": "x"}', "\0"])
def test_a_file_of_something_else_is_left_alone(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(InvalidFileError, match="remove it to begin anew"), position.held(path):
        pass
    assert path.read_text() == text


def test_one_file_for_each_receiver():
    one = position.default("a:1", "digits", "https://example.com/x")
    assert one != position.default("a:1", "digits", "https://example.com/y")
    assert "example" not in str(one)
