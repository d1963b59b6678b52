"""The page of commands and settings: `python docs/make_commands.py` prints it, make_site takes it.

Written from the command line itself at each build, so that there is nothing to keep in step. Runs
no command.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from ashad.cli import main
from ashad.cli.commands.run import HandedOn
from ashad.cli.config import SETTINGS

BAR = "\\|"  # in a cell of a table
_HEAD = """# Commands and settings

Written from the command line itself. Every command has `--help`; those that talk to a daemon take
the settings of a caller, and `ashad serve`, or `ashad` alone, those of the daemon.

"""


def page() -> str:
    """Return the page: each command with its own options, then the settings."""
    with click.Context(main, info_name="ashad") as ctx:
        parts = [part for name in main.list_commands(ctx) for part in _command(main, ctx, name)]
    return _HEAD + "\n".join([*parts, *_settings()]) + "\n"


def _command(group: Any, above: click.Context, name: str) -> Iterator[str]:
    """Yield what is said of a command, and of those below it."""
    command = group.get_command(above, name)
    with click.Context(command, info_name=name, parent=above) as ctx:
        if isinstance(command, HandedOn):
            said = command._parser().format_help()  # noqa: SLF001 - of an argparse behind click
            yield f"## `{ctx.command_path}`\n\n```text\n{said.rstrip()}\n```\n"
            return
        depth = "#" * (ctx.command_path.count(" ") + 1)
        yield f"{depth} `{ctx.command_path}`\n\n{_prose(inspect.cleandoc(command.help or ''))}\n"
        if isinstance(command, click.Group):
            for inner in command.list_commands(ctx):
                yield from _command(command, ctx, inner)
            return
        yield f"```text\n{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}\n```\n"
        rows = [
            f"| `{record[0].replace('|', BAR)}` | {_cell(record[1])} |"
            for option in command.params
            if isinstance(option, click.Option)
            and option.name not in {*SETTINGS, "config", "help"}
            and (record := option.get_help_record(ctx))
        ]
        if rows:
            yield "\n".join(["| option | |", "|---|---|", *rows]) + "\n"


def _settings() -> Iterator[str]:
    for daemon, title in ((False, "Settings of a caller"), (True, "Settings of the daemon")):
        yield f"## {title}\n"
        yield "| flag | variable | key in the file | default | |"
        yield "|---|---|---|---|---|"
        for setting in SETTINGS.values():
            if setting.daemon == daemon:
                default = setting.default()
                shown = {None: "none", False: "off"}.get(default, f"`{_home(default)}`")
                yield (
                    f"| `{setting.flag}` | `{setting.variable}` | `{setting.name}` | {shown} "
                    f"| {_cell(setting.help)} |"
                )
        yield ""


def _home(value: object) -> str:
    """Return a default without the home of who builds the page."""
    return str(value).replace(str(Path.home()), "~")


def _cell(text: str) -> str:
    return _home(_prose(" ".join(text.split()))).replace("|", "\\|")


def _prose(text: str) -> str:
    """Return text in which nothing but code in backticks has a meaning of its own."""
    said = text.split("`")
    said[::2] = [re.sub(r"([\[\]<*])", r"\\\1", part) for part in said[::2]]
    return "`".join(said)


if __name__ == "__main__":
    print(page(), end="")
