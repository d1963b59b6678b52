"""One process beside the daemon: a line is written, a line is read. It is started when first asked.

The event loop only writes a line and reads one. Questions are asked one by one. Knows nothing of
what they say.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from ashad.outside import beside
from ashad.outside.beside import Beside

TRIES = 3  # processes that are lost with one question
_END = 5.0  # seconds for a process that was killed to be gone
Ask = Callable[[int], Awaitable[bytes]]


class UnanswerableError(Exception):
    """A sampler found no answer to a question, and why."""


class Channel:
    """The process, and the next one when it is lost."""

    def __init__(self, patience: float, *arguments: str) -> None:
        """Give an answer `patience` seconds; `arguments` are for `python -m ashad.outside`."""
        self.patience, self._arguments = patience, arguments
        self._process: Beside | None = None
        self._started = 0
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Return the number of the process, None where there is none."""
        return None if self._process is None else self._process.pid

    async def ask(self, ask: Ask) -> dict[str, Any]:
        """Return the answer, from another process where one is lost, `TRIES` in all.

        `ask` returns the line; it is given a number, another one for each process. Raises where
        there is no answer: OSError, TimeoutError, UnanswerableError, ValueError.
        """
        async with self._turn:
            for _ in range(TRIES - 1):
                try:
                    return await self._try(ask)
                except TimeoutError:
                    raise
                except OSError:
                    continue
            return await self._try(ask)

    async def close(self) -> None:
        """End the process, and all that it has started."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _END)

    async def _try(self, ask: Ask) -> dict[str, Any]:
        try:
            answer = await asyncio.wait_for(self._answer(ask), self.patience)
        except BaseException:  # an answer may be left in the pipe
            await self.close()
            raise
        if "error" in answer:
            raise UnanswerableError(answer["error"])
        return answer

    async def _answer(self, ask: Ask) -> dict[str, Any]:
        if self._process is None or self._process.returncode is not None:
            self._process = await start(*self._arguments)
            self._started += 1
        process = self._process
        line = await ask(self._started)
        with suppress(OSError, RuntimeError):  # as uvloop calls a pipe that nobody reads
            process.stdin.write(line)
            await process.stdin.drain()
        answer = await process.stdout.readline()
        if not answer.endswith(b"\n"):
            raise OSError(f"the sampler's process ended with {await process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found


async def start(*arguments: str) -> Beside:
    """Start the process: no signal of a terminal reaches it, and it takes one core at most."""
    words = (sys.executable, "-P", "-m", "ashad.outside", *arguments)
    env = {"OMP_NUM_THREADS": "1"} | os.environ
    return await beside.start(*words, env=env, alone=True)


async def encoded(question: dict[str, Any]) -> bytes:
    """Return a question as a line; to write a large one takes longer than the loop should wait."""
    return await asyncio.to_thread(lambda: json.dumps(question).encode() + b"\n")
