"""Asks the process beside the daemon, and starts it again when it is lost or takes too long.

The event loop only writes a line and reads one. Questions of all studies are asked one by one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from importlib.util import find_spec

from ashad.optuna.question import Question

NEEDS = {
    "tpe_multivariate": ("optuna",),
    "gp": ("optuna", "scipy", "torch"),
    "cmaes": ("optuna", "cmaes"),
}
PATIENCE = 120.0  # seconds for one answer
TRIES = 3  # processes that are lost with one question
_LINE = 1024 * 1024


def missing(method: str) -> str | None:
    """Return what has to be installed for this sampler, or None where it is there."""
    lacking = [name for name in NEEDS[method] if find_spec(name) is None]
    if not lacking:
        return None
    more = " torch" if method == "gp" else ""
    return f"{', '.join(lacking)} is not there; pip install 'ashad[optuna]'{more}"


class UnanswerableError(Exception):
    """The library found no answer to a question, and why."""


class Process:
    """The process beside the daemon, begun with the first question."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @staticmethod
    def missing(method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        return missing(method)

    @property
    def pid(self) -> int | None:
        """Return the number of the process, None where there is none."""
        return None if self._process is None else self._process.pid

    async def ask(self, question: Question) -> list[float]:
        """Return the answer, from another process where one is lost, `TRIES` in all.

        Raises where there is none: OSError, TimeoutError, UnanswerableError.
        """
        line = await asyncio.to_thread(_encode, question)
        async with self._turn:
            for _ in range(TRIES - 1):
                try:
                    return await self._try(line)
                except TimeoutError:
                    raise
                except OSError:
                    continue
            return await self._try(line)

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()

    async def _try(self, line: bytes) -> list[float]:
        try:
            return await asyncio.wait_for(self._answer(line), self._patience)
        except UnanswerableError:
            raise
        except BaseException:  # an answer may be left in the pipe
            await self.close()
            raise

    async def _answer(self, line: bytes) -> list[float]:
        if self._process is None or self._process.returncode is not None:
            self._process = await _start()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError, RuntimeError):  # as uvloop calls a pipe that nobody reads
            process.stdin.write(line)
            await process.stdin.drain()
        answer = await process.stdout.readline()
        if not answer.endswith(b"\n"):
            raise OSError(f"the sampler's process ended with {await process.wait()}")
        found = json.loads(answer)
        if "error" in found:
            raise UnanswerableError(found["error"])
        place: list[float] = found["place"]
        return place


class Inline:
    """Asks in this process: for simulations, where no time passes."""

    @staticmethod
    def missing(method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        return missing(method)

    async def ask(self, question: Question) -> list[float]:
        """Return the answer."""
        from ashad.optuna.answer import answer  # noqa: PLC0415

        return answer(**question._asdict())


def _encode(question: Question) -> bytes:
    """Write a question as a line; a large one takes longer than the loop should wait."""
    return json.dumps(question._asdict()).encode() + b"\n"


async def _start() -> asyncio.subprocess.Process:
    """Start the process: no signal of a terminal reaches it, and it takes one core at most."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "ashad.optuna",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LINE,
        start_new_session=True,
        env={"OMP_NUM_THREADS": "1"} | os.environ,
    )
