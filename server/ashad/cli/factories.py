"""What is typed as the samplers that a daemon allows, and refused where it has not that form. Pure.

Nothing is imported here: a factory is, once a study that names it is asked about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:  # older versions of click are not generic
    TextType = click.ParamType

_FACTORY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")


class AllowedFactories(TextType):
    """One or several, with commas. Without a name, a study names the factory itself."""

    name = "[NAME=]MODULE:FUNCTION[,...]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form of each; whether it can be used shows when a study names it."""
        try:
            factories(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


def factories(text: str | None) -> dict[str, str]:
    """Return `module:function` by name; raise ValueError for what has not the form."""
    found: dict[str, str] = {}
    for one in text.split(",") if text is not None else ():
        name, equals, factory = one.strip(" ").rpartition("=")
        named = name or factory
        if equals and not name:
            raise ValueError(f"{one[:200]!r}: no name stands before =; give [NAME=]MODULE:FUNCTION")
        if not _FACTORY.fullmatch(factory) or (name and not _NAME.fullmatch(name)):
            raise ValueError(f"{one[:200]!r}: give [NAME=]MODULE:FUNCTION")
        if named in found:
            raise ValueError(f"{named!r} is there twice; give each a name of its own")
        found[named] = factory
    return found
