"""How events reach a command and a web hook, with a real process and a real server."""

from __future__ import annotations

import http.server
import json
import sys
import threading

import click
import pytest
from ashad.cli.errors import CommandError
from ashad.cli.notification.delivery import Command, PassingError, Webhook, checked_url
from ashad.cli.notification.events import StudyEvent

EVENT = StudyEvent("failed", "failed-3-1", "digits", "2026-01-01T00:00:00Z", 'it\'s $(id) "x"', 1)
SAY = """
import json, os, sys
print(json.dumps([os.environ["ASHAD_EVENT_MESSAGE"], sys.stdin.read()]))
"""


def test_a_command_reads_it_and_no_shell_does(capfd):
    Command([sys.executable, "-c", SAY]).send(EVENT, repeated=False)
    message, text = json.loads(capfd.readouterr().out)
    assert message == EVENT.message
    assert json.loads(text) == EVENT.data()


def test_a_command_that_fails_has_run(capfd):
    Command([sys.executable, "-c", "raise SystemExit(3)"]).send(EVENT, repeated=False)
    assert "ended with 3; it is not run again" in capfd.readouterr().err


def test_a_command_that_is_not_there():
    with pytest.raises(CommandError, match="/no/such: No such file"):
        Command(["/no/such"]).send(EVENT, repeated=False)


@pytest.fixture
def hook():
    """A server that answers with the codes it was given, and what it got."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.got.append((self.path, self.headers["Idempotency-Key"], body))
            self.send_response(server.codes.pop(0))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.codes = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_hook_is_sent_json(hook):
    hook.codes = [204]
    Webhook(f"http://127.0.0.1:{hook.server_port}/x").send(EVENT, repeated=False)
    assert hook.got == [("/x", "failed-3-1", EVENT.data())]


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_hook_that_may_answer_later(hook, code):
    hook.codes = [code]
    with pytest.raises(PassingError, match=f"127.0.0.1 answered {code}"):
        Webhook(f"http://127.0.0.1:{hook.server_port}/secret").send(EVENT, repeated=False)


@pytest.mark.parametrize("code", [302, 307, 404])
def test_a_hook_that_refuses_is_not_followed_elsewhere(hook, code):
    hook.codes = [code]
    with pytest.raises(CommandError, match=f"answered {code}") as refused:
        Webhook(f"http://127.0.0.1:{hook.server_port}/secret").send(EVENT, repeated=False)
    assert len(hook.got) == 1
    assert "secret" not in str(refused.value.lines)


def test_a_hook_that_is_away_may_come_back():
    with pytest.raises(PassingError, match=r"127\.0\.0\.1: "):
        Webhook("http://127.0.0.1:9/secret").send(EVENT, repeated=False)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "example.com", "https://", "http://[", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(click.BadParameter, match="https://"):
        checked_url(None, None, url)
