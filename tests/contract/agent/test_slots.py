"""Several slots, GPUs, and the limits of an agent."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from ashad_agent.process.gpus import find, share
from ashad_client import Error

ENV = """
import os, sys, time
with open(f"gpu-{os.environ['ASHAD_TRIAL']}", "w") as file:
    file.write(os.environ.get("CUDA_VISIBLE_DEVICES", "none"))
while sum(name.startswith("gpu-") for name in os.listdir(".")) < int(sys.argv[1]):
    time.sleep(0.02)  # so that each slot gets one
print("loss=1")
"""


def test_slots_run_at_the_same_time_and_lines_stay_whole(
    agent, make_study, program, trials, client
):
    """Each waits for the three others to be there."""
    study = make_study(max_resource=1, limits={"max_trials": 4})
    source = """
import os, sys, time
open("here-" + os.environ["ASHAD_TRIAL"], "w").close()
while sum(name.startswith("here-") for name in os.listdir(".")) < 4: time.sleep(0.02)
for _ in range(300):
    os.write(1, b"0123456789"); os.write(1, b"abcdef\\n")
print("loss=1")
"""
    ran = agent(study, *program(source), options=["--slots", "4"])
    assert [state for state, _, _ in trials(study)] == ["COMPLETED"] * 4
    assert set(ran.out.splitlines()) == {b"0123456789abcdef", b"loss=1"}
    assert len({trial.worker for trial in client.list_trials(study)}) == 4


def test_the_ids_of_the_slots_are_the_same_next_time(agent, make_study, program, client):
    workers = []
    for _ in range(2):
        study = make_study(max_resource=1, limits={"max_trials": 2})
        for old in agent.folder.glob("gpu-*"):
            old.unlink()
        agent(study, *program(ENV), 2, options=["--slots", "2"])
        workers.append({trial.worker for trial in client.list_trials(study)})
    assert workers[0] == workers[1]


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        (["--gpus", "0"], ["0"]),
        (["--gpus", "0,1"], ["0", "1"]),
        (["--gpus", "0,1,2,3", "--slots", "2"], ["0,1", "2,3"]),
        (["--gpus", "GPU-aa", "--slots", "2"], ["GPU-aa", "GPU-aa"]),
        ([], ["none"]),
    ],
)
def test_each_slot_sees_its_gpus(agent, make_study, program, tmp_path, options, seen):
    study = make_study(max_resource=1, limits={"max_trials": len(seen)})
    agent(study, *program(ENV), len(seen), options=options)
    assert sorted(path.read_text() for path in tmp_path.glob("gpu-*")) == seen


def test_gpus_of_a_batch_system_and_of_nvidia_smi(tmp_path):
    assert find("auto", {"CUDA_VISIBLE_DEVICES": "2,3"}) == ["2", "3"]
    smi = tmp_path / "nvidia-smi"
    smi.write_text(
        "#!/bin/sh\ncat <<E\n"
        "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-11-22)\n"
        "  MIG 1g.5gb Device 0: (UUID: MIG-33)\n"
        "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-44-55)\nE\n"
    )
    smi.chmod(0o755)
    here = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{tmp_path}:{here}"
    try:
        environment = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
        assert find("auto", environment) == ["GPU-11-22", "GPU-44-55"]
        smi.write_text("#!/bin/sh\nexit 9\n")
        with pytest.raises(Error, match="--gpus 0,1"):
            find("auto", environment)
    finally:
        os.environ["PATH"] = here
    for wrong in ("", "0,,1", "0,0", "a", "-1"):
        with pytest.raises(Error):
            find(wrong, {})
    with pytest.raises(Error, match="CUDA_VISIBLE_DEVICES"):
        find("auto", {"CUDA_VISIBLE_DEVICES": ""})


def test_shares():
    assert share(["0", "1"], None) == ["0", "1"]
    assert share(["0", "1", "2", "3"], 2) == ["0,1", "2,3"]
    assert share(["0", "1"], 4) == ["0", "1", "0", "1"]
    assert share(["0"], 1) == ["0"]


def test_count(agent, make_study, program, trials):
    study = make_study(max_resource=1, limits={"max_trials": 50})
    agent(study, *program("print('loss=1')"), options=["--count", "5", "--slots", "3"])
    assert len(trials(study)) == 5


def test_max_time_starts_none_that_cannot_finish(agent, make_study, program, trials):
    study = make_study(max_resource=1, limits={"max_trials": 50})
    source = "import time\ntime.sleep(1.5)\nprint('loss=1')"
    ran = agent(study, *program(source), options=["--max-time", "4"])
    assert {state for state, _, _ in trials(study)} == {"COMPLETED"}
    assert "no room for a trial like the slowest" in ran.err


def test_max_time_gives_back_what_still_runs(agent, make_study, program, trials):
    study = make_study(max_resource=9, limits={"max_trials": 50})
    source = "import time\nprint('loss=1')\ntime.sleep(600)"
    ran = agent(study, *program(source), options=["--max-time", "2"])
    assert trials(study) == [("QUEUED", "RELEASED", 1)]
    assert "--max-time is over" in ran.err


def test_idle_timeout(agent, make_study, program, trials, client):
    study = make_study(max_resource=1)
    client.pause_study(study)
    begun = time.monotonic()
    ran = agent(study, "true", options=["--idle-timeout", "1"])
    assert time.monotonic() - begun < 15
    assert "--idle-timeout is over" in ran.err
    assert trials(study) == []


def _catches(pid, number):
    """Whether a process has a handler for a signal by now."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> (number - 1) & 1


def test_a_signal_to_an_idle_agent(agent, make_study, client, until):
    study = make_study(max_resource=1)
    client.pause_study(study)
    process = agent.start(study, "true")
    until(lambda: _catches(process.pid, signal.SIGTERM))
    process.terminate()
    assert agent.finish(process, 15).code == 143
    client.resume_study(study)
    client.update_study(study, max_trials=1)
    assert client.suggest(study).number == 0, "no trial was lost on the way out"


def test_it_ends_when_the_study_ends(agent, make_study, program, client, until):
    """Stopped from outside while it trains and while it waits: the GPU is free at once."""
    study = make_study(max_resource=9, limits={"max_trials": 1})
    source = "import time\nfor e in range(1, 10):\n    print('loss=1')\n    time.sleep(0.5)"
    process = agent.start(study, *program(source), options=["--slots", "2"])
    until(lambda: client.study(study).total_resource > 0)
    client.stop_study(study)
    assert agent.finish(process, 15).code == 0


def test_a_study_that_is_deleted_ends_it(agent, make_study, program, client, until):
    study = make_study(max_resource=99, limits={"max_trials": 9})
    source = "import time\nfor e in range(1, 99):\n    print('loss=1')\n    time.sleep(0.2)"
    process = agent.start(study, *program(source), options=["--grace", "1"])
    until(lambda: client.study(study).total_resource > 0)
    client.delete_study(study, force=True)
    ran = agent.finish(process, 30)
    assert (ran.code, "no longer exists" in ran.err) == (0, True)


def test_a_cancelled_trial_ends_its_program(agent, make_study, program, client, until, trials):
    """By a heartbeat: the program itself says nothing any more."""
    study = make_study(
        max_resource=9, limits={"max_trials": 1}, lease={"duration": 9, "heartbeat_interval": 0.3}
    )
    source = "import time\nprint('loss=1')\ntime.sleep(600)"
    process = agent.start(study, *program(source))
    until(lambda: client.study(study).total_resource > 0)
    client.cancel_trial(study, 0)
    ran = agent.finish(process, 30)
    assert (ran.code, trials(study)) == (0, [("CANCELLED", "CANCELLED", 1)])
