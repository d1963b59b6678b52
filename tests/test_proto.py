"""The generated code is what the contract generates; it is never edited."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
GENERATED = Path("ashad_client") / "v1"


def test_the_generated_code_is_up_to_date(tmp_path: Path) -> None:
    command = ["make", "--silent", "proto", f"PROTO_OUT={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    made = {path.name: path.read_text() for path in (tmp_path / GENERATED).iterdir()}
    kept = {
        path.name: path.read_text() for path in (ROOT / "client/python" / GENERATED).glob("*_pb2*")
    }

    assert made == kept, "run make proto and commit what it changes"
