"""What one worker of a fleet does: trains what it is given, or runs an agent. No engine here."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

import ashad_client
from ashad_client.fleet import death_signal

_DEATH_SIGNAL = str(Path(death_signal.__file__).resolve())
LIVES = 7  # of an agent, as a pod's
PAUSE_S = 10.0

log = logging.getLogger("ashad_client")


def train_all(train: Callable[[Any], object], study: str, connection: Mapping[str, Any]) -> None:
    """Train trials until the study is finished.

    An exception fails its trial and goes on, after a pause: the engine begins this anew at once,
    and what always fails would use up the study.
    """
    try:
        with ashad_client.connect(**connection) as client:
            for trial in client.trials(study):
                train(trial)
    except Exception:
        time.sleep(PAUSE_S)
        raise


def run_lives(name: str, words: Sequence[str], variables: Mapping[str, str], folder: str) -> None:
    """Run one agent, and again a few times where it failed. Raises `RuntimeError` of the last."""
    for life in range(1, LIVES + 1):
        try:
            return run(words, variables, folder)
        except RuntimeError as error:  # noqa: PERF203  # it is waited for
            log.warning("ashad: %s: %s (%d of %d)", name, error, life, LIVES)
            if life == LIVES:
                raise
            time.sleep(PAUSE_S)
    return None


def run(words: Sequence[str], variables: Mapping[str, str], folder: str | None = None) -> None:
    """Run one agent, which does not outlive this process. Raises `RuntimeError` where it failed.

    It starts in `folder` where there is one, else in that of this process.
    """
    command = [sys.executable, *words]
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-S", _DEATH_SIGNAL, str(os.getpid()), *command]
    agent = subprocess.Popen(  # noqa: S603  # no shell reads the words
        command,
        env={**os.environ, **variables},
        cwd=folder if folder and Path(folder).is_dir() else None,
        stdin=subprocess.DEVNULL,
    )
    code = agent.wait()
    if code:
        raise RuntimeError(f"the agent ended with exit code {code}")
