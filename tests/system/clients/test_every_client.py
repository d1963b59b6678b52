"""What every client goes through besides: crashes, nonsense, a proxy variable, TLS and a token."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from ashad.security import TokenFile
from ashad.security.certificates import make
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from tests.support.drivers import LANGUAGES, Driver, InProcess, play
from tests.support.script import FOLDER
from tests.support.stdio_client import curve

STUDY = "create_study a s max_resource=9 min_resource=3 max_trials=12"


def reports(daemon) -> list[pb.StoredReport]:
    """Return all that is on file, once the daemon answers."""
    with daemon.channel() as channel:
        stub = ashad_pb2_grpc.StudyServiceStub(channel)
        request = pb.ListReportsRequest(study="s", page_size=1000)
        return list(stub.ListReports(request, timeout=20, wait_for_ready=True).reports)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_loop_rides_through_crashes(open_door, tmp_path, language) -> None:
    """Killed with -9 in the middle of trials and started again: nothing lost, nothing doubled."""
    (tmp_path / "undisturbed").mkdir()
    undisturbed = InProcess(tmp_path / "undisturbed")
    door = open_door(language)
    for line in ("client a w1", STUDY):
        assert undisturbed.ask(line) == door.ask(line) == "ok"
    undisturbed.ask("loop a s")
    due = undisturbed.ask("list_reports a s")
    undisturbed.close()
    seed = random.randrange(10**6)
    chance, killed, seen = random.Random(seed), 0, 0
    door.tell("loop a s 40")
    while killed < 4:
        while len(reports(door.daemon)) <= seen:  # it goes on training
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)  # the instant of the kill
        door.daemon.kill()
        time.sleep(chance.choice([0.0, 0.1, 0.6]))  # so long it is away
        door.daemon.start()
        killed, seen = killed + 1, len(reports(door.daemon))
    told = door.answer(120)
    text = f"seed {seed}, after {killed} kills"
    assert told.startswith("trials 12 reports "), text
    assert door.ask("client b w2") == "ok"
    assert door.ask("list_reports b s") == due, text
    for report in reports(door.daemon):
        assert report.value == curve(report.trial, report.resource), text
    assert "RUNNING" not in door.ask("list_trials b s"), text
    assert "QUEUED" not in door.ask("list_trials b s"), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_training_goes_on_while_the_daemon_is_away(open_door, language) -> None:
    """Reports queue in order, the answers are CONTINUE, and all arrive when it is back."""
    door = open_door(language)
    for line in ("client a w1", "create_study a s max_resource=9 min_resource=9"):
        assert door.ask(line) == "ok"
    assert door.ask("suggest a s") == "trial 0 attempt 1 from 0 to 9"
    assert door.ask("report a 1 0.5") == "CONTINUE BETWEEN_RUNGS next 9"
    door.daemon.kill()
    began = time.monotonic()
    for resource in range(2, 9):
        assert door.ask(f"report a {resource} 0.5") == "CONTINUE UNREACHABLE"
    assert time.monotonic() - began < 20  # it holds up nobody
    assert door.ask("should_stop a") == "false"
    door.daemon.start()
    end = time.monotonic() + 60
    while (told := door.ask("report a 9 0.4")) == "CONTINUE UNREACHABLE":
        assert time.monotonic() < end, told
        time.sleep(0.05)
    assert told == "STOP MAX_RESOURCE rung 0 level 9 rank 1 of 1 quota 1"
    found = [(r.resource, r.attempt, r.value) for r in reports(door.daemon)]
    assert found == [(r, 1, 0.5) for r in range(1, 9)] + [(9, 1, 0.4)]


class Nonsense(grpc.GenericRpcHandler):
    """A daemon of a foreign kind: it answers with the bytes it is told to, else with none."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=(self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def start(self) -> Nonsense:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop(None)

    def service(self, details):
        rpc = details.method.rsplit("/", 1)[-1]

        def answer(_request, _context):
            self.asked[rpc] += 1
            return self.answers.get(rpc, b"")

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nonsense_neither_breaks_a_client_nor_makes_it_run_hot(built, language) -> None:
    daemon = Nonsense()
    door = Driver(built(language), daemon)
    assert door.ask("client a w1") == "ok"
    daemon.answers["Suggest"] = pb.SuggestResponse(wait=pb.Wait()).SerializeToString()
    assert door.ask("suggest a s") == "wait"
    assert daemon.asked["Suggest"] <= 2  # it names no delay
    assignment = pb.Assignment(study="s", attempt=1, target_resource=3, metric="m")
    assignment.heartbeat_interval.FromSeconds(-5)
    daemon.answers["Suggest"] = pb.SuggestResponse(assignment=assignment).SerializeToString()
    assert door.ask("suggest a s") == "trial 0 attempt 1 from 0 to 3"
    assert door.ask("report a 1 0.5") == "CONTINUE -"  # without a decision
    action = b"\x0a\x02\x08\x63"  # ReportResponse{decision{action: 99}}, of a later contract
    news = pb.ReportResponse(decision=pb.Decision(reason="NEWS")).SerializeToString()
    daemon.answers["Report"] = news + action
    assert door.ask("report a 2 0.5") == "CONTINUE NEWS"
    assert door.ask("complete a") == "ok"
    assert daemon.asked["Heartbeat"] == 0
    door.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proxy_of_the_environment_does_not_break_loopback(open_door, language) -> None:
    dead = "http://127.0.0.1:9"
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "grpc_proxy")
    door = open_door(language, **dict.fromkeys(names, dead))
    assert door.ask("client a w1") == "ok"
    assert door.ask("studies a") == "none"


@pytest.fixture
def secured(tmp_path):
    """Options of a daemon with TLS and tokens, and the environment of a caller."""

    def secure(role: str, **more) -> tuple[tuple[str, ...], dict[str, str]]:
        certs = tmp_path / "certs"
        make(certs, ["127.0.0.1"])
        token = tmp_path / "token"
        token.write_text(TokenFile(tmp_path / "ashad.db.tokens").create(role, **more)[1] + "\n")
        options = (
            "--tls-cert", str(certs / "server.pem"), "--tls-key", str(certs / "server.key"),
            "--require-tokens",
        )  # fmt: skip
        return options, {"ASHAD_CA": str(certs / "ca.pem"), "ASHAD_TOKEN_FILE": str(token)}

    return secure


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_client_by_tls_with_a_token(open_door, secured, language) -> None:
    options, environment = secured("admin")
    play(FOLDER / "promotion.txt", open_door(language, options, **environment), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_token_that_does_not_open_a_call(open_door, secured, language) -> None:
    options, environment = secured("viewer")
    door = open_door(language, options, **environment)
    assert door.ask("client a w1") == "ok"
    assert door.ask("studies a") == "none"
    assert door.ask(STUDY) == "error PERMISSION_DENIED PERMISSION_DENIED"
    assert door.ask("suggest a s") == "error PERMISSION_DENIED PERMISSION_DENIED"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_token_it_is_told(open_door, secured, language) -> None:
    options, environment = secured("admin")
    door = open_door(language, options, ASHAD_CA=environment["ASHAD_CA"])
    assert door.ask("client a w1") == "ok"
    assert door.ask("studies a") == "error UNAUTHENTICATED TOKEN_MISSING"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_token_is_not_sent_in_the_clear(open_door, secured, language) -> None:
    _, environment = secured("admin")
    far = {"ASHAD_ADDRESS": "192.0.2.1:2742", "ASHAD_TOKEN_FILE": environment["ASHAD_TOKEN_FILE"]}
    door = open_door(language, **far)
    assert door.ask("client a w1") == "error INVALID_ARGUMENT INVALID_ARGUMENT"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_quota_is_waited_for_over_kill_9(open_door, tmp_path, language) -> None:
    quotas = tmp_path / "quotas.toml"
    quotas.write_text("[[quota]]\nall = true\ntrials = 1\n")
    door = open_door(language, ("--quotas", str(quotas)))
    for line in ("client a w1", "client b w2", "create_study a s max_resource=3 max_trials=3"):
        assert door.ask(line) == "ok"
    assert door.ask("create_study a other max_resource=3 max_trials=3") == "ok"
    assert door.ask("suggest a s").startswith("trial 0 attempt 1")
    assert door.ask("suggest b other") == "wait"
    door.kill()
    assert door.ask("suggest b other") == "wait"
    assert door.ask("report a 3 0.5").startswith("STOP MAX_RESOURCE")
    assert door.ask("suggest b other").startswith("trial 0 attempt 1")
