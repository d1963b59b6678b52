"""What the programs print, passed on byte for byte. One output is shared by all slots.

With one slot each byte goes on as it comes; with several, in whole lines, so that two programs do
not write into each other's lines. A reader that is gone (`| head`) stops nobody's training.
"""

from __future__ import annotations

import logging
import os
import select
import threading

log = logging.getLogger("ashad_agent")

_LONGEST = 1 << 16  # what is held back of a line that does not end


class OutputMux:
    """A file descriptor that several slots write to, a whole piece at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._broken = False

    def write(self, data: bytes) -> None:
        """Write all of it. What cannot be written is dropped, once with a word."""
        with self._lock:
            view = memoryview(data)
            while view and not self._broken:
                try:
                    view = view[os.write(self._descriptor, view) :]
                except BlockingIOError:  # noqa: PERF203  # somebody set it so
                    select.select([], [self._descriptor], [])
                except OSError as error:
                    self._broken = True
                    if self._descriptor != 2:
                        log.warning("output is no longer passed on: %s", error.strerror)


class Stream:
    """One stream of one program on its way to an output."""

    def __init__(self, output: OutputMux, prefix: bytes, *, whole_lines: bool) -> None:
        self._output, self._prefix = output, prefix
        self._whole_lines = whole_lines or bool(prefix)
        self._rest = b""
        self._within = False  # the last piece did not end its line

    def write(self, chunk: bytes) -> None:
        """Pass a chunk on; the part behind its last line end may wait for more."""
        if not self._whole_lines:
            self._output.write(chunk)
            return
        ready, end, self._rest = (self._rest + chunk).rpartition(b"\n")
        ready += end
        if len(self._rest) > _LONGEST:
            ready, self._rest = ready + self._rest, b""
        self._pass(ready)

    def finish(self) -> None:
        """Pass on what waits."""
        rest, self._rest = self._rest, b""
        self._pass(rest)

    def _pass(self, data: bytes) -> None:
        if not data:
            return
        if self._prefix:
            body, end = (data[:-1], b"\n") if data.endswith(b"\n") else (data, b"")
            first = b"" if self._within else self._prefix
            self._within = not end
            data = first + body.replace(b"\n", b"\n" + self._prefix) + end
        self._output.write(data)
