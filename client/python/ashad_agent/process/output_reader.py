"""The reader of one program: a thread that passes its output on and reads the metrics in it.

It never talks to the daemon, so that the program is never held up by the network: what was read
goes into a queue that the slot works off. Only a program that reports faster than the daemon can
answer, ten thousand readings ahead, waits.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from ashad_agent.metrics.line_reader import LineReader
from ashad_agent.metrics.metric_file import MetricFile, Source
from ashad_agent.metrics.metric_parser import MetricParser, Parsed, Reading
from ashad_agent.metrics.progress import SkippedLines
from ashad_agent.process.child import Child, SupervisorStatus
from ashad_agent.process.exit_status import Exit
from ashad_agent.process.output_mux import OutputMux, Stream

log = logging.getLogger("ashad_agent")

_CHUNK = 1 << 16
_AHEAD = 10_000
_LOOK_S = 0.25  # how often a file of metrics is looked at
_LAST_WORDS = 2048
# How long the pipes are still read after the supervisor said that nothing is left.
_DRY_S = 1.0


@dataclass(frozen=True)
class Ended:
    """The program has ended, and nothing of it is left; always the last event."""

    end: Exit
    left: int
    stuck: int
    last_words: str
    silent_until_end: bool
    nulls: int = 0  # lines in which the metric was null


Event = Union[Reading, Ended]


class OutputReader:
    """Reads one program to its end."""

    def __init__(
        self,
        child: Child,
        parser: MetricParser,
        source: Source | MetricFile,
        outputs: Sequence[OutputMux],
        skipped: SkippedLines,
        prefix: bytes = b"",
        *,
        whole_lines: bool = False,
    ) -> None:
        self.events: queue.Queue[Event] = queue.Queue(_AHEAD)
        self._skipped, self._nulls = skipped, 0
        self.heard_at = time.monotonic()  # when the last metric was read, or it was started
        self._child, self._lines = child, LineReader(parser)
        self._file = source if isinstance(source, MetricFile) else None
        self._stream = source.kind if isinstance(source, Source) else ""
        self._out = Stream(outputs[0], prefix, whole_lines=whole_lines)
        self._err = Stream(outputs[1], prefix, whole_lines=whole_lines)
        self._last_words = b""
        self._begun = time.monotonic()
        self._first_words: float | None = None
        self._thread = threading.Thread(target=self._run, name="ashad-reader", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has given its last event."""
        self._thread.join()

    def _run(self) -> None:
        told = SupervisorStatus()
        try:
            self._read_all(told)
        except Exception:
            log.exception("reading the output of a program failed")
            self._child.kill()
            told.end = told.end or Exit(error="the agent could not read its output")
        finally:
            self._child.close()  # a supervisor that still runs ends its program
            self._child.wait()
        end = told.end or Exit(error="its supervisor was killed")
        with contextlib.suppress(OSError):
            self._follow(end)
        ran_s = time.monotonic() - self._begun
        silent = self._first_words is not None and self._first_words > max(2.0, 0.9 * ran_s)
        words = self._last_words.decode("utf-8", "replace")
        self.events.put(Ended(end, told.left, told.stuck, words, silent, self._nulls))

    def _read_all(self, told: SupervisorStatus) -> None:
        child = self._child
        streams = {child.out: self._take_out, child.err: self._take_err}
        poll = select.poll()
        for descriptor in (child.out, child.err, child.line.fileno()):
            poll.register(descriptor, select.POLLIN)
        last_s = float("inf")
        while (streams or not told.over) and time.monotonic() < last_s:
            for descriptor, _ in poll.poll(1000 * (_LOOK_S if self._file or told.over else 60)):
                data = _read(descriptor)
                if descriptor in streams:
                    streams[descriptor](data)
                    if not data:
                        del streams[descriptor]
                else:
                    told.take(data)
                    if told.over:
                        last_s = time.monotonic() + _DRY_S
                if not data:
                    poll.unregister(descriptor)
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._put(self._file.read())

    def _follow(self, end: Exit) -> None:
        """Take the last line; without its end it counts only if the program ended well."""
        self._out.finish()
        self._err.finish()
        if self._file is not None:
            self._put(self._file.finish(trust=end.clean))
        self._put(self._lines.finish(trust=end.clean))

    def _take_out(self, data: bytes) -> None:
        if self._first_words is None and data:
            self._first_words = time.monotonic() - self._begun
        self._out.write(data)
        if self._stream == "stdout":
            self._put(self._lines.feed(data))

    def _take_err(self, data: bytes) -> None:
        self._last_words = (self._last_words + data)[-_LAST_WORDS:]
        self._err.write(data)
        if self._stream == "stderr":
            self._put(self._lines.feed(data))

    def _put(self, said: Sequence[Parsed]) -> None:
        for parsed in said:
            if isinstance(parsed, Reading):
                self.heard_at = time.monotonic()
                self.events.put(parsed)
            else:
                self._skipped.add(parsed)
                self._nulls += parsed.null


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:  # the other end of a terminal is closed, or a socket was reset
        return b""
