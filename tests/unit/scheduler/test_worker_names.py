"""A restarted worker, and two living processes with one name."""

from __future__ import annotations

import pytest
from ashad.core.errors import RefusalError
from ashad.scheduler.worker_names import Holder, WorkerNames

BEAT = 15.0
HELD = Holder(1, "w", 0, 1, BEAT)
NEXT = Holder(1, "w", 0, 2, BEAT)


def test_a_worker_that_never_sent_a_heartbeat_is_restarted_at_once():
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=False)
    assert not names.must_wait(HELD, 10.1)


def test_silence_for_long_enough_is_a_restart():
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=True)
    assert names.must_wait(HELD, 11.0)
    assert names.must_wait(HELD, 32.0)
    assert not names.must_wait(HELD, 10.0 + 1.5 * BEAT + 0.1)


@pytest.mark.parametrize("beat", [True, False])
def test_a_holder_that_is_heard_again_keeps_its_name(beat):
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=True)
    assert names.must_wait(HELD, 11.0)
    names.called(1, 0, 1, 20.0, beat=beat)
    with pytest.raises(RefusalError) as refused:
        names.must_wait(HELD, 21.0)
    assert refused.value.reason == "WORKER_NAME_IN_USE"
    assert "'w'" in refused.value.message
    assert "ASHAD_WORKER" in refused.value.message


def test_a_call_that_was_under_way_proves_nothing():
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=True)
    assert names.must_wait(HELD, 11.0)
    names.called(1, 0, 1, 11.5, beat=True)
    assert names.must_wait(HELD, 12.0)
    assert not names.must_wait(HELD, 11.5 + 1.5 * BEAT + 0.1)


def test_whoever_asked_long_ago_does_not_count():
    """A second process was refused its name an hour ago; now the first is restarted."""
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=True)
    assert names.must_wait(HELD, 11.0)
    for at in range(20, 3600, 15):
        names.called(1, 0, 1, float(at), beat=True)
    assert names.must_wait(HELD, 3596.0)
    assert not names.must_wait(HELD, 3590.0 + 1.5 * BEAT + 0.1)


def test_a_process_that_was_taken_for_dead_and_lives_does_not_take_the_trial_back():
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=False)
    names.took_over(HELD, (1, 0, 2), 11.0)
    names.called(1, 0, 1, 12.0, beat=True)  # it lives
    assert names.must_wait(NEXT, 12.1)
    names.called(1, 0, 2, 20.0, beat=False)  # and so does the other
    with pytest.raises(RefusalError):
        names.must_wait(NEXT, 21.0)


def test_without_heartbeats_a_name_may_change_hands_once_more():
    names = WorkerNames()
    names.took_over(HELD, (1, 0, 2), 11.0)
    names.called(1, 0, 1, 12.0, beat=False)
    assert not names.must_wait(NEXT, 12.1)
    names.took_over(NEXT, (1, 0, 3), 12.1)
    names.called(1, 0, 2, 13.0, beat=False)
    assert names.must_wait(Holder(1, "w", 0, 3, BEAT), 13.1)


def test_studies_do_not_share_names():
    names = WorkerNames()
    names.called(1, 0, 1, 10.0, beat=True)
    assert not names.must_wait(HELD._replace(study=2), 11.0)
