"""`ashad notify` asks who leads: a daemon that is away or busy is asked again, and ends nothing."""

from __future__ import annotations

import pytest
from ashad.cli.errors import CommandError, NoAnswerError
from ashad.cli.notification import notify, position
from ashad.cli.notification.events import KINDS, Events
from ashad_client.v1 import ashad_pb2 as pb

from tests.unit.cli.notification.test_events import by_fronts, leading

AWAY = NoAnswerError("no daemon answers")
BUSY = CommandError("busy", reason="OVERLOADED")
FIRST = leading((3, 1, 0.5, 9))


class Inbox(list):
    """Keeps what it is sent: events, and whether as repeated."""

    def send(self, event, *, repeated):
        self.append((event.key, repeated))


class Asked:
    """A daemon with an answer for each question who leads; the last one comes again."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, rpc, request):
        assert (rpc, request.study) == ("GetBestTrial", "digits")
        said = self.answers.pop(0) if self.answers[1:] else self.answers[0]
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def told(monkeypatch, tmp_path):
    """Return the events that are told when a watcher gets these answers."""
    monkeypatch.setattr(notify, "_AGAIN_S", (0.0,))
    monkeypatch.setattr(notify, "_REST", 0)

    def run(daemon, *said):
        monkeypatch.setattr(notify, "StudyWatch", lambda *_, **__: [(one, []) for one in said])
        inbox, found = Inbox(), pb.GetStudyResponse(study=by_fronts(0).study)
        with position.held(tmp_path / "state") as held:
            notifier = notify._Notifier(daemon, found, inbox, held)
            notifier.run(Events("digits", frozenset(KINDS), 1e9, notifier.told), follow=False)
        return inbox

    return run


@pytest.mark.parametrize("trouble", [AWAY, BUSY])
def test_it_is_asked_again_with_the_next_answer(told, trouble):
    daemon = Asked(leading(), trouble, FIRST)
    assert told(daemon, by_fronts(1), by_fronts(2)) == [("front-3-1", False)]


@pytest.mark.parametrize("state", [pb.STUDY_STATE_FINISHED, pb.STUDY_STATE_STOPPED])
def test_at_the_end_no_other_answer_comes_and_it_asks_until_it_knows(told, state, monkeypatch):
    monkeypatch.setattr(notify, "_REST", 1e9)  # the end is no time to rest
    daemon = Asked(leading(), leading(), AWAY, BUSY, FIRST)
    moved = pb.StudyChange(commit_seq=2, kind="REPORTED", report=pb.StoredReport())
    end = by_fronts(2, state=state)
    end.changes.append(moved)
    assert told(daemon, by_fronts(1), end) == [("front-3-1", False), ("finished-2", False)]


def test_another_refusal_ends_it(told):
    with pytest.raises(CommandError, match="gone"):
        told(Asked(leading(), CommandError("gone", reason="NOT_FOUND")), by_fronts(1))


def test_the_help_says_that_it_looks_now_and_then():
    assert "only between two looks is not told" in " ".join((notify.notify.help or "").split())


def killed(*_, **__):
    raise KeyboardInterrupt


def test_what_was_on_its_way_is_told_as_it_was_saved_though_it_left_the_front(told, monkeypatch):
    with monkeypatch.context() as then:
        then.setattr(Inbox, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            told(Asked(leading(), FIRST), by_fronts(1))
    other = leading((5, 1, 0.1, 2))
    assert told(Asked(other), by_fronts(2)) == [("front-3-1", True), ("front-5-1", False)]
    assert told(Asked(FIRST), by_fronts(3)) == []


def test_an_end_that_was_on_its_way_is_told_once_whatever_came_after(told, monkeypatch):
    over = pb.STUDY_STATE_FINISHED
    with monkeypatch.context() as then:
        then.setattr(Inbox, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            told(Asked(leading()), by_fronts(1, state=over))
    assert told(Asked(leading()), by_fronts(2, state=over)) == [("finished-1", True)]
