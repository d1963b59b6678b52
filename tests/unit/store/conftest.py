"""What the tests of the store share."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT


@pytest.fixture
def kill_at_each_step() -> Iterator:
    """Run a scenario of `steps.py`; return what it found, in memory where fsync costs nothing."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(dir=memory if memory.is_dir() else None)

    def run(scenario: str) -> list[str]:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.support.steps", scenario, folder],
            capture_output=True, text=True, timeout=240, check=False, cwd=ROOT,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout[-200:] + ran.stderr[-4000:]
        return ran.stdout.split()

    yield run
    shutil.rmtree(folder)
