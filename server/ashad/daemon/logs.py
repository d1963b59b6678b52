"""The log: one structured line for each event of interest, on standard error; text or JSON."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from ashad_client.text import clean

_TROUBLE = frozenset({"read_failed", "sampler_failed", "sampler_unusable", "writes_refused"})
_MINUTE, _LIBRARY_LINES = 60.0, 20
FLUSH_S = 0.02  # lines of a busy daemon are written together, so much later at most
_encode = json.JSONEncoder(default=repr).encode
_TOKEN = re.compile("(ash_[0-9A-Za-z]+)_[0-9A-Za-z_-]+")


def configure(form: str, level: str) -> Any:
    """Return the logger. `form`: auto (text on a terminal, else JSON), text or json."""
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_plain)
        if text
        else _json
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _escape,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lossy(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    log = structlog.get_logger()
    logging.basicConfig(handlers=[_Libraries(log)], level=logging.WARNING, force=True)
    return log


def by_event(log: Any) -> Callable[..., object]:
    """Return what logs events of the scheduler: what somebody should look into as a warning."""

    def tell(event: str, **facts: object) -> object:
        return (log.warning if event in _TROUBLE else log.info)(event, **facts)

    return tell


def finish() -> None:
    """End the log: what could not be written must not turn the exit status into a failure."""
    try:
        sys.stderr.flush()
    except OSError:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end


class _Lossy:
    """A stream that loses what cannot be written: a full disk under the log ends no call.

    While a loop runs, lines are flushed a moment later, several at once: a write gives the
    interpreter's lock away in the middle of a call. Who ends the process flushes standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._due = stream, False
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=False)

    def write(self, text: str) -> None:
        """Write, or let it be."""
        with suppress(OSError, ValueError):  # ValueError: it is closed
            self._stream.write(text)

    def flush(self) -> None:
        """Flush soon, or let it be."""
        if self._due:
            return
        try:
            asyncio.get_running_loop().call_later(FLUSH_S, self._flush)
            self._due = True
        except RuntimeError:  # there is no loop
            self._flush()

    def _flush(self) -> None:
        self._due = False
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Libraries(logging.Handler):
    """What libraries log comes out as lines of ours, a few a minute.

    gRPC logs headers that it cannot read, each with a traceback: a stranger could fill the disk.
    """

    def __init__(self, log: Any) -> None:
        super().__init__()
        self._log = log
        self._begun, self._many = 0.0, 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if record.created - self._begun > _MINUTE:
            if self._many > _LIBRARY_LINES:
                self._log.warning("library_lines_dropped", lines=self._many - _LIBRARY_LINES)
            self._begun, self._many = record.created, 0
        self._many += 1
        if self._many > _LIBRARY_LINES:
            return
        tell = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        tell("library", logger=record.name, message=record.getMessage(), exc_info=record.exc_info)


def _escape(_logger: Any, _method: str, event: Any) -> Any:
    """Keep what clients sent from forging lines or driving a terminal; bound it; hide tokens.

    None is written by us, but gRPC writes the value of a header that is no UTF-8.
    """
    for key, value in event.items():
        if key == "exception":
            event[key] = "\n".join(clean(line) for line in _hidden(value).splitlines())
        elif isinstance(value, str):
            event[key] = clean(_hidden(value))[:500]
    return event


def _json(_logger: Any, _method: str, event: Any) -> str:
    return _encode(event)


def _hidden(text: str) -> str:
    return _TOKEN.sub(r"\1_(hidden)", text) if "ash_" in text else text


def _plain(sio: Any, exc_info: Any) -> None:
    structlog.dev.plain_traceback(sio, exc_info)


def announce(lines: list[str]) -> None:
    """Say where this daemon is found. Who started it may have read enough, and closed the pipe."""
    try:
        print("".join(f"ashad: {line}\n" for line in lines), end="", flush=True)
    except OSError:
        # Else the process ends by the same error.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
