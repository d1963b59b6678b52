"""Proposals: the queue of a study whose sampler is outside the core, kept filled.

When a worker could get nothing but a new configuration, the library is asked for one, and what it
proposes is queued and recorded like what a person enqueues. One question of a study is under way at
a time, made of all that is known when it is asked. Nobody is stuck: where there is no answer, the
log says why and the draw is a random one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ashad.core.engine.state import State
from ashad.core.errors import Kind, Refusal
from ashad.core.kinds import Optuna
from ashad.core.sampling.samplers import independent
from ashad.core.space import Params
from ashad.core.spec import StudySpec
from ashad.optuna.question import Question, configuration, question
from ashad.scheduler.ports import Log
from ashad.scheduler.registry import Entry

# Study, the number that its next trial had, and the configuration for it.
Propose = Callable[[int, int, Params], None]


class Library(Protocol):
    """A sampler outside the core."""

    def missing(self, method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        ...

    async def ask(self, question: Question) -> list[float]:
        """Return a place in the unit cube; raise where there is no answer."""
        ...


class Proposals:
    """What is being asked, by study. `propose` is told of an answer that took its time."""

    def __init__(self, library: Library | None, propose: Propose, log: Log) -> None:
        self._library, self._propose, self._log = library, propose, log
        self._asking: dict[int, asyncio.Task[None]] = {}

    def check(self, spec: StudySpec) -> None:
        """Refuse a study whose sampler is not there."""
        if isinstance(spec.sampler, Optuna):
            library = self._library
            lacking = "this daemon has none"
            if library is not None:
                lacking = library.missing(spec.sampler.method) or ""
            if lacking:
                raise Refusal(
                    Kind.FAILED_PRECONDITION,
                    "SAMPLER_MISSING",
                    f"spec.sampler: it needs Optuna where the daemon runs: {lacking}",
                    field="spec.sampler",
                )

    def draw(self, entry: Entry) -> Params | None:
        """Return the next configuration, None where the library is being asked for it."""
        number, study = entry
        if number in self._asking:
            return None
        asked = question(study.state)
        if asked is None:
            return _random(study.state)
        task = asyncio.get_running_loop().create_task(self._ask(number, study.state, asked))
        self._asking[number] = task
        return None

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
        self._propose(number, trial, params)


def _random(state: State) -> Params:
    return independent(state.spec, state.seed, state.trials, state.tried)
