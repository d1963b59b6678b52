"""`ashad.local()`: a daemon for a notebook, found by the next process, gone with its last user."""

import os
import signal
import subprocess
import sys

import ashad
import ashad_client
import pytest
from ashad.cli.local.private_daemon import folder_of
from ashad_client import uniform

pytestmark = pytest.mark.slow  # a daemon for each

STUDY = {
    "metric": "loss",
    "goal": "minimize",
    "max_resource": 2,
    "space": {"lr": uniform(0, 1)},
    "limits": {"max_trials": 2},
}
USE = """
import sys, ashad
client = ashad.local(sys.argv[1])
print(client.address, len(list(client.list_studies())), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def db(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("ASHAD_")]:
        monkeypatch.delenv(name)
    return tmp_path / "data" / "ashad.db"


def daemon_lives(db):
    """Whether a private daemon holds its lock."""
    held = f"import fcntl; fcntl.flock(open({str(folder_of(db) / 'daemon')!r}), 6)"
    ran = subprocess.run([sys.executable, "-c", held], capture_output=True, check=False)
    return ran.returncode != 0


@pytest.fixture
def other_process(db):
    started = []

    def start():
        command = [sys.executable, "-c", USE, str(db)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_search_without_a_daemon_and_what_it_found_is_there_next_time(db, monkeypatch):
    monkeypatch.setenv("ASHAD_TOKEN_FILE", "/nowhere")  # for another daemon
    with ashad.local(db) as client:
        client.create_study("s", STUDY)
        for trial in client.trials("s"):
            for resource in trial.steps():
                trial.report(resource, loss=trial.params["lr"])
        assert daemon_lives(db)
    assert not daemon_lives(db)
    assert os.environ["ASHAD_TOKEN_FILE"] == "/nowhere"
    with ashad.local(db) as client:
        assert client.get_study("s").counts.completed == 2


def test_the_next_process_finds_it_and_the_last_one_ends_it(db, other_process):
    client = ashad.local(db)
    client.create_study("s", STUDY)
    other = other_process()
    assert other.stdout.readline().split() == [client.address.removeprefix("dns:///"), "1"]
    client.close()
    client.close()
    assert daemon_lives(db)
    other.send_signal(signal.SIGKILL)  # a notebook's kernel that is killed leaves it too
    other.wait(30)
    with ashad.local(db) as again:  # waits for the end of that one
        assert [study.name for study in again.list_studies()] == ["s"]
    assert not daemon_lives(db)


def test_two_clients_of_one_process(db):
    first, second = ashad.local(db), ashad.local(db)
    assert first.address == second.address
    first.close()
    assert list(second.list_studies()) == []
    second.close()
    assert not daemon_lives(db)


def test_what_cannot_be_is_refused_and_leaves_no_daemon(db, tmp_path):
    with pytest.raises(ashad_client.Error, match="leave address out"):
        ashad.local(db, address="127.0.0.1:1")
    with pytest.raises(ashad_client.Error, match="max_wait_s"):
        ashad.local(db, max_wait_s=-1)
    assert not daemon_lives(db)
    (tmp_path / "text.db").write_text("no database" * 100)
    with pytest.raises(ashad_client.Error, match="LOCAL: the daemon did not start"):
        ashad.local(tmp_path / "text.db")


def test_importing_ashad_imports_nothing_of_it():
    code = "import ashad, sys; print([m for m in sys.modules if m.startswith(('ashad.', 'grpc'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
