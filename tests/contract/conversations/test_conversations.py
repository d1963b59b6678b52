"""Every conversation through every door; and that the runner can fail."""

from __future__ import annotations

import pytest

from tests.support.drivers import LANGUAGES, Driver, play
from tests.support.script import FOLDER, read
from tests.support.takeover import Memory, Replica

DOORS = [
    "scheduler",
    *(pytest.param(door, marks=pytest.mark.slow) for door in ("daemon", *LANGUAGES)),
]
FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("door", DOORS)
def test_conversation(open_door, door, path, tmp_path) -> None:
    taken_over = any((line.mark, line.text) == ("!", "copy") for line in read(path))
    options = Replica(tmp_path / "ashad.db").options if taken_over else ()
    play(path, open_door(door, options), door)


# --- the runner can fail ------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS[:3])
def test_a_wrong_answer_is_told_with_its_place(open_door, door, tmp_path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("# so\n> client a w\n< ok\n> study a nowhere\n< ACTIVE trials 0 running 0\n")
    with pytest.raises(AssertionError, match=rf"wrong\.txt:4, door {door}") as told:
        play(path, open_door(door), door)
    assert "got: error NOT_FOUND STUDY_NOT_FOUND" in str(told.value)


@pytest.mark.parametrize("wrong", ["shows no epoch", "shows no worker", "says nothing again"])
def test_a_client_that_takes_no_notice_of_a_takeover_is_told(open_door, monkeypatch, wrong) -> None:
    shown = Memory.shown
    name, method = {
        "shows no epoch": ("shown", lambda _: []),
        "shows no worker": ("shown", lambda memory: shown(memory)[:1]),
        "says nothing again": ("remember", lambda *_: None),
    }[wrong]
    monkeypatch.setattr(Memory, name, method)
    with pytest.raises(AssertionError, match=r"takeover\.txt:"):
        play(FOLDER / "takeover.txt", open_door("scheduler"), "scheduler")


def test_a_reply_that_nobody_lost_is_told(new_daemon, tmp_path) -> None:
    door = Driver("python", new_daemon(tmp_path))
    assert door.ask("client a w") == "ok"
    door.lose_reply()
    with pytest.raises(AssertionError, match="no reply was lost"):
        door.close()


@pytest.mark.slow
def test_a_reply_is_really_lost_after_the_commit(open_door) -> None:
    door = open_door("python")
    door.ask("client a w")
    door.ask("create_study a s")
    door.lose_reply()
    assert door.ask("suggest a s") == "trial 0 attempt 1 from 0 to 9"
    assert door.proxy.lost == 1
    assert door.ask("study a s") == "ACTIVE trials 1 running 1"


@pytest.mark.parametrize(
    ("code", "word"),
    [("raise SystemExit('broken')", "broken"), ("import time; time.sleep(60)", "hangs")],
)
def test_a_driver_that_dies_or_hangs_is_shown(new_daemon, tmp_path, monkeypatch, code, word):
    monkeypatch.setattr("tests.support.drivers.driver_of", lambda _: ["python3", "-c", code])
    door = Driver("python", new_daemon(tmp_path))
    with pytest.raises(AssertionError, match=word):
        door.ask("client a w", seconds=3)
    door.process.kill()
    with pytest.raises(AssertionError):
        door.close()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("> a\n> b\n", "take turns"), ("< a\n", "take turns"), ("> a\n", "no answer"),
        ("a\n", "a line begins with"), ("> a\n! kill\n", "take turns"),
    ],
)  # fmt: skip
def test_a_script_that_is_none_is_refused(tmp_path, text, word) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(AssertionError, match=word):
        read(path)
