"""`ashad study schema`: every key of a study file, for people or as JSON Schema for editors."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from ashad.cli.views import output

if TYPE_CHECKING:
    from ashad.cli.studyfile.reference import Key, KeyTable, Schema

_WIDTH = 80
_TYPES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "table",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON Schema (draft 2020-12).")
def schema(*, as_json: bool) -> None:
    """Print every key of a study file: type, bounds, default and meaning.

    For an editor: `ashad study schema --json > study.schema.json`, and as the first line of
    study.toml `#:schema ./study.schema.json`.
    """
    from ashad.cli.studyfile import json_schema, reference  # noqa: PLC0415

    if as_json:
        output.print_json(json_schema.schema())
        return
    for number, table in enumerate(reference.tables()):
        if number:
            output.say()
        for line in textwrap.wrap(_title(table), _WIDTH, subsequent_indent="    "):
            output.say(line)
        for key in table.keys:
            _print(key)


def _title(table: KeyTable) -> str:
    if not table.path:
        return table.meaning
    if table.path.startswith("space"):
        return f"[space]  NAME = {{{table.kind} = ..., ...}}: {table.meaning}"
    kind = f' with type = "{table.kind}"' if table.kind else ""
    return f"[{table.path}]{kind}: {table.meaning}"


def _print(key: Key) -> None:
    needed = f"required, unless there is {key.unless}" if key.unless else "required"
    words = [type_in_words(key.schema), needed if key.required else ""]
    words.append(f"default: {key.default}" if key.default else "")
    for line in textwrap.wrap(
        f"{key.name}  {'; '.join(word for word in words if word)}",
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="      ",
    ):
        output.say(line)
    indent = " " * 6
    wrapped = textwrap.wrap(key.meaning, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    for line in wrapped:
        output.say(line)


def type_in_words(schema: Schema) -> str:
    """Write in words what a key may hold."""
    if not schema:
        return "table"
    if "enum" in schema:
        return " or ".join(f'"{word}"' for word in schema["enum"])
    if "anyOf" in schema:
        return 'duration, such as "12h", or seconds'
    kind = schema["type"]
    if kind == "array":
        if "maxItems" in schema:
            return f"[low, high], each a {type_in_words(schema['items'])}"
        return f"list, each a {type_in_words(schema['items'])}"
    if isinstance(kind, list):
        return "number, text, true or false"
    if "exclusiveMinimum" in schema:
        return f"{_TYPES[kind]} above {schema['exclusiveMinimum']}"
    return f"{_TYPES[kind]} from {schema['minimum']}" if "minimum" in schema else _TYPES[kind]
