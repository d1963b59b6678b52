"""What is wrong is told before the first trial, with its fix, and costs nothing."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from ashad_agent.cli.main import run

TRUE = ["true"]


@pytest.mark.parametrize(
    ("options", "command", "words"),
    [
        ([], ["./train", "{lr"], "./train: there is no such program"),
        ([], ["true", "{lrr}"], "did you mean {lr}?"),
        ([], ["true", "--all={args}"], "stands alone"),
        ([], ["plain.txt"], "did you mean ./plain.txt?"),
        ([], ["./plain.txt"], "chmod +x"),
        ([], ["./no_interpreter"], "names /no/such/interpreter, which is not there"),
        ([], ["./no_first_line"], "a script without a first line #!"),
        ([], ["python3", "-u", "tran.py"], "tran.py: there is no such file for python3 to run"),
        (["--regex", "("], TRUE, "--regex '('"),
        (["--regex", "loss=(.*)"], TRUE, "(?P<metric>...)"),
        (["--metrics", "tb:logs"], TRUE, "stdout, stderr, file:PATH or csv:PATH"),
        (["--metrics", "file:{nope}"], TRUE, "{nope}"),
        (["--metrics", "file:log", "--slots", "2"], TRUE, "put {trial}"),
        (["--metric", "loss="], TRUE, "NAME=KEY"),
        (["--stop-signal", "KILLED"], TRUE, "no signal"),
        (["--grace", "soon"], TRUE, "must be a duration"),
        (["--slots", "0"], TRUE, "not 1 or more"),
        (["--count", "-1"], TRUE, "no whole number"),
        (["--gpus", "all"], TRUE, "no list of GPUs"),
        (["--gpus", "0,1,2", "--slots", "2"], TRUE, "come out even"),
        (["--max-tim", "3h"], TRUE, "unrecognized"),
        ([], [], "-- ./train"),
        (["python", "x.py"], [], "goes behind --"),
    ],
)
def test_a_wrong_command_line(agent, make_study, trials, tmp_path, options, command, words):
    (tmp_path / "plain.txt").write_text("no program\n")
    for name, text in {
        "no_interpreter": "#!/no/such/interpreter\n",
        "no_first_line": "x\n",
    }.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    study = make_study()
    ran = agent(study, *command, options=options, check=2)
    assert words in ran.err, ran.err
    assert "Traceback" not in ran.err
    assert trials(study) == []
    assert not (tmp_path / "ashad-checkpoints").exists()


def test_a_study_that_is_not_there(agent):
    ran = agent("nowhere", "true", check=1)
    assert "there is no study 'nowhere'" in ran.err


@pytest.mark.slow
def test_a_daemon_that_is_not_there(monkeypatch, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    connection = {"address": address, "call_timeout_s": 1.0}
    assert run(["s", "--", "true"], connection=connection) == 69
    assert address in capsys.readouterr().err


def test_a_parameter_that_no_argument_can_hold_fails_its_trial(agent, make_study, client):
    study = make_study(limits={"max_trials": 1}, space={"lr": "a\0b"})
    agent(study, "true", "{lr}")
    assert "NUL byte" in client.get_trial(study, 0).message


def test_a_checkpoint_folder_that_cannot_be_made_fails_its_trial(
    agent, make_study, client, tmp_path
):
    (tmp_path / "file").write_text("")
    study = make_study(limits={"max_trials": 1})
    agent(study, "true", options=["--checkpoints", "file"])
    assert "could not be started" in client.get_trial(study, 0).message


def test_a_worker_id_is_held_by_one_agent_at_a_time(agent, make_study, program, until, trials):
    study = make_study(max_resource=9, limits={"max_trials": 2})
    sleeper = program("import time\nprint('loss=1')\ntime.sleep(600)")
    first = agent.start(study, *sleeper, options=["--worker", "gpu-3"])
    until(lambda: trials(study))
    second = agent.start(study, *sleeper, options=["--worker", "gpu-3"])
    _, err = second.communicate(timeout=30)
    assert (second.returncode, b"held by another agent" in err) == (1, True)
    first.terminate()
    agent.finish(first)


def test_a_worker_name_that_is_in_use_on_another_machine(
    agent, make_study, program, until, trials, tmp_path, client
):
    """The daemon refuses it; the agent says so and exits, and no trial changes hands."""
    lease = {"duration": 9, "heartbeat_interval": 0.3}
    study = make_study(max_resource=9, limits={"max_trials": 2}, lease=lease)
    sleeper = program("import time\nprint('loss=1', flush=True)\ntime.sleep(600)")
    first = agent.start(study, *sleeper, env={"ASHAD_WORKER": "replica"})
    until(lambda: [at for _, _, at in trials(study)] == [1])
    # Before its first heartbeats it may be a restarted worker.
    until(lambda: client.get_trial(study, 0).worker_time.total_seconds() > 1)
    elsewhere = {"ASHAD_WORKER": "replica", "XDG_STATE_HOME": str(tmp_path / "elsewhere")}
    second = agent.start(study, *sleeper, env=elsewhere)
    _, err = second.communicate(timeout=60)
    assert (second.returncode, b"WORKER_NAME_IN_USE" in err) == (1, True), err
    assert [state for state, _, _ in trials(study)] == ["RUNNING"]
    first.terminate()
    agent.finish(first)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(agent, make_study, reports, closed):
    """The output of a program must not go where a connection got the number of stdout."""
    look = "for n in 0 1 2; do readlink /proc/$2/fd/$n; done > $1"
    script = f'exec {sys.executable} -m ashad_client run "$@" {closed}'
    study = make_study(max_resource=1, limits={"max_trials": 1})
    words = ["--", "sh", "-c", look + "; echo loss=1", "x", agent.folder / "seen"]
    process = subprocess.Popen(
        ["sh", "-c", f'set -- "$@" $$; {script}', "x", study, *words],
        env=agent.environment, cwd=agent.folder,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert reports(study) == [(1, 1.0)]
    seen = (agent.folder / "seen").read_text().splitlines()
    kept = 3 - len(closed.split())
    assert seen.count("/dev/null") == 3 - kept
    assert all(one.startswith(("/dev/null", "pipe:")) for one in seen)


@pytest.mark.slow
def test_help_is_one_page_for_both_doors():
    pages = [
        subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
        for command in (
            [sys.executable, "-m", "ashad", "run"],
            [sys.executable, "-m", "ashad_client", "run"],
        )
    ]
    for page in pages:
        for word in (
            "--slots",
            "{checkpoint_dir}",
            "--dry-parse",
            "128+N",
            "--metric NAME=KEY",
            "--grace",
        ):
            assert word in page
    assert "-f FILE" in pages[0]
    assert "-f FILE" not in pages[1]


@pytest.mark.slow
def test_what_the_thin_client_says_without_a_verb():
    done = subprocess.run(
        [sys.executable, "-m", "ashad_client"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "run [OPTIONS] STUDY -- COMMAND" in done.stderr


@pytest.mark.parametrize("slots", [1, 2])
def test_a_command_that_is_wrong_costs_the_study_no_trial(agent, make_study, trials, slots):
    study = make_study(limits={"max_trials": 4})
    ran = agent(study, "false", options=["--slots", slots], check=3)
    assert "3 trials failed in the first minute, so the command is likely wrong" in ran.err
    assert {state for state, _, _ in trials(study)} == {"QUEUED"}
    agent(study, "echo", "epoch=4 loss=1")
    assert [state for state, _, _ in trials(study)] == ["COMPLETED"] * 4


def test_a_shell_that_finds_no_program_ends_the_agent_at_once(agent, make_study, trials):
    study = make_study()
    ran = agent(study, "sh", "-c", "./no-such-program", check=3)
    assert "1 trial failed in the first minute" in ran.err
    assert trials(study) == [("QUEUED", "RELEASED", 0)]


def test_a_bad_first_trial_fails_once_another_has_shown_that_the_command_is_right(
    agent, make_study, trials
):
    study = make_study(limits={"max_trials": 3})
    agent(study, "sh", "-c", "[ {trial} != 0 ] && echo epoch=4 loss=1")
    assert [state for state, _, _ in trials(study)] == ["FAILED", "COMPLETED", "COMPLETED"]
