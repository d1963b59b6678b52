"""A slot: one worker of the agent, which runs one trial after the other.

While nothing has shown that the command is right, a trial that failed stays open, under the worker
id it was given to, and the slot goes on with another id. A wrong command then costs the study no
trial: those that are open are given back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Callable

from ashad_agent.process.output_mux import OutputMux
from ashad_agent.trials.attempt import Attempt, Pool
from ashad_agent.trials.checkpoints import CheckpointRoot
from ashad_agent.trials.plan import Plan
from ashad_client import Client
from ashad_client.errors import Error

log = logging.getLogger("ashad_agent")

_SUGGEST_S = 2.0  # so long may an idle slot hold up the end of the agent


class Slot:
    """One worker."""

    def __init__(
        self,
        plan: Plan,
        client: Client,
        connect: Callable[[], Client],
        root: CheckpointRoot,
        outputs: Sequence[OutputMux],
        gpus: str | None,
        *,
        named: bool = False,
    ) -> None:
        """`connect` makes a client with a new worker id; `named`: that of `client` was given."""
        self.client, self._connect = client, connect
        self._plan, self._root, self._outputs, self._gpus = plan, root, outputs, gpus
        self._running: Attempt | None = None
        self._open: list[tuple[Attempt, Client]] = []
        self._named = named

    def leave(self, number: int) -> None:
        """Pass the signal of an agent that leaves on to the program that runs here."""
        if self._running is not None:
            self._running.leave(number)

    def hurry(self) -> None:
        """Kill what runs here."""
        if self._running is not None:
            self._running.hurry()

    def run(self, pool: Pool) -> bool:
        """Run trials until the study is finished (True) or no more may be started (False)."""
        try:
            return self._run(pool)
        finally:
            self._conclude(give_back=bool(pool.leaving()))
            self.client.close()

    def _run(self, pool: Pool) -> bool:
        while pool.may_start():
            if not pool.doubts():
                self._conclude(give_back=False)
            try:
                trial = self.client.suggest(
                    self._plan.study, _SUGGEST_S, trackers=self._plan.trackers
                )
            except Error as error:
                pool.asked(got=False)
                if error.reason == "NO_TRIAL":  # nothing else can show that the command is right
                    self._conclude(give_back=False)
                elif error.reason == "WORKER_NAME_IN_USE" and not self._named:
                    log.warning(
                        "another agent holds worker id %s; using a new one", self.client.worker
                    )
                    self.client.close()
                    self.client = self._connect()
                elif not error.transient:
                    raise
                continue
            pool.asked(got=trial is not None)
            if trial is None:
                return True
            begun = time.monotonic()
            self._running = Attempt(self._plan, trial, self._root, self._outputs, self._gpus)
            ending = self._running.run(pool)
            if self._running.waits:
                self._open.append((self._running, self.client))
                self.client = self._connect()
            pool.ended(ending, time.monotonic() - begun)
        return False

    def _conclude(self, *, give_back: bool) -> None:
        while self._open:
            attempt, client = self._open.pop()
            attempt.conclude(give_back=give_back)
            client.close()
