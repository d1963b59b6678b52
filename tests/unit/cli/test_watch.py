"""`ashad watch`: what it shows, how it ends, and that it fits the terminal whatever the study."""

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from ashad.cli.views.watch_state import Watched
from ashad.cli.views.watch_view import View
from ashad_client.v1 import ashad_pb2 as pb
from rich.console import Console

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def trained(cli, worker, study_file):
    """A study of three trials, one of which failed, and one that runs."""
    cli("study", "create", "-f", study_file({"max_trials = 9": "max_trials = 4"}))
    for value in (0.3, 0.1):
        lease = worker.suggest("digits")
        for resource in range(1, 10):
            if worker.report(lease, resource, value).action != pb.ACTION_CONTINUE:
                break
    worker.fail(worker.suggest("digits"), "no memory")
    lease = worker.suggest("digits", "host-7")
    worker.report(lease, 1, 0.05)
    return lease


def command(daemon, *words):
    return [sys.executable, "-m", "ashad", "watch", "digits", "--address", daemon.address, *words]


def finish(worker, lease):
    for resource in range(2, 10):
        worker.report(lease, resource, 0.05 / resource)


def test_once_says_how_it_stands(cli, trained):
    said = cli("watch", "digits", "--once").out
    assert said.startswith("4 of 4 trials, 1 running, 1 failed, 19 epochs spent")
    live = cli("watch", "digits", "--once", "-o", "live").out
    for word in ("4 of 4 trials made", "host-7", "1 error", "went on", "cut-off", "loss 0.05"):
        assert word in live, live


def test_every_change_as_json_lines_to_the_end(cli, daemon, worker, trained):
    with subprocess.Popen(
        command(daemon, "-o", "jsonl", "--after", "0"), stdout=subprocess.PIPE, text=True
    ) as watching:
        first = json.loads(watching.stdout.readline())
        finish(worker, trained)
        rest = [json.loads(line) for line in watching.stdout]
    assert watching.returncode == 0
    assert first["kind"] == "CREATED"
    numbers = [first["commit_seq"], *(change["commit_seq"] for change in rest)]
    assert numbers == list(range(1, len(numbers) + 1))
    reports = cli("export", "digits", "--what", "reports", "-o", "jsonl").out.splitlines()
    assert [c["report"] for c in rest if c["report"]] == [json.loads(line) for line in reports]


def test_lines_where_there_is_no_terminal(daemon, worker, trained):
    with subprocess.Popen(command(daemon), stdout=subprocess.PIPE, text=True) as watching:
        first = watching.stdout.readline()
        finish(worker, trained)
        rest = watching.stdout.readlines()
    assert watching.returncode == 0
    assert "4 of 4 trials, 1 running" in first
    assert any("best so far: loss" in line for line in rest)
    assert "finished: the study has made all its trials" in rest[-1]
    assert not ESCAPES.search("".join([first, *rest]))


def test_it_goes_on_when_the_daemon_comes_back(new_daemon, tmp_path, study_file):
    daemon = new_daemon(tmp_path).start()
    here = os.environ | {"ASHAD_ADDRESS": daemon.address}
    ashad = [sys.executable, "-m", "ashad"]
    create = [*ashad, "study", "create", "-f", str(study_file())]
    subprocess.run(create, env=here, check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen(
        command(daemon, "--every", "0.1"), stdout=subprocess.PIPE, text=True
    ) as watching:
        assert "0 of 9 trials" in watching.stdout.readline()
        daemon.kill()
        assert "trying again" in watching.stdout.readline()
        daemon.start()
        stop = [*ashad, "study", "stop", "digits"]
        subprocess.run(stop, env=here, check=True, stdout=subprocess.DEVNULL)
        rest = watching.stdout.read()
    assert watching.returncode == 0
    assert "stopped: the study was stopped" in rest.splitlines()[-1]
    daemon.stop()


def test_no_change_is_missed_over_kill_9(new_daemon, tmp_path, study_file):
    daemon = new_daemon(tmp_path).start()
    here = os.environ | {"ASHAD_ADDRESS": daemon.address}

    def ashad(*words):
        subprocess.run([sys.executable, "-m", "ashad", "study", *words], env=here, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip

    ashad("create", "-f", str(study_file()))
    with subprocess.Popen(
        command(daemon, "-o", "jsonl", "--after", "0"), stdout=subprocess.PIPE, text=True
    ) as watching:
        told = [json.loads(watching.stdout.readline())]
        ashad("pause", "digits")
        told.append(json.loads(watching.stdout.readline()))
        daemon.kill()
        daemon.start()
        for word in ("resume", "pause", "stop"):
            ashad(word, "digits")
        told += [json.loads(line) for line in watching.stdout]
    assert watching.returncode == 0
    daemon.stop()
    assert [change["commit_seq"] for change in told] == [1, 2, 3, 4, 5]
    assert [change["kind"] for change in told[1:]] == ["PAUSED", "RESUMED", "PAUSED", "STOPPED"]


def test_live_on_a_terminal(daemon, worker, trained):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    env = os.environ | {"TERM": "xterm-256color"}
    env = {k: v for k, v in env.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(command(daemon), stdout=theirs, env=env) as watching:
        os.close(theirs)
        said = os.read(ours, 4096)
        finish(worker, trained)
        with contextlib.suppress(OSError):  # the other end has gone
            while more := os.read(ours, 65536):
                said += more
        os.close(ours)
    assert watching.returncode == 0
    text = ESCAPES.sub("", said.decode())
    assert "digits  active" in text
    assert "digits  finished (the study has made all its trials)" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b[?25h" in said.decode()  # the cursor is back


def test_it_ends_when_a_silent_worker_has_lost_its_lease(daemon, cli, worker, study_file):
    """The study has ended by a limit, with a trial under way of which nobody hears again."""
    lease = "[lease]\nduration = '2s'\nheartbeat_interval = 0.2\nmax_attempts = 3"
    cli("study", "create", "-f", study_file({"max_trials = 9": f"max_trials = 9\n{lease}"}))
    worker.suggest("digits")
    cli("study", "update", "digits", "--max-duration", "0.001")
    with subprocess.Popen(
        command(daemon, "-o", "jsonl", "--after", "0"), stdout=subprocess.PIPE, text=True
    ) as watching:
        told = [json.loads(line) for line in watching.stdout]
    assert watching.returncode == 0
    assert told[-1]["kind"] == "LOST"
    assert cli("study", "show", "digits", "-o", "json").data["reason"] == "MAX_DURATION"


def test_what_is_wrong_is_told(cli):
    assert cli.fails("watch", "nothing").code == 1
    ran = cli.fails("watch", "nothing", "--after", "3")
    assert (ran.code, "-o jsonl" in ran.err) == (2, True)


def big(brackets=3, running=2000):
    """A study of ten thousand trials with long names, and many that run."""
    name = "a-study-with-quite-a-long-name" * 3
    study = pb.Study(name=name, state=pb.STUDY_STATE_ACTIVE, total_resource=10**9)
    study.spec.metric, study.spec.resource, study.spec.max_resource = "m" * 60, "tokens", 10**9
    study.counts.created, study.counts.failed_lost, study.counts.failed = 10_000, 3, 3
    study.spec.limits.max_trials = 10_000
    study.spec.limits.max_duration.seconds = 86400
    for number in range(brackets):
        bracket = study.brackets.add(bracket=number)
        for k in range(5):
            bracket.rungs.add(
                rung=k, level=10 ** (5 + k), size=10_000 >> k, promoted=3_000 >> k, paused=9 >> k,
                cutoff=1.23456789e-7,
            )  # fmt: skip
    trials = []
    for number in range(running):
        trial = pb.Trial(trial=number, state=pb.TRIAL_STATE_RUNNING, worker="w" * 50 + str(number))
        trial.resource, trial.value = 123_456_789, number / 7e9
        trial.params.add(name="x" * 80).value.string_value = "\x1b[31m[red]" * 20
        trials.append(trial)
    return Watched(study, trials)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("height", [24, 50])
def test_it_fits_any_terminal(width, height):
    out = io.StringIO()
    console = Console(
        file=out, width=width, height=height, force_terminal=True, highlight=False, no_color=True
    )
    console.print(View(big(), "127.0.0.1:2742"))
    lines = ESCAPES.sub("", out.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height, 40)
    assert "\x1b[31m" not in out.getvalue()
    if width >= 80:
        assert "2,000, by their last" in "\n".join(lines)
        assert re.search(r"and 1,9\d\d more", "\n".join(lines))


def test_of_brackets_without_end_the_newest_are_shown():
    study = big(brackets=40)
    study.study.spec.hyperband.repeat = True
    study.study.spec.limits.ClearField("max_trials")
    console = Console(file=io.StringIO(), width=100, height=40, force_terminal=True, no_color=True)
    console.print(View(study, "here"))
    lines = ESCAPES.sub("", console.file.getvalue()).splitlines()
    assert len(lines) <= 40
    assert any(re.match(r" 3\d earlier brackets", line) for line in lines)
    assert any(line.split()[:2] == ["39", "4"] for line in lines)
    assert not any(line.startswith("budget") for line in lines)


def test_a_study_without_trials_or_rungs():
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    console.print(View(Watched(pb.Study(name="new"), []), "here"))
    assert "none yet" in console.file.getvalue()


# --- several ---


def test_an_overview_of_all_and_of_some(cli, worker, study_file):
    for name in ("a", "b", "c"):
        cli("study", "create", name, "-f", study_file({"max_trials = 9": "max_trials = 1"}))
    cli("study", "stop", "a")
    first = cli("watch", "--once").out.splitlines()
    assert [line.split()[0] for line in first] == ["study", "b", "c", "a"], "what goes on is first"
    assert [line.split()[0] for line in cli("watch", "c", "b", "--once").out.splitlines()[1:]] == [
        "c", "b",
    ]  # fmt: skip
    assert cli.fails("watch", "-o", "jsonl").code == 2
    assert "STUDY_NOT_FOUND" in cli.fails("watch", "a", "no").err


def test_an_overview_ends_when_all_are_over(cli, daemon, worker, study_file):
    for name in ("a", "b"):
        cli("study", "create", name, "-f", study_file({"max_trials = 9": "max_trials = 1"}))
    words = [sys.executable, "-m", "ashad", "watch", "--address", daemon.address]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watching:
        assert "study a  state active" in watching.stdout.readline()
        for name in ("a", "b"):
            lease = worker.suggest(name)
            for resource in range(1, 10):
                worker.report(lease, resource, 0.5)
        rest = watching.stdout.read()
    assert watching.returncode == 0
    assert "study b  state finished (MAX_TRIALS)" in rest
