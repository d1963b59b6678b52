"""The page's replay is that of the command line, of what its caller may read, and bounded."""

from __future__ import annotations

import json

import pytest
from ashad.cli import main
from ashad.core.errors import RefusalError
from ashad.security import TokenFile
from ashad.web.replay import MOST_TRIALS, Replays
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.contract.web.conftest import http_of
from tests.support.wire import spec


def ask(port, study, settings=None, **headers):
    body = json.dumps({"study": study, "settings": settings or {}}).encode()
    return port.send("POST", "/replay", body, content_type="application/json", **headers)


@pytest.fixture(scope="module")
def study(served):
    name = served.create()
    for n in range(12):
        served.run(name, ((n * 7) % 10 + 1) / 10)
    return name


def test_it_says_what_the_command_line_says(served, http_port, study):
    told = ask(http_port, study, {"eta": "2", "workers": "3"}).json
    words = ["replay", study, "--eta", "2", "--workers", "3", "--address", served.daemon.address]
    ran = CliRunner().invoke(main, words, env={"COLUMNS": "120"})
    assert ran.exit_code == 0, ran.output
    assert "as it was" in told["text"]
    assert (told["text"].split(), told["failed"]) == (ran.stdout.split(), False)


def test_what_is_wrong_is_said_in_its_words(http_port, study, served):
    told = ask(http_port, study, {"type": "random", "eta": "3"}).json
    assert told["failed"]
    assert "--eta: random has no such setting" in told["text"]
    told = ask(http_port, served.create()).json
    assert told["failed"]
    assert "has no report yet" in told["text"]


@pytest.mark.parametrize(("settings", "word"), [
    ({"nosuch": "1"}, "settings"), ({"eta": "--help"}, "settings.eta"),
    ({"eta": 3}, "settings.eta"), ({"dump": "/etc/passwd"}, "settings"),
])  # fmt: skip
def test_nothing_else_gets_into_the_command(http_port, study, settings, word):
    got = ask(http_port, study, settings)
    assert got.status == 400
    assert got.json["message"].startswith(f"{word}: ")


async def test_a_study_that_is_too_large_is_left_to_the_command_line():
    class Large:
        async def ask(self, path, message):
            counts = pb.TrialCounts(created=MOST_TRIALS + 1)
            return pb.GetStudyResponse(study=pb.Study(counts=counts))

    with pytest.raises(RefusalError, match=r"5,001 trials are too many .* `ashad replay`"):
        await Replays(Large())._records("s")


def test_what_is_no_such_question_is_refused(http_port):
    assert ask(http_port, "none").status == 404
    got = http_port.send("POST", "/replay", b"{}" * 4000, content_type="application/json")
    assert got.status == 400
    assert http_port.send("POST", "/replay", b"{}", content_type="text/plain").status == 400


def test_it_reads_for_those_who_may_read(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        file = TokenFile(daemon.db.with_name(f"{daemon.db.name}.tokens"))
        tokens = {
            "admin": file.create("admin")[1],
            "here": file.create("viewer")[1],
            "elsewhere": file.create("viewer", studies=["other-*"])[1],
        }
        daemon.start("--require-tokens", "--web", "127.0.0.1:0")
        call = {"metadata": [("authorization", f"Bearer {tokens['admin']}")], "timeout": 9}
        daemon.studies().CreateStudy(pb.CreateStudyRequest(study="s", spec=spec()), **call)
        port = http_of(daemon, metadata=call["metadata"])
        assert ask(port, "s").status == 401
        assert (
            "no report yet" in ask(port, "s", authorization=f"Bearer {tokens['here']}").json["text"]
        )
        assert ask(port, "s", authorization=f"Bearer {tokens['elsewhere']}").status == 404
