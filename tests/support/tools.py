"""The tools that check what is deployed; in CI each must be there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

DEPLOY = ROOT / "deploy"
_SBIN = ":/usr/sbin:/sbin"


def tool(name: str) -> str:
    """Return the path of a program; without it, skip, and in CI fail."""
    here = str(Path(sys.executable).parent)
    found = shutil.which(name, path=here + ":" + os.environ["PATH"] + _SBIN)
    if found is None:
        lacking(f"{name} is not here; `make deps` installs it")
    return found


def lacking(why: str) -> None:
    """Skip, and in CI fail."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def run(*command: str | Path, **more) -> str:
    """Run to the end and return what it printed; fail with that if it failed."""
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=300, check=False, **more,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout
