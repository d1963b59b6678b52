"""Bytes beside calls: how little a flood of each kind gets through, and what others may do."""

from __future__ import annotations

import pytest
from ashad.fence import judge as judging
from ashad.fence.talk import Seen

from tests.unit.fence.test_judge import Court

LOOK = 0.25
DAY = int(24 * 3600 / 10)  # looks of a day, where little happens
MIB = 1 << 20

# What each frame costs: bytes of it, bytes of the daemon's answer (a call that is reset: headers).
FLOODS = {"settings": (9, 9), "pings": (17, 17), "resets": (47, 18), "settings in TLS": (31, 31)}


def talkers() -> tuple[Court, str, str]:
    """Return a court, a worker who has called, and a hostile peer who has, of another host."""
    court = Court()
    peers = court.connect("10.0.0.7", 1) + court.connect("10.0.0.8", 1)
    for peer in peers:
        court.judge.came(peer, 100)
    court.look()
    return court, peers[0], peers[1]


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.parametrize("a_second", [10_000, 100_000, 1_000_000])
def test_a_flood_of_frames_ends_at_the_next_look(kind, a_second):
    court, _, hostile = talkers()
    asked, answered = FLOODS[kind]
    frames = 0
    while court.move(hostile, asked * a_second // 4, answered * a_second // 4):
        frames += a_second // 4
        assert frames <= max(5_000, a_second / 4), "it goes on"
        court.look(LOOK)
    assert court.told[0]["why"] == "frames that are no calls"


def test_it_ends_as_well_for_one_who_reads_the_answers_later():
    court, _, hostile = talkers()
    for _ in range(8):
        if not court.move(hostile, 20_000, 0):
            break
        court.look(LOOK)
        court.move(hostile, 0, 20_000)
        court.look(LOOK)
    assert hostile not in court.seen


def test_it_ends_as_well_for_one_who_calls_now_and_then():
    """One good call a look excuses itself, and not what comes with it."""
    court, _, hostile = talkers()
    through = 0
    while court.move(hostile, 300_000, 300_000):
        through += 300_000
        assert through < 2 * MIB
        court.judge.came(hostile, 100)
        court.look(LOOK)
    assert court.told[0]["why"] == "frames that are no calls"


@pytest.mark.parametrize(("good", "most"), [(True, 12 * MIB), (False, 5 * MIB)])
def test_what_is_not_answered_ends_after_the_largest_messages(good, most):
    """A message without end, headers without end, updates of a window."""
    court = Court()
    (hostile,) = court.connect("10.0.0.8", 1)
    if good:
        court.judge.came(hostile, 100)
    court.look()
    through = 0
    while court.move(hostile, MIB // 4, 0):
        through += MIB // 4
        court.look(LOOK)
    assert most <= through <= most + MIB


def test_strangers_of_one_host_share_what_they_may_send_without_a_call():
    court = Court()
    workers = court.connect("10.0.0.7", 5)
    for peer in workers:
        court.judge.came(peer, 100)
    hostile = court.connect("10.0.0.7", 60, first=100)
    quiet = court.connect("10.0.0.7", 2, first=200)
    court.look()
    through = 0
    while sum(court.move(peer, 64 << 10, 0) for peer in hostile):
        through += 60 * (64 << 10)
        assert through < 24 * MIB
        court.look(LOOK)
    assert set(court.seen) == {*workers, *quiet}
    assert court.told[0]["why"] == "bytes without calls"


def test_who_goes_before_it_is_found_out_takes_it_along():
    court = Court()
    through = 0
    while not court.told:
        (hostile,) = court.connect("10.0.0.8", 1, first=through + 1)
        court.judge.came(hostile, 100)
        court.look(LOOK)
        court.move(hostile, 2 * MIB, 0)
        through += 2 * MIB
        assert through <= 16 * MIB
        court.look(LOOK)
        del court.seen[hostile]
        court.look(LOOK)
    assert court.told[0]["why"] == "bytes without calls"


# --- who is never cut ----------------------------------------------------------------------------


def test_a_worker_that_only_beats_its_heart():
    court, worker, _ = talkers()
    for _ in range(DAY):
        court.judge.came(worker, 60)
        assert court.move(worker, 240, 200)
        court.look(10)
    assert court.told == []


def test_a_client_that_is_idle_for_days_but_for_keepalive():
    """A ping each 20 s from its side and one a minute from ours, in TLS."""
    court, worker, _ = talkers()
    for _ in range(3 * DAY):
        assert court.move(worker, 92, 92)
        court.look(20)
    assert court.told == []


@pytest.mark.parametrize("storm", [False, True])
def test_a_watcher_to_whom_gigabytes_are_told(storm):
    """It answers with updates of its window, and pings that measure the way; others flood."""
    court, watcher, hostile = talkers()
    for _ in range(4000):
        court.judge.told(watcher, MIB)
        assert court.move(watcher, 26 * 64 + 3 * 46, MIB + 4000)
        if storm and not court.move(hostile, 47_000, 18_000):
            (hostile,) = court.connect("10.0.0.8", 1)
        assert watcher not in court.look(LOOK).cut
    assert {fact["host"] for fact in court.told} == ({"10.0.0.8"} if storm else set())


def test_one_watcher_of_small_changes_behind_a_client_that_confirms_each():
    court, watcher, _ = talkers()
    for _ in range(20_000):
        court.judge.told(watcher, 120)
        assert court.move(watcher, 26 + 46 + 40, 140)
        court.look(LOOK)
    assert court.told == []


@pytest.mark.parametrize("at_once", [1, 2])
def test_messages_of_full_size_over_a_slow_line(at_once):
    """Of each 4 MiB there is no more than what has come, for many looks."""
    court, worker, _ = talkers()
    for _ in range(20):
        for _ in range(16):
            assert court.move(worker, at_once * MIB // 4, 13)
            court.look(LOOK)
        for _ in range(at_once):
            court.judge.came(worker, 4 * MIB)
        assert court.move(worker, 0, 400)
        court.look(LOOK)
    assert court.told == []


def test_a_first_message_of_full_size():
    court = Court()
    (stranger,) = court.connect("10.0.0.7", 1)
    for _ in range(40):
        assert court.move(stranger, MIB // 10, 13)
        court.look(LOOK)
    court.judge.came(stranger, 4 * MIB)
    court.look(LOOK)
    assert court.told == []


def test_one_connection_that_reports_watches_lists_and_uploads():
    """Answers of other calls come while a large message is on its way."""
    court, worker, _ = talkers()
    for look in range(2000):
        for _ in range(50):
            court.judge.came(worker, 120)
        court.judge.came(worker, 90, lists=True)
        court.judge.told(worker, 100_000)
        assert court.move(worker, 50 * 350 + 200 + MIB // 8, 50 * 400 + 60_000 + 100_000)
        if look % 32 == 31:
            court.judge.came(worker, 4 * MIB)
        court.look(LOOK)
    assert court.told == []


def test_thousands_of_calls_that_wait_for_the_loop():
    """The transport has read them, and no handler yet: a daemon that is slow is nobody's flood."""
    court, worker, _ = talkers()
    for _ in range(200):
        for _ in range(8):
            assert court.move(worker, 12_000, 3_000)  # answers to those of before
            court.look(LOOK)
        for _ in range(8 * 40):
            court.judge.came(worker, 150)
    assert court.told == []


def test_a_large_study_that_is_echoed_in_the_answer():
    court, worker, _ = talkers()
    for _ in range(20):
        assert court.move(worker, 3 * MIB, 200)
        court.judge.came(worker, 3 * MIB)
        court.look(LOOK)
        assert court.move(worker, 500, 3 * MIB)
        court.look(LOOK)
    assert court.told == []


def test_a_token_that_is_put_off_and_sends_its_message_again():
    court, worker, _ = talkers()
    for _ in range(2000):
        court.judge.exceeds(worker)
        assert court.move(worker, 60_000, 1_500)
        court.look(1.0)
    assert court.told == []


def test_counters_of_an_old_kernel_are_no_flood():
    court, worker, _ = talkers()
    for _ in range(100):
        court.seen[worker] = Seen("10.0.0.7", 0, 0)
        court.look(LOOK)
    assert court.told == []


def test_a_host_is_sifted_for_as_long_as_it_was_barred():
    court, _, hostile = talkers()
    court.move(hostile, MIB, MIB)
    sentence = court.look(LOOK)
    assert (sentence.barred, sentence.sifted) == ({"10.0.0.8"}, frozenset())
    sentence = court.look(judging.BAR_S)
    assert (sentence.barred, sentence.sifted) == (frozenset(), {"10.0.0.8"})
    sentence = court.look(judging.BAR_S)
    assert (sentence.barred, sentence.sifted) == (frozenset(), frozenset())
