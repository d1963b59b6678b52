"""Proposals: the queue of a study whose sampler is outside the core, kept filled.

When a worker could get nothing but a new configuration, the library is asked for one, and what it
proposes is queued and recorded like what a person enqueues. One question of a study is under way at
a time, made of all that is known when it is asked. Nobody is stuck: where there is no answer, the
log says why and the draw is a random one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from ashad.core.engine.state import State
from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.kinds import Optuna
from ashad.core.sampling.samplers import independent
from ashad.core.space import Params
from ashad.core.spec import StudySpec
from ashad.optuna.question import Question, configuration, question
from ashad.scheduler.ports import Log
from ashad.scheduler.registry import StudyEntry, StudyRegistry


class Library(Protocol):
    """A sampler outside the core."""

    def missing(self, method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        ...

    async def ask(self, question: Question) -> list[float]:
        """Return a place in the unit cube; raise where there is no answer."""
        ...


class Proposals:
    """What is being asked, by study. `propose` queues, `serve` lets those who wait ask again."""

    def __init__(
        self,
        library: Library | None,
        registry: StudyRegistry,
        propose: Callable[[str, Params], None],
        serve: Callable[[str], None],
        log: Log,
    ) -> None:
        self._library, self._registry, self._log = library, registry, log
        self._propose, self._serve = propose, serve
        self._asking: dict[int, asyncio.Task[None]] = {}

    def check(self, spec: StudySpec) -> None:
        """Refuse a study whose sampler is not there."""
        if isinstance(spec.sampler, Optuna):
            library = self._library
            lacking = "this daemon has none"
            if library is not None:
                lacking = library.missing(spec.sampler.method) or ""
            if lacking:
                raise RefusalError(
                    RefusalKind.FAILED_PRECONDITION,
                    "SAMPLER_MISSING",
                    f"spec.sampler: it needs Optuna where the daemon runs: {lacking}",
                    field="spec.sampler",
                )

    def fill(self, entry: StudyEntry) -> bool:
        """Return whether the next configuration was queued; else the library is being asked."""
        number, study = entry
        if number in self._asking:
            return False
        asked = question(study.state)
        if asked is None:
            before = study.state.trials
            self._propose(study.state.name, _random(study.state))
            return study.state.trials > before
        task = asyncio.get_running_loop().create_task(self._ask(number, study.state, asked))
        self._asking[number] = task
        return False

    def close(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()

    async def _ask(self, number: int, state: State, asked: Question) -> None:
        trial = state.trials
        try:
            assert self._library is not None
            params = configuration(state, await self._library.ask(asked))
        except Exception as error:  # noqa: BLE001 - of a library: whatever it is, the search goes on
            self._log(
                "sampler_failed",
                study=state.name,
                trial=trial,
                why=f"{type(error).__name__}: {error}",
            )
            params = _random(state)
        finally:
            del self._asking[number]
        entry = self._registry.by_number(number)
        if entry is None:  # deleted meanwhile
            return
        if entry.study.state.trials == trial:  # else it is asked anew, by whoever waits
            with suppress(RefusalError):  # nothing can be written, and who waits is told so
                self._propose(state.name, params)
        self._serve(state.name)


def _random(state: State) -> Params:
    return independent(state.spec, state.seed, state.trials, state.tried)
