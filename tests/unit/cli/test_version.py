"""`ashad --version` shows both ends, and is not held up by the other one."""

import socket
import subprocess
import sys

import ashad_client
import pytest
from ashad import __version__
from ashad.cli.rpc import Daemon

from tests.support import ROOT

HERE = f"ashad {__version__}\nashad-client {ashad_client.__version__}\n"
WINDOWS = """
import sys, asyncio, grpc, grpc.aio  # what comes with them is not under test
sys.platform = "win32"
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "uvloop"):
    sys.modules[name] = None
"""


@pytest.mark.parametrize("words", [["version"], ["--version"], ["--version", "study", "list"]])
def test_both_ends(cli, words):
    assert cli(*words).out == f"{HERE}daemon at {cli.address}: ashad {__version__}\n"


def test_both_ends_may_differ(cli, monkeypatch):
    monkeypatch.setattr(Daemon, "version", lambda *_: "9.0.0\x1b[2J")
    assert cli("--version").out == f"{HERE}daemon at {cli.address}: ashad 9.0.0\\x1b[2J\n"

    monkeypatch.setattr(Daemon, "version", lambda *_: "")
    assert cli("--version").out.endswith("so an older one\n")


def test_nobody_is_waited_for(cli):
    """Of two that never answer, one refuses and one is silent; a call of 30 s would be too long."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*silent.getsockname())
        assert cli("version", "--address", address).out == f"{HERE}daemon at {address}: no answer\n"
        silent.listen()
        ran = subprocess.run(
            [sys.executable, "-m", "ashad", "--address", address, "--version"],
            capture_output=True, text=True, timeout=25, check=True,
        )  # fmt: skip
        assert ran.stdout == f"{HERE}daemon at {address}: no answer\n"


def test_a_daemon_that_refuses_is_told(cli, tmp_path):
    said = cli("--version", "--token-file", tmp_path / "none").out
    assert said.startswith(HERE)
    assert "none" in said.splitlines()[2]


def windows(code, *words, **environment):
    return subprocess.run(
        [sys.executable, "-c", WINDOWS + code, *words], env=environment, cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [[], ["serve"], ["--version"]])
def test_windows_is_refused_in_a_sentence(words):
    ran = windows("from ashad.__main__ import main; main()", *words)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: ashad, the daemon and its command line, does not run on W")
    assert ran.stderr.count("\n") == 1


def test_the_agent_refuses_windows_too():
    ran = windows("from ashad_client.__main__ import main; sys.exit(main(sys.argv[1:]))", "run")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: run, launch, ask and tell")


def test_the_client_works_without_posix(cli):
    code = """
import ashad_client
with ashad_client.connect() as client:
    spec = {"metric": "loss", "goal": "minimize", "max_resource": 3, "space": {"x": 1}}
    client.create_study("windows", {**spec, "limits": {"max_trials": 2}})
    for trial in client.trials("windows"):
        for step in trial.steps():
            trial.report(step, loss=1.0)
    print(len(list(client.list_trials("windows"))))
"""
    ran = windows(code, ASHAD_ADDRESS=cli.address)
    assert ran.stdout == "2\n", ran.stderr
