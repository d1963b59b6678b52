"""How the daemon ends: on signals, after a failed write, and when a task that it needs fails."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ashad.daemon.exit_codes import EXIT_IO, EXIT_SOFTWARE, EXIT_UNAVAILABLE


def on_signals(ending: asyncio.Event, log: Any) -> None:
    """End gently on the first signal, at once on the second."""

    def stop() -> None:
        if ending.is_set():
            log.error("second_signal")
            exit_now(EXIT_UNAVAILABLE)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def on_hangup(reloads: Sequence[Callable[[], None]]) -> None:
    """Read files again on SIGHUP, which ends a daemon that has none."""

    def reload() -> None:
        for again in reloads:
            again()

    if reloads:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


def on_commit_failure(log: Any) -> Any:
    """Return what to do after a write of unknown outcome: end without an answer to anyone."""

    def die(error: BaseException) -> None:
        try:
            log.error("commit_failed", error=str(error))
        finally:
            exit_now(EXIT_IO)

    return die


def on_task_failure(log: Any) -> Any:
    """Return what to do when a task fails that the daemon cannot do without, such as the tick."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("fatal_error", error=repr(error), exc_info=error)
            exit_now(EXIT_SOFTWARE)

    return ended


def exit_now(code: int) -> None:
    """End at once: whatever was not answered is not answered."""
    with suppress(OSError):  # where they go may be full as well
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
