"""The pump of one program: a thread that passes its output on and reads the metrics in it.

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

from ashad_client.agent.child import Child, Told
from ashad_client.agent.endings import Exit
from ashad_client.agent.lines import Splitter
from ashad_client.agent.outlet import Outlet, Stream
from ashad_client.agent.readings import LONGEST, Parsed, Reading, Rules
from ashad_client.agent.tail import Source, Tail

log = logging.getLogger("ashad_client.agent")

_CHUNK = 1 << 16
_AHEAD = 10_000
_LOOK_S = 0.25  # how often a file of metrics is looked at
_LAST_WORDS = 2048
# What still comes out of the pipes when the warden has said that nothing of the program is left.
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


class Pump:
    """Reads one program to its end."""

    def __init__(
        self, child: Child, rules: Rules, source: Source | Tail, outlets: Sequence[Outlet],
        prefix: bytes = b"", *, whole_lines: bool = False,
    ) -> None:  # fmt: skip
        self.events: queue.Queue[Event] = queue.Queue(_AHEAD)
        self.near: str = ""  # the last line that seemed meant to hold the metric, and why not
        self._nulls = 0
        self.heard_at = time.monotonic()  # when the last metric was read, or it was started
        self._child, self._rules = child, rules
        self._tail = source if isinstance(source, Tail) else None
        self._stream = source.kind if isinstance(source, Source) else ""
        self._out = Stream(outlets[0], prefix, whole_lines=whole_lines)
        self._err = Stream(outlets[1], prefix, whole_lines=whole_lines)
        self._splitter = Splitter(rules.needles(), LONGEST)
        self._last_words = b""
        self._begun = time.monotonic()
        self._first_words: float | None = None
        self._thread = threading.Thread(target=self._run, name="ashad-pump", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has given its last event."""
        self._thread.join()

    def _run(self) -> None:
        told = Told()
        try:
            self._read_all(told)
        except Exception:
            log.exception("the pump of a trial broke")
            self._child.kill()
            told.end = told.end or Exit(error="the agent could not read its output")
        finally:
            self._child.close()  # a warden that still runs ends its program
            self._child.wait()
        end = told.end or Exit(error="its warden was killed")
        with contextlib.suppress(OSError):
            self._follow(end)
        ran_s = time.monotonic() - self._begun
        silent = self._first_words is not None and self._first_words > max(2.0, 0.9 * ran_s)
        words = self._last_words.decode("utf-8", "replace")
        self.events.put(Ended(end, told.left, told.stuck, words, silent, self._nulls))

    def _read_all(self, told: Told) -> None:
        child = self._child
        streams = {child.out: self._take_out, child.err: self._take_err}
        poll = select.poll()
        for descriptor in (child.out, child.err, child.line.fileno()):
            poll.register(descriptor, select.POLLIN)
        last_s = float("inf")
        while (streams or not told.over) and time.monotonic() < last_s:
            for descriptor, _ in poll.poll(1000 * (_LOOK_S if self._tail or told.over else 60)):
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
            if self._tail is not None:
                with contextlib.suppress(OSError):
                    self._put(self._tail.read())

    def _follow(self, end: Exit) -> None:
        """Take in the last line; without its end it counts only if the program ended well."""
        self._out.finish()
        self._err.finish()
        if self._tail is not None:
            self._put(self._tail.finish(trust=end.clean))
        rest = self._splitter.finish()
        if rest and end.clean:
            self._put([self._rules.parse(rest)])

    def _take_out(self, data: bytes) -> None:
        if self._first_words is None and data:
            self._first_words = time.monotonic() - self._begun
        self._out.write(data)
        if self._stream == "stdout":
            self._put([self._rules.parse(line) for line in self._splitter.feed(data)])

    def _take_err(self, data: bytes) -> None:
        self._last_words = (self._last_words + data)[-_LAST_WORDS:]
        self._err.write(data)
        if self._stream == "stderr":
            self._put([self._rules.parse(line) for line in self._splitter.feed(data)])

    def _put(self, said: Sequence[Parsed]) -> None:
        for parsed in said:
            if isinstance(parsed, Reading):
                self.heard_at = time.monotonic()
                self.events.put(parsed)
            elif parsed.near:
                self.near = parsed.why
                self._nulls += parsed.null


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:  # the other end of a terminal is closed, or a socket was reset
        return b""
