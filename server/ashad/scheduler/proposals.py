"""Proposals: the queue of a study whose sampler is outside the core, kept filled.

When a worker could get nothing but a new configuration, the sampler is asked for one, and what it
proposes is queued and recorded like what a person enqueues. One question of a study is under way at
a time, made of all that is known when it is asked. Nobody is stuck: where there is no answer, the
log says why, the trial's record as well, and the draw is a random one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from ashad.core.engine.state import State
from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.kinds import Optuna, Python
from ashad.core.sampling.samplers import independent
from ashad.core.space import Params
from ashad.core.spec import StudySpec
from ashad.outside import UnanswerableError
from ashad.outside.optuna_question import Question, configuration, question
from ashad.outside.own_process import ReadRows
from ashad.outside.own_question import Read
from ashad.scheduler.ports import Log
from ashad.scheduler.registry import StudyEntry, StudyRegistry
from ashad.store import Reader

_FAILED = ("FAILED", "INFEASIBLE")
# Why a draw is a random one, as the trial's record has it.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "SAMPLER_TIMED_OUT"),
    (OSError, "SAMPLER_ENDED"),
    (UnanswerableError, "SAMPLER_FAILED"),
    (ValueError, "SAMPLER_ANSWER_INVALID"),
)


class Library(Protocol):
    """The samplers of Optuna."""

    def missing(self, method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        ...

    async def ask(self, question: Question) -> list[float]:
        """Return a place in the unit cube; raise where there is no answer."""
        ...


class Factories(Protocol):
    """The samplers that the operator allowed."""

    def missing(self, factory: str) -> str | None:
        """Return why a study may not have this one, or None where it may."""
        ...

    async def load(self, factory: str) -> str:
        """Return why this one cannot be used, as the log has it, or ""; `missing` knows it then."""
        ...

    async def ask(self, factory: str, state: State, read: ReadRows) -> Params:
        """Return a configuration; raise where there is no answer."""
        ...


class Proposals:
    """What is being asked, by study. `propose` queues, `serve` lets those who wait ask again."""

    def __init__(
        self,
        library: Library | None,
        factories: Factories | None,
        registry: StudyRegistry,
        read: Callable[[Callable[[Reader], Any]], Awaitable[Any]],
        propose: Callable[[str, Params, str | None], None],
        serve: Callable[[str], None],
        log: Log,
    ) -> None:
        self._library, self._factories = library, factories
        self._registry, self._read, self._log = registry, read, log
        self._propose, self._serve = propose, serve
        self._asking: dict[int, asyncio.Task[None]] = {}

    async def load(self, spec: StudySpec) -> None:
        """Find out whether a sampler of one's own can be used, before its study is made."""
        if isinstance(spec.sampler, Python) and self._factories is not None:
            why = await self._factories.load(spec.sampler.factory)
            if why:
                self._log("sampler_unusable", factory=spec.sampler.factory, why=why[:1000])

    def check(self, spec: StudySpec) -> None:
        """Refuse a study whose sampler is not there."""
        sampler = spec.sampler
        lacking: str | None = None
        if isinstance(sampler, Optuna):
            none = "this daemon has none"
            found = none if self._library is None else self._library.missing(sampler.method)
            lacking = found and f"it needs Optuna where the daemon runs: {found}"
        elif isinstance(sampler, Python):
            none = "only a daemon asks a sampler of one's own, and this is none"
            lacking = none if self._factories is None else self._factories.missing(sampler.factory)
        if lacking:
            raise RefusalError(
                RefusalKind.FAILED_PRECONDITION,
                "SAMPLER_MISSING",
                f"spec.sampler: {lacking}",
                field="spec.sampler",
            )

    def fill(self, entry: StudyEntry) -> bool:
        """Return whether the next configuration was queued; else the sampler is being asked."""
        number, study = entry
        if number in self._asking:
            return False
        asking = self._asked(number, study.state)
        if asking is None:
            before = study.state.trials
            self._propose(study.state.name, _random(study.state), None)
            return study.state.trials > before
        task = asyncio.get_running_loop().create_task(self._ask(number, study.state, asking))
        self._asking[number] = task
        return False

    def close(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()

    def _asked(self, number: int, state: State) -> Callable[[], Awaitable[Params]] | None:
        """Return how to ask for the next configuration, None where too little is known to ask."""
        sampler, library, factories = state.spec.sampler, self._library, self._factories
        if isinstance(sampler, Python):

            async def own() -> Params:
                assert factories is not None
                return await factories.ask(sampler.factory, state, self._rows(number))

            return own
        asked = question(state)
        if asked is None:
            return None

        async def optuna() -> Params:
            assert library is not None
            return configuration(state, await library.ask(asked))

        return optuna

    async def _ask(
        self, number: int, state: State, asking: Callable[[], Awaitable[Params]]
    ) -> None:
        trial, space, reason = state.trials, state.spaces.now, None
        try:
            params = await asking()
        except Exception as error:  # noqa: BLE001 - of a library: whatever it is, the search goes on
            why = f"{type(error).__name__}: {error}"[:1000]
            self._log("sampler_failed", study=state.name, trial=trial, why=why)
            found = (word for kind, word in _REASONS if isinstance(error, kind))
            params, reason = _random(state), next(found, "SAMPLER_FAILED")
        finally:
            del self._asking[number]
        entry = self._registry.by_number(number)
        if entry is None:  # deleted meanwhile
            return
        now = entry.study.state
        if (now.trials, now.spaces.now) == (trial, space):  # else asked anew, by whoever waits
            with suppress(RefusalError):  # nothing can be written, and who waits is told so
                self._propose(state.name, params, reason)
        self._serve(state.name)

    def _rows(self, number: int) -> ReadRows:
        """Return what reads trials of a study from the file, off the event loop."""

        async def read(trials: list[int], failed_after: int | None) -> dict[int, Read]:
            def rows(reader: Reader) -> dict[int, Read]:
                archive = reader.archive(number)
                found = [row for trial in trials if (row := archive.trial(trial)) is not None]
                if failed_after is not None:
                    found += reader.trials(number, states=_FAILED, after=failed_after)
                return {row.number: Read(row.params, row.state, row.resource) for row in found}

            if not trials and failed_after is None:
                return {}
            read_: dict[int, Read] = await self._read(rows)
            return read_

        return read


def _random(state: State) -> Params:
    return independent(state.spec, state.seed, state.trials, state.known.tried)
