"""`ashad run`, `ask` and `tell`: those of the thin client, which read their own arguments.

Only two things are added here: the settings of this command line, and `-f study.toml`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ashad_client.agent import main as agent
from ashad_client.agent import shell

from ashad.cli import config, study_spec

if TYPE_CHECKING:
    from ashad_client.v1 import ashad_pb2 as pb

_WAYS = ("address", "ca", "cert", "key", "token_file")


class HandedOn(click.Command):
    """A command whose arguments are read by another parser, `--` and --help included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take them as they are."""
        ctx.params = {"arguments": args}
        return []


@click.command("run", cls=HandedOn, short_help="Run any executable as the trials of a study.")
@click.pass_context
def run(ctx: click.Context, arguments: list[str]) -> None:
    """Run the agent."""
    sys.exit(agent.run(arguments, prog="ashad run", connection=_connection(ctx), read=_read))


@click.command("ask", cls=HandedOn, short_help="Ask for a trial, from a shell script.")
@click.pass_context
def ask(ctx: click.Context, arguments: list[str]) -> None:
    """Ask."""
    sys.exit(shell.ask(arguments, prog="ashad ask", connection=_connection(ctx)))


@click.command("tell", cls=HandedOn, short_help="Tell how that trial goes on.")
@click.pass_context
def tell(ctx: click.Context, arguments: list[str]) -> None:
    """Tell."""
    sys.exit(shell.tell(arguments, prog="ashad tell", connection=_connection(ctx)))


def _connection(ctx: click.Context) -> dict[str, Any]:
    return {name: config.value(ctx, name) for name in _WAYS}


def _read(path: str) -> tuple[str, pb.StudySpec]:
    return study_spec.read_file(Path(path))
