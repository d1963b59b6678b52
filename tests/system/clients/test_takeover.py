"""A standby takes over: what each client does unasked, and where an old daemon is back."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import ashad_client
import pytest

from tests.support.cluster import free
from tests.support.daemon import Daemon
from tests.support.drivers import LANGUAGES, Driver
from tests.support.takeover import Replica
from tests.system.clients.test_every_client import reports
from tests.system.deploy.test_standby import Machine, make_study, serve, stand_by

WAIT_S = 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_heartbeat_is_told_as_well(open_door, tmp_path, language) -> None:
    """A step that takes hours does not keep what was said before it from the standby."""
    door = open_door(language, Replica(tmp_path / "ashad.db").options)
    assert door.ask("client a w1") == "ok"
    assert door.ask("create_study a s heartbeat=100 min_resource=9") == "ok"
    assert door.ask("suggest a s") == "trial 0 attempt 1 from 0 to 9"
    door.copy()
    for resource in (1, 2):
        assert door.ask(f"report a {resource} 0.5") == "CONTINUE BETWEEN_RUNGS next 9"
    door.take_over()
    until(lambda: [found.resource for found in reports(door.daemon)] == [1, 2], door)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_old_daemon_that_is_back_is_left(built, tmp_path, language) -> None:
    """Nothing is said to it, and the next address is asked at once."""
    first, second = Daemon(tmp_path / "a"), Daemon(tmp_path / "b")
    ports = free(2)
    for daemon, port in zip((first, second), ports, strict=True):
        daemon.db.parent.mkdir()
        daemon.address = f"127.0.0.1:{port}"
    options = Replica(first.db).options
    door = Driver(built(language), first, options, also=f",{second.address}")
    try:
        assert door.ask("client a w1") == "ok"
        assert door.ask("create_study a s min_resource=9") == "ok"
        assert door.ask("suggest a s") == "trial 0 attempt 1 from 0 to 9"
        assert door.ask("report a 1 0.5") == "CONTINUE BETWEEN_RUNGS next 9"
        first.kill()
        Replica(first.db).restore_to(second.db)
        second.start(*options)
        report(door, 2)
        second.kill()
        first.start(*options)
        assert door.ask("report a 3 0.5") == "CONTINUE UNREACHABLE"
        until(lambda: "older_than_its_caller" in first.log.read_text(), door)
        second.start(*options)
        report(door, 4)
        assert [found.resource for found in reports(second)] == [1, 2, 3, 4]
        assert [found.resource for found in reports(first)] == [1]
    finally:
        door.close()
        second.stop()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_loop_says_again_what_the_real_replica_lacks(built, tmp_path) -> None:
    """Litestream, `ashad standby`, and kill -9 of a daemon that told more than was copied."""
    replica = tmp_path / "replica"
    replica.mkdir()
    a, b = (Machine(tmp_path / n, replica, port) for n, port in zip("ab", free(2), strict=True))
    try:
        serve(a)
        with ashad_client.connect(a.address) as client:
            make_study(client, 3)
            b.env.pop("ASHAD_REPLICA_SOCKET")  # nothing copies its file
            stand_by(b, a)
            door = Driver(built("go"), Served(a.address), also=f",{b.address}")
            assert door.ask("client a w1") == "ok"
            door.tell("loop a s 20")
            until(lambda: resources(client), door)
            a.send("litestream", signal.SIGSTOP)
            copied = len(resources(client))
            until(lambda: len(resources(client)) > copied + 12, door)
        a.kill()
        assert door.answer(120).startswith("trials 3 reports ")
        assert "said again" in door.said
        with ashad_client.connect(b.address) as client:
            found = resources(client)
            counts = client.study("s").counts
        assert counts.completed + counts.stopped == 3
        for trial in range(3):  # no step is lacking
            steps = [step for number, attempt, step in found if (number, attempt) == (trial, 1)]
            assert steps == list(range(1, len(steps) + 1))
        assert {attempt for _, attempt, _ in found} == {1}
        door.close()
    finally:
        a.send("litestream", signal.SIGCONT)
        for machine in (a, b):
            machine.kill()


def resources(client: ashad_client.Client) -> list[tuple[int, int, int]]:
    return [(r.trial, r.attempt, r.resource) for r in client.list_reports("s")]


class Served:
    """A daemon that is started and ended elsewhere."""

    def __init__(self, address: str) -> None:
        self.address = address

    def start(self, *_options: str) -> Served:
        return self

    def stop(self) -> None:
        pass


def until(what: Callable[[], object], door: Driver) -> None:
    end = time.monotonic() + WAIT_S
    while not what():
        assert time.monotonic() < end, door.said
        time.sleep(0.02)


def report(door: Driver, resource: int) -> None:
    """Report until there is a daemon's answer."""
    end = time.monotonic() + WAIT_S
    while (told := door.ask(f"report a {resource} 0.5")) == "CONTINUE UNREACHABLE":
        assert time.monotonic() < end, door.said
        time.sleep(0.05)
    assert told == "CONTINUE BETWEEN_RUNGS next 9"
