"""Types and options that the client commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ashad.cli import config
from ashad.cli.operations.completion import studies, trials
from ashad.cli.views import text

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

    TextType = click.ParamType[str]
    LimitType = click.ParamType[int | float | str | Duration]
    AnyType = click.ParamType[Any]
else:  # older versions of click are not generic
    TextType = LimitType = AnyType = click.ParamType

MAX_INT64 = (1 << 63) - 1
NONE = "none"


class Word(TextType):
    """Text that can travel: valid Unicode."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse bytes that were no text."""
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail("is not valid UTF-8 text", param, ctx)
        return value


class Limit(LimitType):
    """A value, or `none` to remove the limit."""

    def __init__(self, name: str, of: AnyType | None = None) -> None:
        self.name = f"{name}|none"
        self.of = of

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | float | str | Duration:
        """Take `none`, or what the type under it takes."""
        if value == NONE:
            return NONE
        if self.of is not None:
            converted: int | float = self.of.convert(value, param, ctx)
            return converted
        try:
            return text.duration_from_text(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


study_argument = click.argument("name", metavar="STUDY", type=Word(), shell_complete=studies)
trial_argument = click.argument(
    "number", metavar="TRIAL", type=click.IntRange(0, MAX_INT64), shell_complete=trials
)
client_options = config.settings(
    "address", "ca", "cert", "key", "token_file", "local", "db", "allow_network_fs"
)
