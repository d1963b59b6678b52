"""`ashad launch ssh`, through a real sshd: an agent a host, its end, and no secret to be seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import ashad_client
import pytest

from tests.support.cluster import free, until
from tests.support.tools import run, tool

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 4},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
TRAIN = """
import os, pathlib, time
print(os.environ.get("CUDA_VISIBLE_DEVICES"), file=open("gpus", "a"))
for epoch in range(1, 5):
    print(f"epoch={epoch} loss=1.0", flush=True)
    while epoch == 2 and not pathlib.Path("go").exists():
        time.sleep(0.05)
"""
SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
SetEnv XDG_STATE_HOME={folder}
"""
CLIENT = """\
Host gone
    Port {closed}
Host one two gone
    HostName 127.0.0.1
    Port {port}
    IdentityFile {folder}/user
    UserKnownHostsFile {folder}/known
    StrictHostKeyChecking no
    LogLevel ERROR
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The configuration of a client that knows two hosts, both this one, and one that is gone."""
    sshd, folder = tool("sshd"), tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        run(tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
    port, closed = free(2)
    (folder / "sshd").write_text(SERVER.format(port=port, folder=folder))
    (folder / "ssh").write_text(CLIENT.format(port=port, closed=closed, folder=folder))
    Path("/run/sshd").mkdir(exist_ok=True)  # where it wants to be while it is nobody
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", folder / "sshd"], stderr=log)
    until(lambda: "Server listening" in (folder / "log").read_text())
    yield folder / "ssh"
    process.terminate()
    process.wait(30)


@pytest.fixture
def launch(config, daemon, tmp_path):
    (tmp_path / "train.py").write_text(TRAIN)

    def launch(study, *flags, **more):
        done = subprocess.run(
            [sys.executable, "-m", "ashad_client", "launch", "ssh", study, f"--extra=-F{config}",
             "--python", sys.executable, *flags, "--", sys.executable, "train.py"],
            cwd=tmp_path, env=clean() | {"ASHAD_ADDRESS": daemon.address} | more, text=True,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout

    return launch


def clean():
    return {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}


def pids(said):
    lines = [line for line in said.splitlines() if "to end it" in line]
    return [int(line.rpartition(" ")[2].strip("'")) for line in lines]


def test_an_agent_on_each_host_and_their_end(launch, config, daemon, tmp_path):
    token = tmp_path / "token"
    token.write_text("ash_000000000000_" + "secret" * 7 + "x")
    with ashad_client.connect(daemon.address) as client:
        client.create_study("hosts", SPEC)
        flags = ("-n", "4", "--gpus", "1", "--hosts", "one,two", "--grace", "5s")
        # What ssh is told is seen by all who list processes.
        code, said = launch("hosts", *flags, ASHAD_TOKEN_FILE=str(token))
        assert code == 0, said

        def resources():
            return [one.resource for one in client.list_trials("hosts")]

        until(lambda: resources() == [2] * 4, lambda: said)
        workers = sorted(one.worker for one in client.list_trials("hosts"))
        assert workers == [f"ssh-hosts-{host}-{slot}" for host in ("one", "two") for slot in (0, 1)]
        assert sorted((tmp_path / "gpus").read_text().split()) == ["0", "0", "1", "1"]
        state = config.parent / "ashad" / "launch"
        kept = state / "ssh-hosts-one" / "token"
        assert (kept.read_text().strip(), kept.stat().st_mode & 0o77) == (token.read_text(), 0)
        seen = b"".join(each.read_bytes() for each in command_lines())
        assert token.read_text().encode() not in seen

        code, twice = launch("hosts", *flags, ASHAD_TOKEN_FILE=str(token))
        assert (code, "an agent of this name runs here, process" in twice) == (1, True), twice
        assert "nothing was started" in twice
        assert kept.exists()

        first, second = pids(said)
        os.kill(first, signal.SIGTERM)  # as the last line says, typed on the host
        until(lambda: client.study("hosts").counts.running == 2, lambda: said)
        assert client.study("hosts").counts.failed == 0
        until(lambda: not kept.exists())

        code, again = launch("hosts", *flags[:-4], "--hosts", "one", "-n", "2")
        assert code == 0, again
        until(lambda: resources() == [2] * 4 and client.study("hosts").counts.running == 4)
        assert {one.attempt for one in client.list_trials("hosts")} == {1, 2}
        (tmp_path / "go").touch()
        until(lambda: client.study("hosts").counts.completed == 4)
        for pid in (second, *pids(again)):
            until(lambda pid=pid: not Path(f"/proc/{pid}").exists())
        assert list(state.glob("ssh-hosts-*")) == []


def command_lines():
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)]


def readable(path):
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def test_one_host_that_is_gone_starts_nothing_on_the_others(launch, daemon, tmp_path):
    with ashad_client.connect(daemon.address) as client:
        client.create_study("gone", SPEC)
        code, said = launch("gone", "-n", "2", "--hosts", "one,gone")
        assert (code, "ssh gone: ssh: " in said, "refused" in said) == (1, True, True), said
        assert "nothing was started" in said
        assert not list(tmp_path.glob("ashad-*.log"))
        code, said = launch("gone", "-n", "1", "--hosts", "one", "--python", "python-none")
        assert (code, "no such program: python-none" in said) == (1, True), said
        assert client.study("gone").counts.running == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["-n", "3", "--hosts", "one,two"], "3 workers and 2 hosts do not come out even"),
        (["-n", "1", "--hosts=-oProxyCommand=true"], "is no host"),
        (["-n", "1", "--hosts", "a b"], "'a b' is no host"),
        (["-n", "1"], "--hosts: name them"),
        (["-n", "1", "--hosts", "one", "--time", "1h"], "--time is nothing that it can do"),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(launch, daemon, flags, words):
    code, said = launch("s", *flags)
    assert (code, words in said) == (2, True), said
