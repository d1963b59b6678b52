"""`ask` and `tell`: shell scripts that are workers, in every POSIX shell that is here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import ashad_client
import pytest

SHELLS = [shell for shell in ("bash", "dash", "zsh", "ksh", "mksh") if shutil.which(shell)]
WORKER = """
set -eu
while eval "$($ASHAD ask "$1" -o env)"; do
    epoch=$ASHAD_START
    while [ "$epoch" -lt "$ASHAD_TARGET" ]; do
        epoch=$((epoch + 1))
        $ASHAD tell epoch=$epoch loss="0.$epoch" x="$ASHAD_PARAM_LR" >> told || break
    done
    $ASHAD tell --done
done
"""


@pytest.fixture
def shell(agent, tmp_path):
    """Run a script; return what it did."""

    def run(script, *arguments, check=0, shell="bash", env=None):
        done = subprocess.run(
            [shell, "-c", script, shell, *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
            env=agent.environment
            | {"ASHAD": f"{sys.executable} -m ashad_client"} | (env or {}),
        )  # fmt: skip
        assert done.returncode == check, done.stderr
        return done

    return run


@pytest.mark.parametrize("name", SHELLS)
def test_a_worker_of_ten_lines(shell, make_study, trials, reports, tmp_path, name):
    study = make_study(max_resource=2, limits={"max_trials": 2})
    done = shell(WORKER, study, shell=name)
    assert "is finished: MAX_TRIALS" in done.stderr
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 2)] * 2
    assert reports(study) == [(1, 0.1), (2, 0.2)]
    assert (tmp_path / "told").read_text().splitlines()[1] == "STOP MAX_RESOURCE"


def test_nothing_of_a_parameter_is_run(shell, make_study, reports, tmp_path):
    hostile = "$(touch pwned)`touch pwned`'; touch pwned; '\n\"grüße\""
    study = make_study(max_resource=1, space={"text": hostile}, limits={"max_trials": 1})
    script = """
eval "$($ASHAD ask "$1")" && printf %s "$ASHAD_PARAM_TEXT" > text && $ASHAD tell epoch=1 loss=nan
"""
    shell(script, study, check=3)
    assert (tmp_path / "text").read_text() == hostile
    assert not (tmp_path / "pwned").exists()
    assert [resource for resource, _ in reports(study)] == [1]


def test_a_parameter_that_not_every_trial_has(shell, make_study, sometimes):
    points = [{"opt": "sgd", "m": 0.5}, {"opt": "adam"}]
    study = make_study(
        max_resource=1, space=sometimes, points_to_evaluate=points, limits={"max_trials": 2}
    )
    script = """
while eval "$($ASHAD ask "$1")"; do
    echo "$ASHAD_PARAM_OPT ${ASHAD_PARAM_M-none}"; $ASHAD tell --alive > told; $ASHAD tell --done
done
"""
    assert shell(script, study).stdout.splitlines() == ["sgd 0.5", "adam none"]


def test_as_json(shell, make_study, client):
    study = make_study(space={"lr": 0.5, "n": 2**63 - 1}, limits={"max_trials": 1})
    asked = json.loads(shell('$ASHAD ask "$1" -o json', study).stdout)
    assert asked["params"] == {"lr": 0.5, "n": 2**63 - 1}
    assert (asked["study"], asked["trial"], asked["start"], asked["target"]) == (study, 0, 0, 4)
    assert asked["lease"]
    assert "checkpoint_dir" not in asked
    client.stop_study(study)
    assert shell('$ASHAD ask "$1" -o json', study, check=3).stdout == "null\n"


@pytest.mark.parametrize(
    ("told", "state", "message"),
    [
        ("--failed 'out of luck'", "FAILED", "out of luck"),
        ("--infeasible 'too large'", "INFEASIBLE", "too large"),
        ("--release", "QUEUED", ""),
    ],
)
def test_ends(shell, make_study, client, trials, told, state, message):
    study = make_study()
    shell(f'eval "$($ASHAD ask "$1")" && $ASHAD tell {told}', study)
    assert trials(study)[0][0] == state
    assert client.get_trial(study, 0).message == message


def test_a_decision_is_told(shell, make_study, client):
    study = make_study()
    script = """
eval "$($ASHAD ask "$1")" && $ASHAD tell --alive && $ASHAD tell epoch=1 loss=1 --checkpoint s3://a
"""
    done = shell(script + "env | grep ^ASHAD_ > variables", study)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["CONTINUE", "CONTINUE"]
    assert [report.checkpoint_uri for report in client.list_reports(study)] == ["s3://a"]
    client.cancel_trial(study, 0)
    again = ". ./variables_; $ASHAD tell --alive"
    shell("sed 's/^/export /; s/=\\(.*\\)/=\"\\1\"/' variables > variables_")
    assert shell(again, check=3).stdout.startswith("STOP ")


LONG_EPOCH = """
eval "$($ASHAD ask "$1")"
{beats}
while [ ! -e over ]; do sleep 0.05; done
$ASHAD tell epoch=1 loss=1
{end}
"""
BEATS = "(while sleep 0.1 && kill -0 $$; do $ASHAD tell --alive; done) > /dev/null & beat=$!"


@pytest.mark.parametrize("beats", [BEATS, ""])
def test_an_epoch_that_is_longer_than_the_lease(
    shell, make_study, client, tmp_path, until, agent, beats
):
    """The way that the help shows; and without it the lease ends, so that this can fail."""
    study = make_study(lease={"duration": 6})

    def may_end():
        # Two leases are over, by the daemon's own count of the time it was leased or lost.
        trial = client.get_trial(study, 0)
        return trial.lost_leases or trial.worker_time.seconds >= 12

    script = LONG_EPOCH.format(beats=beats, end="kill $beat" if beats else "")
    with ThreadPoolExecutor() as pool:
        done = pool.submit(shell, script, study)
        until(lambda: [1 for trial in client.list_trials(study)])
        until(may_end, 60)
        lost = client.get_trial(study, 0).lost_leases
        (tmp_path / "over").touch()
        assert done.result().stdout.startswith("CONTINUE")
    assert lost == (0 if beats else 1)
    until(lambda: agent.left() == [])


def test_the_heartbeats_of_a_script_that_was_killed_end(shell, make_study, agent, until, tmp_path):
    script = f'eval "$($ASHAD ask "$1")"\n{BEATS}\nwait'
    with ThreadPoolExecutor() as pool:
        done = pool.submit(shell, script, make_study(), check=-9)
        pid = min(until(lambda: [pid for pid, line in agent.left() if "bash -c" in line]))
        until(lambda: [1 for _, line in agent.left() if "tell" in line])
        os.kill(pid, 9)
        done.result()
    until(lambda: agent.left() == [])


def test_a_stable_worker_that_starts_again_gets_its_trial_back(shell, make_study):
    study = make_study()
    script = 'eval "$($ASHAD ask "$1")" && echo $ASHAD_TRIAL $ASHAD_ATTEMPT'
    assert shell(script, study, env={"ASHAD_WORKER": f"w-{study}"}).stdout == "0 1\n"
    assert shell(script, study, env={"ASHAD_WORKER": f"w-{study}"}).stdout == "0 2\n"
    assert shell(script, study).stdout == "1 1\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("epoch=1", "ASHAD_STUDY is not set"),
        ("", "say either"),
        ("epoch=1 --done", "say either"),
        ("--done --release", "not allowed with"),
    ],
)
def test_what_is_wrong_without_a_trial(shell, words, message):
    assert message in shell(f"$ASHAD tell {words}", check=2).stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("loss=1", 2, "epoch=N"),
        ("epoch=x loss=1", 2, "epoch=N"),
        ("epoch=1 loss", 2, "is not NAME=VALUE"),
        ("epoch=1 loss=1 loss=2", 2, "twice"),
        ("epoch=1 loss=much", 2, "a number"),
        ("epoch=1 los=1", 1, "METRIC_MISSING"),
        ("epoch=9 loss=1", 1, "max_resource"),
    ],
)
def test_what_is_wrong(shell, make_study, reports, words, code, message):
    study = make_study()
    done = shell(f'eval "$($ASHAD ask "$1")" && $ASHAD tell {words}', study, check=code)
    assert message in done.stderr
    assert reports(study) == []


def test_an_error_ends_the_loop(shell):
    done = shell('while eval "$($ASHAD ask nowhere)"; do echo again; done')
    assert done.stdout == ""
    assert "nowhere" in done.stderr
    far = shell("$ASHAD ask s --address 127.0.0.1:9 --timeout 0.2s", check=69)
    assert far.stdout == "false\n"


def test_a_restart_of_the_daemon_is_waited_for(
    new_daemon, tmp_path_factory, tmp_path, agent, until
):
    daemon = new_daemon(tmp_path_factory.mktemp("restart")).start()
    with ashad_client.connect(daemon.address) as client:
        spec = {"metric": "loss", "goal": "minimize", "max_resource": 2, "space": {"lr": 1.0}}
        client.create_study("s", spec | {"algorithm": {"type": "random"}})
    script = """
eval "$($ASHAD ask s)"; touch asked; while [ ! -e on ]; do sleep 0.05; done
$ASHAD tell epoch=1 loss=1
"""
    here = {"ASHAD": f"{sys.executable} -m ashad_client", "ASHAD_ADDRESS": daemon.address}
    told = subprocess.Popen(
        ["bash", "-c", script], cwd=tmp_path, env=agent.environment | here,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until((tmp_path / "asked").exists)
    daemon.kill()
    (tmp_path / "on").touch()
    assert "no service" in told.stderr.readline()
    daemon.start()
    assert told.communicate(timeout=60)[0].startswith("CONTINUE")
    daemon.stop()
