"""A slot whose worker id another living agent holds."""

from __future__ import annotations

import pytest
from ashad_agent.trials.slot import Slot
from ashad_client import Error


class Client:
    def __init__(self, worker, answer):
        self.worker, self.answer, self.closed = worker, answer, False

    def suggest(self, study, wait_s, trackers=None):
        if isinstance(self.answer, Error):
            raise self.answer
        return self.answer

    def close(self):
        self.closed = True


class Pool:
    may_start = lambda self: True
    doubts = lambda self: False
    asked = lambda self, *, got: None
    leaving = lambda self, wait_s=0.0: 0


class Plan:
    study = "s"
    trackers = None


IN_USE = Error("worker w is held by a living process", reason="WORKER_NAME_IN_USE")


def slot(*, named):
    first, second = Client("w", IN_USE), Client("w-2", None)
    return Slot(Plan, first, lambda: second, None, [], None, named=named), first, second


def test_an_id_that_nobody_asked_for_is_replaced():
    made, first, second = slot(named=False)
    assert made.run(Pool())
    assert first.closed
    assert second.closed


def test_a_name_that_was_asked_for_ends_the_slot_with_the_sentence():
    made, first, _ = slot(named=True)
    with pytest.raises(Error, match="held by a living process"):
        made.run(Pool())
    assert first.closed
