"""The client on every protobuf that a training machine may have: install, import, one round trip.

The environments are kept in `.build/matrix/` and made again when their versions change here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import ashad_client
import pytest

from tests.support import ROOT, alone
from tests.support.tools import run as run_tool
from tests.support.tools import tool

ENVIRONMENTS = ROOT / ".build" / "matrix"
# protobuf and a grpcio of its time, or the oldest with wheels for this Python.
NEW_PYTHON = sys.version_info >= (3, 13)
MATRIX = [
    ("4.25.8", "1.76.0" if NEW_PYTHON else "1.62.3"),
    ("5.29.6", "1.76.0" if NEW_PYTHON else "1.71.2"),
    ("6.33.6", "1.76.0"),
    ("7.36.2", "1.85.1"),
]
ROUND_TRIP = """
import sys
from importlib.metadata import version
import ashad_client
assert (version("protobuf"), version("grpcio")) == tuple(sys.argv[2:4])
with ashad_client.connect() as client:
    trial = client.suggest(sys.argv[1])
    assert trial.params["big"] == 2**63 - 1, trial.params
    decision = trial.report(1, loss=0.5)
    assert decision.action == "CONTINUE", decision
    try:
        trial.report(1, other=0.5)
    except ashad_client.Error as error:
        assert error.reason, error
    trial.release()
print("ok")
"""


def make(versions):
    """Make one environment, unless it is there already."""
    protobuf, grpcio = versions
    home = ENVIRONMENTS / f"{sys.version_info[0]}.{sys.version_info[1]}-{protobuf}-{grpcio}"
    done = home / ".done"
    python = home / "bin" / "python"
    if not done.exists():
        run_tool(tool("uv"), "venv", "--quiet", "--clear", "--python", sys.executable, home)
        run_tool(
            tool("uv"), "pip", "install", "--quiet", "--python", python, "--only-binary", ":all:",
            f"protobuf=={protobuf}", f"grpcio=={grpcio}",
        )  # fmt: skip
        done.touch()
    return python


@pytest.fixture(scope="module")
def pythons():
    with alone("matrix"), ThreadPoolExecutor() as pool:
        return dict(zip(MATRIX, pool.map(make, MATRIX), strict=True))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("versions", MATRIX, ids=lambda versions: f"protobuf-{versions[0]}")
def test_round_trip(pythons, daemon, make_study, tmp_path, versions):
    study = make_study(space={"big": 2**63 - 1, "lr": ashad_client.uniform(0, 1)})
    script = tmp_path / "round_trip.py"
    script.write_text(ROUND_TRIP)
    done = run(daemon, tmp_path, pythons[versions], "-W", "error", script, study, *versions)
    assert done.stdout.strip() == "ok"


# A warning is an error; what the agent starts inherits nothing of that.
SHELL = """
ashad() { "$PYTHON" -W error -m ashad_client "$@"; }
while eval "$(ashad ask "$1" -o env)"; do
    ashad tell --alive && ashad tell epoch=1 loss="$ASHAD_PARAM_LR"
    ashad tell --done
done
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("versions", MATRIX, ids=lambda versions: f"protobuf-{versions[0]}")
def test_the_agent_and_its_kin_need_no_more(
    pythons, daemon, make_study, state_of, tmp_path, versions
):
    agent = pythons[versions], "-W", "error", "-m", "ashad_client", "run"
    for words in (agent, ("bash", "-c", SHELL, "worker")):
        study = make_study(max_resource=1, limits={"max_trials": 2})
        command = ["--", "echo", "loss={lr}"] if words is agent else []
        done = run(daemon, tmp_path, *words, study, *command, PYTHON=str(pythons[versions]))
        assert "is finished" in done.stderr
        assert [state_of(study, number) for number in (0, 1)] == ["COMPLETED"] * 2


def run(daemon, folder, *words, **variables):
    """Run something that has the thin client and no more."""
    here = {"ASHAD_ADDRESS": daemon.address, "PYTHONPATH": str(ROOT / "client" / "python")}
    done = subprocess.run(
        words, cwd=folder, env=os.environ | here | variables, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done
