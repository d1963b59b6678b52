"""Several addresses in ASHAD_ADDRESS: every client finds the daemon that serves the file now."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from ashad.security.certificates import make

from tests.support.cluster import free
from tests.support.drivers import LANGUAGES, InProcess, driver_of
from tests.support.stdio_client import curve
from tests.system.clients.test_every_client import reports

STUDY = "create_study a s max_resource=9 min_resource=3 max_trials=6"


@pytest.fixture
def places():
    """Two addresses, of which one at a time has a daemon."""
    return [f"127.0.0.1:{port}" for port in free(2)]


def move(door, address: str, *options: str) -> None:
    """Lose the machine; another serves the same file."""
    door.daemon.kill()
    door.daemon.start("--address", address, *options)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_loop_goes_on_where_another_daemon_serves_the_file(
    open_door, tmp_path, places, language
) -> None:
    """There and back, in the middle of trials: nothing lost, nothing doubled."""
    (tmp_path / "undisturbed").mkdir()
    undisturbed = InProcess(tmp_path / "undisturbed")
    door = open_door(language, ("--address", places[0]), also=f",{places[1]}")
    for line in ("client a w1", STUDY):
        assert undisturbed.ask(line) == door.ask(line) == "ok"
    undisturbed.ask("loop a s")
    due = undisturbed.ask("list_reports a s")
    undisturbed.close()
    door.tell("loop a s 30")
    for place in (places[1], places[0]):
        seen = len(reports(door.daemon))
        while len(reports(door.daemon)) <= seen:  # it trains
            time.sleep(0.01)
        move(door, place)
    assert door.answer(120).startswith("trials 6 reports ")
    assert door.ask("client b w2") == "ok"
    assert door.ask("list_reports b s") == due
    assert all(one.value == curve(one.trial, one.resource) for one in reports(door.daemon))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_next_is_asked_with_the_same_key(open_door, places, language) -> None:
    """A trial whose assignment was lost on the way is given again, by the other daemon."""
    door = open_door(language, ("--address", places[0]), also=f",{places[1]}")
    for line in ("client a w1", STUDY):
        assert door.ask(line) == "ok"
    door.lose_reply()
    door.tell("loop a s")  # which waits for a daemon however long that takes to start
    while not door.proxy.lost:
        time.sleep(0.002)
    move(door, places[1])
    assert door.answer(120).startswith("trials 6 reports ")
    # With another key its worker would be taken for one started anew, and the trial for lost.
    assert {report.attempt for report in reports(door.daemon)} == {1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_address_has_a_certificate_of_its_own_name(
    open_door, tmp_path, places, language
) -> None:
    certs, ports = tmp_path / "certs", [place.rpartition(":")[2] for place in places]
    files = [
        f"--tls-{kind}={certs / f'server.{end}'}" for kind, end in (("cert", "pem"), ("key", "key"))
    ]

    def renew(name: str) -> None:
        for old in certs.glob("server.*"):
            old.unlink()
        make(certs, [name])

    renew("127.0.0.1")
    known = f"127.0.0.1:{ports[0]},localhost:{ports[1]}"
    given = {"ASHAD_ADDRESS": known, "ASHAD_CA": str(certs / "ca.pem")}
    door = open_door(language, ("--address", places[0], *files), **given)
    for line in ("client a w1", STUDY):
        assert door.ask(line) == "ok"
    assert door.ask("suggest a s") == "trial 0 attempt 1 from 0 to 9"
    renew("localhost")
    move(door, places[1], *files)
    # At once, not by the queue: the second address answers within the same try.
    assert door.ask("report a 1 0.5") == "CONTINUE BETWEEN_RUNGS next 3"
    renew("127.0.0.1")
    move(door, places[1], *files)
    assert door.ask("studies a") == "error FAILED_PRECONDITION TLS_NAME_MISMATCH"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("127.0.0.1:1,,127.0.0.1:2", "names none between two commas"),
        ("127.0.0.1, 127.0.0.1:2742", "127.0.0.1:2742 twice"),
        ("127.0.0.1:1,127.0.0.1:", "port"),
    ],
)
def test_addresses_that_cannot_be_right(built, language, wrong, word) -> None:
    env = os.environ | {"ASHAD_ADDRESS": wrong}
    asked = subprocess.run(
        driver_of(built(language)), input="client a w1\n", env=env,
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert asked.stdout == "error INVALID_ARGUMENT INVALID_ARGUMENT\n"
    assert word in asked.stderr or language == "python"  # whose driver says no more
