"""Each example of a library as a sampler, in its own environment: `make test-samplers`.

The daemon runs as its reader would start it; a library whose environment is not there is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from ashad_client import connect

from tests.support import ROOT

EXAMPLES = ROOT / "examples" / "samplers"


@pytest.mark.parametrize("name", ["nevergrad", "smac"])
def test_a_search_asks_the_library_and_never_draws_in_its_place(name: str, tmp_path: Path) -> None:
    program = ROOT / ".venv-samplers" / name / "bin" / "ashad"
    if not program.exists():
        pytest.skip("make test-samplers makes the environment")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ASHAD_")}
    words = ["--address", "127.0.0.1:0", "--db", tmp_path / "a.db", "--log-format", "json"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(
        [program, *words, "--samplers", f"mine=with_{name}:make"],
        env=kept | {"PYTHONPATH": str(EXAMPLES), "ASHAD_WEB": "off"},
        stdout=subprocess.PIPE, stderr=log, text=True,
    ) as daemon:  # fmt: skip
        try:
            assert daemon.stdout is not None
            found = re.search(r"listening on (\S+),", daemon.stdout.readline())
            assert found, (tmp_path / "log").read_text()
            made = subprocess.run(
                [program, "study", "create", "s", "-f", EXAMPLES / "study.toml",
                 "--address", found[1]],
                env=kept, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr
            with connect(found[1]) as client:
                trials = client.trials("s")
                params = []
                for _ in range(8):
                    trial = next(trials)
                    params.append(tuple(sorted(trial.params.items())))
                    for step in trial.steps():
                        trial.report(step, loss=trial.params["learning_rate"] + 1 / step)
        finally:
            daemon.kill()
    assert len(set(params)) > 4
    assert "sampler_failed" not in (tmp_path / "log").read_text()
