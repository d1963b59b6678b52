"""Asks the samplers that the operator allowed: a process a factory, an object a study.

An object is told only what it has not heard. Where there is none any more, since its process was
lost, its study not asked about for long or the space changed, it is made and told all anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from ashad.core.engine.state import State
from ashad.core.history.records import FAILED, INFEASIBLE
from ashad.core.space import Params
from ashad.outside.channel import Channel, UnanswerableError, encoded
from ashad.outside.own_answer import UnusableError
from ashad.outside.own_question import MOST, Key, Read, configuration, first, news, reached

PATIENCE = 60.0  # seconds for one answer
LOADING = 8.0  # seconds that whoever makes a study waits for its factory
OBJECTS = 64  # studies of one factory whose objects are kept
# Returns what is recorded of these trials, and of those after a number that failed.
ReadRows = Callable[[list[int], int | None], Awaitable[dict[int, Read]]]


class _Known:
    """What the object of a study has heard."""

    def __init__(self, process: int, version: int) -> None:
        self.process, self.version = process, version
        self.told: set[Key] = set()
        self.failures = 0


class OwnSamplers:
    """The factories by the name that a study gives, each with its process."""

    def __init__(self, allowed: Mapping[str, str], patience: float = PATIENCE) -> None:
        """Allow these: `module:function` by name."""
        self._allowed, self._patience = dict(allowed), patience
        self._channels = {
            name: Channel(patience, factory) for name, factory in self._allowed.items()
        }
        self._known: dict[str, dict[str, _Known]] = {name: {} for name in self._allowed}
        self._loads: dict[str, asyncio.Task[str]] = {}  # what was wrong with a factory, or ""

    async def load(self, factory: str) -> str:
        """Return why a factory cannot be used, "" where it can or where that takes long to tell.

        A process of its own finds out, once; of what failed, each time.
        """
        if self.missing(factory) is not None and not self._failed(factory):
            return ""
        if factory not in self._loads or self._failed(factory):
            self._loads[factory] = asyncio.create_task(self._load(factory))
        with suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._loads[factory]), LOADING)
        return ""

    async def _load(self, factory: str) -> str:
        async def nothing(_process: int) -> bytes:
            return b"{}\n"

        channel = Channel(self._patience, self._allowed[factory])
        try:
            await channel.ask(nothing)
        except (OSError, UnanswerableError, ValueError) as error:  # a timeout is one of them
            return f"{type(error).__name__}: {error}"
        finally:
            await channel.close()
        return ""

    def _failed(self, factory: str) -> str:
        load = self._loads.get(factory)
        return load.result() if load is not None and load.done() and not load.cancelled() else ""

    def missing(self, factory: str) -> str | None:
        """Return why a study may not have this sampler, and what to do, or None."""
        module = self._allowed.get(factory, "").partition(":")[0]
        if not module:
            known = ", ".join(sorted(self._allowed))
            return (
                f"this daemon allows no sampler {factory[:200]!r}{known and f', only {known}'}; "
                f"whoever starts it allows one with --samplers NAME=module:function"
            )
        if find_spec(module.partition(".")[0]) is None:
            return f"{module} cannot be imported where the daemon runs; install it there"
        failed = self._failed(factory)
        if failed:
            _, ours, told = failed.partition(f"{UnusableError.__name__}: ")
            told = told if ours else "it could not be imported, the log of the daemon says why"
            return f"{factory} is {self._allowed[factory]}, which cannot be used: {told}"
        return None

    def pid(self, factory: str) -> int | None:
        """Return the number of a factory's process, None where there is none."""
        return self._channels[factory].pid

    async def ask(self, factory: str, state: State, read: ReadRows) -> Params:
        """Return the next configuration of a study.

        Raises where there is none: OSError, TimeoutError, UnanswerableError, and ValueError for an
        answer that is no configuration of the space.
        """
        if factory not in self._allowed:
            raise UnanswerableError(self.missing(factory))
        known = self._known[factory]

        async def ask(process: int) -> bytes:
            return await encoded(await self._question(known, process, state, read))

        try:
            answer = await self._channels[factory].ask(ask)
        except BaseException:
            known.pop(state.uid, None)
            raise
        return configuration(state, answer.get("params"))

    async def close(self) -> None:
        """End the processes."""
        for load in self._loads.values():
            load.cancel()
        await asyncio.gather(*self._loads.values(), return_exceptions=True)
        for channel in self._channels.values():
            await channel.close()

    async def _question(
        self, known: dict[str, _Known], process: int, state: State, read: ReadRows
    ) -> dict[str, Any]:
        heard, new, version = known.pop(state.uid, None), None, state.spaces.now.number
        if heard is None or (heard.process, heard.version) != (process, version):
            heard, new = _Known(process, version), first(state)
        known[state.uid] = heard  # the latest is the last
        forget = list(known)[:-OBJECTS]
        for study in forget:
            del known[study]
        values = reached(state)
        failures = state.counts[FAILED] + state.counts[INFEASIBLE]
        after = None if failures == heard.failures else state.trials - MOST - 1
        resting = {trial for trial, _ in values.keys() - heard.told if trial not in state.live}
        rows = await read(sorted(resting), after)
        calls, heard.told = news(state, values, heard.told, rows)
        heard.failures = failures
        return {"study": state.uid, "new": new, "forget": forget, "tell": calls}
