"""The batch script: what sbatch and bash are told, quoted so that no text becomes a command."""

import subprocess

import pytest
from ashad_agent.fleet.order import Order
from ashad_agent.fleet.slurm import Slurm
from ashad_client.errors import Error

ADDRESS = {"ASHAD_ADDRESS": "trainer.example:2742"}


WHOLE = {
    "study": "digits", "workers": 16, "command": ["./train", "--lr={lr}"], "folder": "/w",
    "python": "python3", "variables": ADDRESS,
}  # fmt: skip


def order(**more):
    return Order(**WHOLE | more)


def directives(**more):
    lines = Slurm.text(order(**more)).splitlines()
    return [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")]


def test_each_flag_arrives():
    found = directives(
        gpus=2, cpus=4, memory="16G", time_s=7200.0, at_most=8, ranks=2, queue="gpu",
        extra=["--account=vision"], name="mine",
    )  # fmt: skip
    assert found == [
        "--job-name=mine", "--array=0-15%8", "--requeue", "--open-mode=append",
        "--output=mine-%A_%a.log", "--signal=B:USR1@90", "--gres=gpu:2", "--cpus-per-task=4",
        "--mem=16G", "--time=120", "--ntasks=2", "--partition=gpu", "--account=vision",
    ]  # fmt: skip
    assert "--signal=B:USR1@360" in directives(grace_s=300.0)
    assert "digits -- srun ./train '--lr={lr}' &" in Slurm.text(order(ranks=2))


def test_no_text_becomes_a_command(tmp_path):
    hostile = "'; touch hacked; echo $(touch hacked) `touch hacked`"
    script = Slurm.text(order(python="echo", command=[hostile], variables={"A": hostile}))
    done = subprocess.run(
        ["bash"], input=script, capture_output=True, text=True, cwd=tmp_path, check=True,
        env={"PATH": "/usr/bin:/bin", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3"},
    )  # fmt: skip
    assert done.stdout == f"-m ashad_client run digits -- {hostile}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [0, 3, 143])
def test_the_code_is_that_of_the_agent(tmp_path, code):
    (tmp_path / "agent").write_text(f"#!/bin/sh\nexit {code}\n")
    (tmp_path / "agent").chmod(0o755)
    done = subprocess.run(
        ["bash"], input=Slurm.text(order(python=str(tmp_path / "agent"))), text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3"},
    )  # fmt: skip
    assert done.returncode == code


@pytest.mark.parametrize("extra", [["account=vision"], ["--account=a\n#SBATCH --nice"]])
def test_a_flag_of_sbatch_is_one(extra):
    with pytest.raises(Error, match="--extra is a flag of sbatch"):
        Slurm.check(order(extra=extra))
