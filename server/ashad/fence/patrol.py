"""The patrol: the judge hears what the kernel knows, and the kernel does his word, all the time.

With many connections it comes round less often.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

from ashad.fence import kernel
from ashad.fence.judge import Judge

EVERY_S = 0.25
_URGENT_S, _SELDOM_S = 0.05, 3.0
_STORM_PER_S = 40.0  # connections opened; then more looks are taken, for those that do not stay
_GLIMPSES, _GLIMPSES_S, _GLIMPSE_S = 20, 0.1, 0.005  # how many, together at most, apart
_SHARE = 0.05  # of the time at most


async def patrol(judge: Judge, ports: Collection[int], tell: Callable[..., object]) -> None:
    """Walk until cancelled."""
    if not kernel.available:
        tell("connections are not watched: this system has no /proc/self/fd")
        return
    out: tuple[frozenset[str], frozenset[str]] = frozenset(), frozenset()
    opened, looked, took = kernel.opened(), time.monotonic(), 0.0
    while True:
        begun, before = time.monotonic(), opened
        opened = kernel.opened()
        storm = opened - before > _STORM_PER_S * (begun - looked)
        if storm:
            for _ in range(min(_GLIMPSES, int(_GLIMPSES_S / max(took, 1e-3)))):
                judge.glimpse(await kernel.connections(ports))
                await asyncio.sleep(_GLIMPSE_S)
        looked, begun = begun, time.monotonic()
        seen = await kernel.connections(ports)
        sentence = judge.look(seen)
        if (sentence.barred, sentence.sifted) != out:
            out = sentence.barred, sentence.sifted
            kernel.bar(ports, *out)
        if sentence.cut:
            kernel.cut(ports, frozenset(sentence.cut))
        took = time.monotonic() - begun
        await _wait(judge, max(_URGENT_S if storm else EVERY_S, min(took / _SHARE, _SELDOM_S)))


async def _wait(judge: Judge, seconds: float) -> None:
    """Wait for the next round, which comes sooner when it is urgent."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, _URGENT_S))
        if judge.urgent:
            return
