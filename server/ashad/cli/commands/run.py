"""`ashad run`, `launch`, `ask` and `tell`: those of the thin client, with their own parsers.

Only two things are added here: the settings of this command line, and `-f study.toml`.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ashad_agent.cli import main, shell
from ashad_agent.cli.launch import launch as launch_workers
from ashad_agent.cli.launch import parser_of_launch
from ashad_agent.cli.options import parse, parser_of_run
from click.shell_completion import CompletionItem

from ashad.cli import config
from ashad.cli.operations import completion
from ashad.cli.rpc import WAYS
from ashad.cli.studyfile.study import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from ashad_agent.cli.options import Parser
    from ashad_client.v1 import ashad_pb2 as pb

# What stands behind them is a file of this machine.
_FILES = ("-f", "--file", "--dry-parse", "--checkpoints", "--db", "--hosts")


class HandedOn(click.Command):
    """A command whose arguments are read by another parser, `--` and --help included."""

    def __init__(
        self, *args: Any, parser: Callable[[], Parser], of_a_study: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._parser, self._of_a_study = parser, of_a_study

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take them as they are."""
        ctx.params = {"arguments": args}
        return []

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete flags and studies before `--`, files behind it and where one is wanted."""
        before = ctx.params["arguments"]
        if "--" in before or (before and before[-1] in _FILES):
            return [CompletionItem(incomplete, type="file")]
        if incomplete.startswith("-"):
            flags = self._parser().flags().items()
            return [CompletionItem(f, help=h) for f, h in flags if f.startswith(incomplete)]
        return completion.studies(ctx, None, incomplete) if self._of_a_study else []


@click.command(
    "run",
    cls=HandedOn,
    parser=lambda: parser_of_run("ashad run", files=True),
    short_help="Run any executable as the trials of a study.",
)
@click.pass_context
def run(ctx: click.Context, arguments: list[str]) -> None:
    """Run the agent; with --local, with a daemon of its own and a view of the search."""
    options = parse(arguments, "ashad run", files=True)
    local = options.local or (config.value(ctx, "local") and not options.address)
    if not local:
        if options.db:
            raise click.UsageError("--db goes with --local; --address names a daemon", ctx)
        sys.exit(main.run(arguments, prog="ashad run", connection=_connection(ctx), read=_read))
    from ashad.cli.local.search import run_agent, search  # noqa: PLC0415

    config.put(ctx, "local", True)
    if options.db:
        config.put(ctx, "db", Path(options.db))
    sys.exit(search(ctx, functools.partial(run_agent, arguments), quiet=options.quiet))


@click.command(
    "launch",
    cls=HandedOn,
    parser=lambda: parser_of_launch("ashad launch"),
    short_help="Have Slurm, Kubernetes, Ray, Dask or ssh start workers.",
)
@click.pass_context
def launch(ctx: click.Context, arguments: list[str]) -> None:
    """Launch."""
    sys.exit(launch_workers(arguments, prog="ashad launch", connection=_connection(ctx)))


@click.command(
    "ask",
    cls=HandedOn,
    parser=lambda: shell.parser_of_ask("ashad ask"),
    short_help="Ask for a trial, from a shell script.",
)
@click.pass_context
def ask(ctx: click.Context, arguments: list[str]) -> None:
    """Ask."""
    sys.exit(shell.ask(arguments, prog="ashad ask", connection=_connection(ctx)))


@click.command(
    "tell",
    cls=HandedOn,
    parser=lambda: shell.parser_of_tell("ashad tell"),
    of_a_study=False,
    short_help="Tell how that trial goes on.",
)
@click.pass_context
def tell(ctx: click.Context, arguments: list[str]) -> None:
    """Tell."""
    sys.exit(shell.tell(arguments, prog="ashad tell", connection=_connection(ctx)))


def _connection(ctx: click.Context) -> dict[str, Any]:
    return {name: config.value(ctx, name) for name in WAYS}


def _read(path: str) -> tuple[str, pb.StudySpec]:
    return read_file(Path(path))
