"""Samplers outside the core: who is asked what, and what was answered and not yet taken.

One question of a study is under way at a time, made of all that is known when it is asked; the
answer is taken by the next call that makes a trial. Nobody is stuck: where there is no answer, the
log says why and the draw is a random one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ashad.core.engine.observations import Observations
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import next_question
from ashad.core.errors import Kind, Refusal
from ashad.core.kinds import Outside
from ashad.core.sampling.external import Question, configuration
from ashad.core.sampling.samplers import draw
from ashad.core.space import Params
from ashad.core.spec import StudySpec
from ashad.scheduler.ports import Log
from ashad.scheduler.registry import StudyRegistry


class Library(Protocol):
    """Who answers."""

    def missing(self, method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        ...

    async def ask(self, question: Question) -> list[float]:
        """Return a place in the unit cube; raise where there is no answer."""
        ...


class Answers:
    """The answers that wait to be taken, by study. `serve` is told that a study has one."""

    def __init__(
        self, library: Library | None, registry: StudyRegistry, serve: Callable[[str], None],
        log: Log,
    ) -> None:  # fmt: skip
        self._library, self._registry, self._serve, self._log = library, registry, serve, log
        self._ready: dict[int, tuple[int, Params]] = {}  # study -> (trial, configuration)
        self._asking: dict[int, asyncio.Task[None]] = {}

    def check(self, spec: StudySpec) -> None:
        """Refuse a study whose sampler is not there."""
        if isinstance(spec.sampler, Outside):
            library = self._library
            lacking = "this daemon has none" if library is None else library.missing(
                spec.sampler.method
            )  # fmt: skip
            if lacking is not None:
                raise Refusal(
                    Kind.FAILED_PRECONDITION, "SAMPLER_MISSING",
                    f"spec.sampler: it needs Optuna where the daemon runs: {lacking}",
                    field="spec.sampler",
                )  # fmt: skip

    def of(self, number: int, study: Study) -> Params | None:
        """Return the configuration that was drawn for the next trial of a study, or None."""
        ready = self._ready.get(number)
        if ready is None or ready[0] != study.state.trials:
            return None
        return ready[1]

    def ask(self, number: int, study: Study) -> None:
        """Ask for the next trial, unless it is being asked for."""
        if number not in self._asking:
            task = asyncio.get_running_loop().create_task(self._ask(number, study))
            self._asking[number] = task

    def close(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()

    async def _ask(self, number: int, study: Study) -> None:
        state, trial = study.state, study.state.trials
        question = next_question(state)
        assert question is not None
        try:
            assert self._library is not None
            params = configuration(
                state.spec, Observations(state), await self._library.ask(question)
            )
        except Exception as error:  # noqa: BLE001 - of a library: whatever it is, the search goes on
            self._log(
                "sampler_failed",
                study=state.name, trial=trial, why=f"{type(error).__name__}: {error}",
            )  # fmt: skip
            params = draw(state.spec, state.seed, trial, {})
        del self._asking[number]
        self._ready[number] = trial, params
        if self._registry.by_number(number) is None:  # deleted meanwhile
            del self._ready[number]
        else:
            self._serve(state.name)
