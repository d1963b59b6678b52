"""One tracker of one trial, in a thread of its own: slow or broken, it holds up no training."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from typing import Callable

from ashad_client.errors import Error
from ashad_client.text import clean
from ashad_client.trackers.run import Run, TrackedTrial, Tracker

log = logging.getLogger("ashad_client")

Step = Callable[[Run], None]


class Patience:
    """What is remembered of a tracker from trial to trial: that it was complained of."""

    def __init__(self, name: str, wait_s: float = 30.0) -> None:
        self.name, self.wait_s = name, wait_s
        self._told = False

    def complain(self, what: str) -> None:
        """Warn, the first time."""
        if not self._told:
            log.warning("%s: %s; training goes on without it", self.name, clean(what))
        self._told = True


class Line:
    """Tells a tracker in order, and never the caller that it failed."""

    def __init__(self, tracker: Tracker, trial: TrackedTrial, patience: Patience) -> None:
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._patience = patience
        self._thread = threading.Thread(
            target=self._work, args=(tracker, trial), name=f"ashad-{patience.name}", daemon=True
        )
        self._thread.start()

    def report(self, resource: int, metrics: Mapping[str, float]) -> None:
        """Pass on what was reported."""
        self._steps.put(lambda run: run.report(resource, metrics))

    def end(self, state: str) -> None:
        """Pass on how the attempt ended; wait for the tracker, but not for ever."""
        self._steps.put(lambda run: run.end(state))
        self._steps.put(None)
        self._thread.join(self._patience.wait_s)
        if self._thread.is_alive():
            self._patience.complain(f"no answer within {self._patience.wait_s:g} s")
            self._patience.wait_s = 0.0  # it has had its time

    def _work(self, tracker: Tracker, trial: TrackedTrial) -> None:
        try:
            run = tracker.begin(trial)
            while (step := self._steps.get()) is not None:
                step(run)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a tracker may raise
            said = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
            self._patience.complain(said[:500])
