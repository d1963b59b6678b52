"""The fence: who is let through to a daemon of an epoch, and what the others are told."""

from types import SimpleNamespace

import pytest
from ashad.core.errors import RefusalError, not_found
from ashad.service.fence import Fence
from ashad_client.v1 import ashad_pb2 as pb

REPORT = pb.ReportRequest(study="s", trial=3, attempt=2, lease_token="t")


class Context:
    def __init__(self, **shown):
        self.shown = [(f"ashad-{name}", value) for name, value in shown.items()]
        self.told = ()

    def invocation_metadata(self):
        return self.shown

    def set_trailing_metadata(self, told):
        self.told = told


def test_the_epoch_stands_beside_each_answer():
    for message in (pb.ListStudiesRequest(), REPORT):  # a client that shows none
        context = Context()
        Fence(2, lambda *_: None, lambda *_, **__: None).check(message, context)
        assert context.told == (("ashad-epoch", "2"),)


@pytest.mark.parametrize("shown", ["", "x", "-1", "9" * 40, "²", b"1"])
def test_what_is_no_number_is_not_shown(shown):
    context = Context()
    context.shown = [("ashad-epoch", shown)]
    Fence(2, lambda *_: None, lambda *_, **__: None).check(REPORT, context)


def shows(message, number, worker="w", **more):
    context = Context(worker=worker)
    context.shown.append(("ashad-epoch", str(number)))
    trial = more.get("trial") or SimpleNamespace(attempt=2, worker="w", at=7)

    def find(study, found):
        if (study, found) != ("s", 3):
            raise not_found("TRIAL_NOT_FOUND", "no such trial")
        return trial

    try:
        Fence(more.get("epoch", 2), find, lambda *_, **__: None).check(message, context)
    except RefusalError as refusal:
        return refusal.reason, refusal.fields
    return None


def test_a_later_epoch_is_refused_by_the_old_daemon():
    assert shows(REPORT, 3) == ("DAEMON_SUPERSEDED", {"epoch": "2"})
    assert shows(pb.ListStudiesRequest(), 3)[0] == "DAEMON_SUPERSEDED"


def test_an_earlier_epoch_is_told_the_last_step():
    assert shows(REPORT, 1) == ("EPOCH_CHANGED", {"epoch": "2", "last_resource": "7"})
    assert shows(pb.SuggestRequest(study="s"), 1) == ("EPOCH_CHANGED", {"epoch": "2"})
    assert shows(pb.GetStudyRequest(study="s"), 1) is None
    assert shows(REPORT, 2) is None


@pytest.mark.parametrize("shown", [1, 2])
def test_an_attempt_that_is_not_known_is_lost(shown):
    def report(trial, attempt):
        return pb.ReportRequest(study="s", trial=trial, attempt=attempt)

    assert shows(report(4, 1), shown)[0] == "ATTEMPT_LOST"
    assert shows(report(3, 3), shown)[0] == "ATTEMPT_LOST"
    assert shows(report(3, 2), shown, worker="another")[0] == "ATTEMPT_LOST"
    assert shows(report(3, 1), 2, worker="another") is None  # superseded, as ever


def test_nothing_was_taken_over_in_the_first_epoch():
    assert shows(pb.ReportRequest(study="s", trial=9, attempt=1), 1, epoch=1) is None
