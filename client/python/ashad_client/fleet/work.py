"""What one worker of a fleet does: trains what it is given, or runs an agent. No engine here."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

import ashad_client

_PR_SET_PDEATHSIG = 1


def train_all(train: Callable[[Any], object], study: str, connection: Mapping[str, Any]) -> None:
    """Train trials until the study is finished."""
    with ashad_client.connect(**connection) as client:
        for trial in client.trials(study):
            train(trial)


def run(words: Sequence[str], variables: Mapping[str, str], folder: str | None = None) -> None:
    """Run one agent, which does not outlive this process. Raises `RuntimeError` where it failed.

    It starts in `folder` where there is one, else in that of this process.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_me() -> None:
        if library is not None:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    agent = subprocess.Popen(  # noqa: S603  # no shell reads the words
        [sys.executable, *words],
        env={**os.environ, **variables},
        cwd=folder if folder and Path(folder).is_dir() else None,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_me,  # noqa: PLW1509  # one call of the kernel
    )
    code = agent.wait()
    if code:
        raise RuntimeError(f"the agent ended with exit code {code}")
