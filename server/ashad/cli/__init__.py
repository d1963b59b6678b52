"""The command line: thin commands over the contract; nothing is decided here.

addresses     what is typed as an address
annotation    what people say of a study or a trial
arguments     types and options that the commands share
commands      what asks a running daemon: a file for each group, imported only when it is used
config        where a setting comes from
errors        how a command fails
factories     what is typed as the samplers that a daemon allows
imports       what other tools have, as a study
local         a search with no daemon to look after
notification  who is told when something happened
operations    what works on files, or starts the daemon
overview      several studies at a glance
rpc           the daemon at the other end
scaffold      a first study file
standby       who takes over when the daemon is lost
study_change  another space for a study that runs
study_watch   what a watcher is told of a study
study_where   which daemon of several has a study
studyfile     TOML and YAML to data, of which the client's `dialect` makes a message
views         what is printed and drawn
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Iterator
from typing import Any

import click
from ashad_client.text import clean

from ashad.cli import config
from ashad.cli.errors import CommandError

_C, _O = "ashad.cli.commands", "ashad.cli.operations"
GROUPS = {
    "Begin": {
        "init": "ashad.cli.scaffold.init:init",
        "import": "ashad.cli.imports.command:import_",
        "run": f"{_C}.run:run",
        "launch": f"{_C}.run:launch",
        "demo": "ashad.cli.local.demo:demo",
    },
    "Studies": {
        "study": f"{_C}.study:study",
        "trial": f"{_C}.trial:trial",
        "watch": f"{_C}.watch:watch",
        "notify": "ashad.cli.notification.notify:notify",
        "best": f"{_C}.best:best",
        "compare": f"{_C}.compare:compare",
        "why": f"{_C}.why:why",
        "plot": f"{_C}.plot:plot",
        "open": f"{_O}.page:open_",
        "export": f"{_C}.export:export",
    },
    "Without training": {
        "simulate": f"{_C}.simulate:simulate",
        "replay": f"{_C}.replay:replay",
    },
    "A shell script as a worker": {
        "ask": f"{_C}.run:ask",
        "tell": f"{_C}.run:tell",
    },
    "The daemon": {
        "serve": f"{_O}.serve:serve_",
        "standby": "ashad.cli.standby.standby:standby",
        "db": f"{_O}.db:db",
        "token": f"{_O}.token:token",
        "quota": f"{_O}.quota:quota",
        "certs": f"{_O}.certs:certs",
        "config": f"{_O}.config:settings",
        "doctor": f"{_O}.doctor:doctor",
        "completion": f"{_O}.completion:completion",
        "version": f"{_O}.version:version",
    },
}
COMMANDS = {name: where for group in GROUPS.values() for name, where in group.items()}
_SHORT = 64  # characters of what a command does
_TAKE_DAEMON_FLAGS = frozenset({None, "serve", "standby", "config"})
_ALSO_TAKEN = {"db": {"db", "allow_network_fs"}, "token": {"db", "tokens"}, "doctor": {"db"}}


class Root(click.Group):
    """The group of all commands; each is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in their groups, then the flags; not those of the daemon."""
        widest = max(map(len, COMMANDS))
        for group, names in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(widest), self._short(ctx, name)) for name in names])
        hidden = {name for name, setting in config.SETTINGS.items() if setting.daemon}
        records = [
            param.get_help_record(ctx) for param in self.get_params(ctx) if param.name not in hidden
        ]
        with formatter.section("Options, before or behind a command"):
            formatter.write_dl([record for record in records if record])

    def _short(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(limit=_SHORT)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; what is wrong with it is told without its control characters."""
        with _harmless():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run; a file or disk that fails is told in one line."""
        try:
            with _harmless():
                return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"{where}{error.strerror or error}") from None


@contextlib.contextmanager
def _harmless() -> Iterator[None]:
    """Have click quote what was typed as text safe for a terminal: a script may pass it on."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = clean(error.message)  # final to type checkers
        raise


@click.group(
    cls=Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 the daemon refused; 2 a wrong command line or file, nothing was "
    "sent; 69 the daemon did not answer.",
)
@config.settings(*(name for name in config.SETTINGS))
@click.option("--version", "asked", is_flag=True, help="Show the versions of both ends and exit.")
@click.pass_context
def main(ctx: click.Context, *, asked: bool) -> None:
    """Search hyperparameters by asynchronous successive halving.

    From nothing: `ashad init -- python train.py` writes a study file, and the command that runs it
    with a private daemon, `ashad run --local -f study.toml -- python train.py --lr {lr}`.

    Alone, `ashad` starts a daemon; its flags: `ashad serve --help`. Commands talk to a running one
    at --address, or with --local to the database of this machine; `ashad db` and `ashad token`
    work on files.

    Each setting is taken from the first of these that has it: the flag; the ASHAD_* variable; the
    TOML file (--config), whose keys are the names of the flags with _ for -; the default.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if asked:
        from ashad.cli.operations.version import show  # noqa: PLC0415

        show(ctx)
        ctx.exit()
    if ctx.invoked_subcommand not in _TAKE_DAEMON_FLAGS:
        _refuse_daemon_flags(ctx)
    elif ctx.invoked_subcommand is None:
        from ashad.cli.operations.serve import start  # noqa: PLC0415

        start(ctx)


def _refuse_daemon_flags(ctx: click.Context) -> None:
    taken = _ALSO_TAKEN.get(ctx.invoked_subcommand or "", set())
    for name in config.flags(ctx):
        if name in config.SETTINGS and config.SETTINGS[name].daemon and name not in taken:
            flag = config.SETTINGS[name].flag
            raise click.UsageError(f"{flag} is for the daemon, not for `{ctx.invoked_subcommand}`")
