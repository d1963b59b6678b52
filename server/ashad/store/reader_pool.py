"""Threads that read, so that the event loop never waits for the file.

Each thread has a connection of its own, opened at the start: a daemon that is out of descriptors
still reads. What is more than there are threads waits its turn, in order. Never writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from ashad.store.reader import Reader

T = TypeVar("T")


class ReaderPool:
    """A few threads; the callers are on one event loop."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        self._readers = [Reader(path, any_thread=True) for _ in range(threads)]
        self._free: SimpleQueue[Reader] = SimpleQueue()
        for reader in self._readers:
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="read")

    async def run(self, work: Callable[[Reader], T]) -> T:
        """Return what `work` reads in one snapshot, once a thread has done it.

        It holds the interpreter while it is not in SQLite: what it makes of many rows must be cut.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def close(self) -> None:
        """Finish what was begun, and close the connections."""
        self._threads.shutdown(cancel_futures=True)
        for reader in self._readers:
            reader.close()

    def _run(self, work: Callable[[Reader], T]) -> T:
        reader = self._free.get()
        try:
            return reader.read(work)
        finally:
            self._free.put(reader)
