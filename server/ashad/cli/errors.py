"""How a command fails: one line on stderr and an exit code, never a traceback.

Exit codes: 1 the daemon refused, or TLS to it cannot work, 2 what was typed or written in a file is
wrong and nothing was sent, 69 the daemon did not answer.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click
from ashad_client.text import clean

if TYPE_CHECKING:
    pass


class CommandError(click.ClickException):
    """The daemon refused, or the machine did; told in one line."""

    exit_code = 1

    def __init__(self, *lines: str, reason: str = "") -> None:
        super().__init__(lines[0])
        self.lines = lines
        self.reason = reason  # the daemon's, where it gave one

    def show(self, file: IO[Any] | None = None) -> None:
        """Print to stderr."""
        for line in self.lines:
            click.echo(f"error: {clean(line)}", file=file, err=True)


class InvalidFileError(CommandError):
    """A file that was given is wrong; one line for each mistake."""

    exit_code = 2


class TlsError(CommandError):
    """TLS to the daemon cannot work until somebody mends it; asking again is no use."""


class NoAnswerError(CommandError):
    """The daemon did not answer."""

    exit_code = 69


class StreamBrokenError(NoAnswerError):
    """A stream broke off; it may be asked for again."""
