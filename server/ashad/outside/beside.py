"""Starts a process beside the daemon, and talks to it over its pipes. Never forks the daemon.

uvloop forks, and at a fork gRPC begins threads in the child: where cores were busy, many a child
ended by SIGSEGV before it was another program. CPython's `Popen` asks vfork(2), and nothing runs.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from contextlib import suppress

_LINE = 1024 * 1024  # bytes that one line may have


class Beside:
    """A process and its pipes, in the ways of asyncio's own."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: asyncio.StreamWriter,
        stdout: asyncio.StreamReader,
        heard: asyncio.BaseTransport,
    ) -> None:
        self._process, self._heard = process, heard
        self.stdin, self.stdout = stdin, stdout

    @property
    def pid(self) -> int:
        """Return its number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Return its exit status, None while it runs."""
        return self._process.poll()

    async def wait(self) -> int:
        """Return its exit status once it has ended."""
        return await asyncio.to_thread(self._process.wait)

    async def communicate(self, said: bytes) -> bytes:
        """Write all of this; return all that it writes, once it has ended."""
        written = asyncio.ensure_future(self._write(said))
        try:
            told = await self.stdout.read()
            await self.wait()
        finally:
            written.cancel()
            self.close()
        return told

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def close(self) -> None:
        """Close its pipes."""
        self.stdin.close()
        self._heard.close()

    async def _write(self, said: bytes) -> None:
        with suppress(OSError, RuntimeError):  # as uvloop calls a pipe that nobody reads
            self.stdin.write(said)
            await self.stdin.drain()
        self.stdin.close()


async def start(
    *words: str, env: Mapping[str, str], complains: bool = False, alone: bool = False
) -> Beside:
    """Start a program; what it writes to stderr is dropped, or comes with the rest.

    `alone`: in a session of its own. Raises `OSError` where it cannot be.
    """
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - it waits for the exec alone, as uvloop does
        words,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if complains else subprocess.DEVNULL,
        env=env,
        start_new_session=alone,
    )
    loop, stdout = asyncio.get_running_loop(), asyncio.StreamReader(limit=_LINE)
    heard, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), process.stdout
    )
    said, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), process.stdin
    )
    return Beside(process, asyncio.StreamWriter(said, protocol, None, loop), stdout, heard)
