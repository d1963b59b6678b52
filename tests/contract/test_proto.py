"""The generated code is what the contract generates; it is never edited."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow

GENERATED = Path("ashad_client") / "v1"


# Where the other languages keep it; C++ and Rust generate at build.
OTHERS = {"go": "ashadpb", "typescript": "src/gen", "java": "src/generated", "web": "src/gen"}


def kept(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }


def make(*words: str) -> None:
    done = subprocess.run(
        ["make", "--silent", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_generated_code_is_up_to_date(tmp_path: Path) -> None:
    make("proto-python", f"PROTO_OUT={tmp_path}")

    here = kept(ROOT / "client/python" / GENERATED)
    here = {name: text for name, text in here.items() if "_pb2" in name}
    assert kept(tmp_path / GENERATED) == here, "run make proto and commit what it changes"


@pytest.mark.parametrize("language", OTHERS)
def test_the_generated_code_of_other_languages_is_up_to_date(tmp_path: Path, language) -> None:
    folder = ROOT / ("server" if language == "web" else "client") / language
    if not (folder / "Makefile").exists():
        pytest.skip(f"{language}: there is no such client")
    if subprocess.run(["make", "-s", "-C", folder, "check"], check=False).returncode:
        pytest.skip(f"{language}: its tool chain is not here")
    make("-C", str(folder), "proto", f"PROTO_OUT={tmp_path}")

    made, here = kept(tmp_path / OTHERS[language]), kept(folder / OTHERS[language])
    assert made
    assert made == here, "run make proto and commit what it changes"
