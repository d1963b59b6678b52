"""A study searched by programs with no client code: what they are given, what is taken of them."""

from __future__ import annotations

import json
import time

import ashad_client
import pytest

# Trains until it is stopped or done: the loss depends on lr alone.
TRAIN = """
import os, sys, time
lr, pause = float(sys.argv[1]), float(sys.argv[2])
for epoch in range(int(os.environ["ASHAD_START"]) + 1, int(os.environ["ASHAD_TARGET"]) + 1):
    print(f"epoch={epoch} loss={lr}")
    time.sleep(pause)
"""


def test_each_trial_is_run_and_its_reports_are_all_there(
    agent, make_study, program, trials, reports
):
    study = make_study()
    ran = agent(study, *program(TRAIN), "{lr}", "0")
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 4)] * 2
    assert [resource for resource, _ in reports(study)] == [1, 2, 3, 4]
    assert "study " + study + " is finished" in ran.err


def test_a_decision_stops_the_running_program(agent, make_study, program, trials, client):
    """Grid of three losses; all but the best would go on for a minute each."""
    losses = ashad_client.choice(0.1, 0.2, 0.3)
    study = make_study(
        max_resource=9, algorithm={"type": "asha", "eta": 3}, space={"lr": losses},
        points_to_evaluate=[{"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}], limits={"max_trials": 3},
    )  # fmt: skip
    begun = time.monotonic()
    source = TRAIN.replace("time.sleep(pause)", "time.sleep(pause if lr > 0.1 else 0)")
    agent(study, *program(source), "{lr}", "60")
    assert time.monotonic() - begun < 50
    assert trials(study) == [
        ("COMPLETED", "MAX_RESOURCE", 9),
        ("STOPPED", "BELOW_CUTOFF", 1),
        ("STOPPED", "BELOW_CUTOFF", 1),
    ]
    assert client.study(study).counts.failed == 0


def test_an_attempt_tells_how_it_runs(agent, make_study, program, client):
    study, words = make_study(), program(TRAIN)
    options = ["--gpus", "3", "--attribute", "run=night", "--count", "1"]
    agent(study, *words, "{lr}", "0", "--api-key=hush", options=options)
    told = client.get_trial(study, 0).attributes
    assert (told["run"], told["cuda_visible_devices"]) == ("night", "3")
    assert told["command"].startswith(words[0])
    assert told["command"].endswith("'{lr}' 0 --api-key=***")
    agent(study, *words, "{lr}", "0", options=["--count", "1"], env={"ASHAD_ATTRIBUTES": "0"})
    assert client.get_trial(study, 1).attributes == {}


def test_output_passes_through_byte_for_byte(agent, make_study, program):
    noise = bytes(range(256)) * 300 + b"\r\n\x1b[31m\r half a line"
    source = f"""
import sys
sys.stdout.buffer.write({noise!r})
sys.stderr.buffer.write({noise!r})
print()
print("loss=1")
"""
    study = make_study(max_resource=1, limits={"max_trials": 1})
    ran = agent(study, *program(source), options=["-q"])
    assert ran.out == noise + b"\nloss=1\n"
    ran = agent(
        make_study(max_resource=1, limits={"max_trials": 1}), *program("print('a\\nb\\nloss=1')"),
        options=["--prefix"],
    )  # fmt: skip
    assert ran.out == b"[trial 0] a\n[trial 0] b\n[trial 0] loss=1\n"


def test_what_the_program_is_given(agent, make_study, program, client, tmp_path):
    hostile = "$(touch pwned); `touch pwned` 'a' \"b\"\n*\\ {lr} grüße"
    study = make_study(
        max_resource=1, space={"lr": 0.5, "n": 2**63 - 1, "text": hostile, "on": True},
        limits={"max_trials": 1},
    )  # fmt: skip
    source = """
import json, os, sys
variables = {k: v for k, v in os.environ.items() if k.startswith("ASHAD_")}
json.dump([sys.argv[1:], variables, os.environ.get("PYTHONUNBUFFERED")], open("told.json", "w"))
print("loss=1")
"""
    command = [*program(source), "{text}", "x{lr}y", "{{lr}}", "{trial}", "{params_json}", "{args}"]
    agent(study, *command, env={"ASHAD_WORKER": "mine", "ASHAD_LEASE": "stale"})
    argv, variables, unbuffered = json.loads((tmp_path / "told.json").read_text())
    params = {"lr": 0.5, "n": 2**63 - 1, "text": hostile, "on": True}
    assert argv[:4] == [hostile, "x0.5y", "{lr}", "0"]
    assert json.loads(argv[4]) == params
    assert argv[5:] == ["--lr=0.5", f"--n={2**63 - 1}", f"--text={hostile}", "--on"]
    assert unbuffered == "1"
    assert variables["ASHAD_PARAM_TEXT"] == hostile
    assert json.loads(variables["ASHAD_PARAMS"]) == params
    assert variables["ASHAD_ADDRESS"] == agent.address
    assert variables["ASHAD_SEED"].isdecimal()
    assert not {"ASHAD_WORKER", "ASHAD_LEASE"} & set(variables)
    assert not (tmp_path / "pwned").exists()
    assert client.get_trial(study, 0).worker == "mine"


@pytest.mark.parametrize(
    ("options", "lines", "values"),
    [
        (
            [],
            ['{"epoch": 1, "loss": 0.5}', "noise", '[tune-metric]: {"epoch": 2, "loss": 0.25}'],
            [0.5, 0.25],
        ),
        (
            ["--metric", "loss=val_loss"],
            ["loss=9 val_loss=0.5", "loss=9 val_loss=0.25"],
            [0.5, 0.25],
        ),
        (
            ["--resource", "step", "--zero-based"],
            ["step 0: loss=0.5", "step 1: loss=0.25"],
            [0.5, 0.25],
        ),
        (
            ["--regex", r"E(?P<epoch>\d+) L(?P<loss>\S+)"],
            ["E1 L0.5", "loss=9", "E2 L0.25"],
            [0.5, 0.25],
        ),
    ],
)
def test_forms_of_metrics(agent, make_study, program, reports, options, lines, values):
    study = make_study(max_resource=2, limits={"max_trials": 1})
    agent(study, *program(f"print({chr(10).join(lines)!r})"), options=options)
    assert reports(study) == list(enumerate(values, 1))


@pytest.mark.parametrize("kind", ["file", "csv", "stderr"])
def test_metrics_from_elsewhere(agent, make_study, program, reports, kind, tmp_path):
    (tmp_path / "log-0").write_text("epoch,loss\n1,9.0\n" if kind == "csv" else "epoch=1 loss=9\n")
    study = make_study(max_resource=2, limits={"max_trials": 1})
    source = {
        "file": "f = open('log-0', 'a')\nf.write('epoch=1 loss=0.5\\nepoch=2 loss=0.25')",
        "csv": "f = open('log-0', 'w')\nf.write('epoch,loss\\n1,0.5\\n2,0.25\\n')",
        "stderr": "import sys\nprint('epoch=1 loss=0.5\\nepoch=2 loss=0.25', file=sys.stderr)",
    }[kind]
    where = kind if kind == "stderr" else f"{kind}:log-{{trial}}"
    agent(study, *program(source + "\nprint('epoch=1 loss=8')"), options=["--metrics", where])
    assert reports(study) == [(1, 0.5), (2, 0.25)]


WAITS = """
import os, time
print("loss=1")
while not os.path.exists("go"):
    time.sleep(0.02)
print("loss=2")
"""


def test_a_python_program_is_heard_while_it_runs(agent, make_study, program, reports, until):
    """Without the agent its output would stay in a buffer: the variable is unset here."""
    study = make_study(max_resource=2, limits={"max_trials": 1})
    process = agent.start(study, *program(WAITS))
    assert until(lambda: reports(study)) == [(1, 1.0)]
    (agent.folder / "go").touch()
    assert agent.finish(process).code == 0


HOLDS_BACK = """
#include <stdio.h>
#include <unistd.h>
int main(void) {
    puts("epoch=1 loss=1");
    while (access("go", F_OK)) usleep(20000);
    puts("epoch=2 loss=2");
}
"""


@pytest.fixture
def holds_back(tmp_path, compile_c):
    return compile_c(HOLDS_BACK)


def test_any_program_is_heard_with_a_terminal(agent, make_study, holds_back, reports, until):
    study = make_study(max_resource=2, limits={"max_trials": 1})
    process = agent.start(study, holds_back, options=["--pty"])
    assert until(lambda: reports(study)) == [(1, 1.0)]
    (agent.folder / "go").touch()
    ran = agent.finish(process)
    assert ran.out == b"epoch=1 loss=1\nepoch=2 loss=2\n"


def test_a_program_that_holds_its_output_back_is_named(agent, make_study, holds_back, until):
    study = make_study(max_resource=2, limits={"max_trials": 1})
    process = agent.start(study, holds_back)
    until(lambda: any(line.startswith(str(holds_back)) for _, line in agent.left()))
    time.sleep(3.0)  # the length of the silence is what this is about
    (agent.folder / "go").touch()
    assert "printed nothing until it ended" in agent.finish(process).err


def test_a_parameter_that_depends_on_others(agent, make_study, trials, sometimes):
    """A trial that has none of it is given none, nor that of the shell the agent was started in."""
    study = make_study(
        max_resource=1,
        space=sometimes,
        limits={"max_trials": 2},
        points_to_evaluate=[{"opt": "sgd", "m": 0.5}, {"opt": "adam"}],
    )
    script = 'echo "$@" "[$ASHAD_PARAM_M]"; echo loss=1'
    command = ["sh", "-c", script, "x", "--opt={opt}", "--m={m}"]
    ran = agent(study, *command, env={"ASHAD_PARAM_M": "stale"})
    said = ran.out.decode().splitlines()
    assert said[::2] == ["--opt=sgd --m=0.5 [0.5]", "--opt=adam []"]
    assert [state for state, _, _ in trials(study)] == ["COMPLETED"] * 2
