"""`ashad --version` and `ashad version`: what is installed here, and what answers at the other end.

It waits for no daemon that does not answer at once, starts none, and never fails for want of one.
"""

from __future__ import annotations

import ashad_client
import click
from ashad_client.text import clean

from ashad import __version__
from ashad.cli import config
from ashad.cli.errors import CommandError, NoAnswerError
from ashad.cli.rpc import WAYS, connect

_AT_ONCE_S = 0.5


@click.command(short_help="Print the versions of this installation and daemon.")
@config.settings(*WAYS)
@click.pass_context
def version(ctx: click.Context) -> None:
    """Print the versions of this installation and of the daemon, if it answers at once."""
    show(ctx)


def show(ctx: click.Context) -> None:
    """Print them, with the settings of this run."""
    click.echo(f"ashad {__version__}\nashad-client {ashad_client.__version__}")
    if not config.value(ctx, "local"):
        click.echo(f"daemon at {config.value(ctx, 'address')}: {clean(_daemon(ctx))}")


def _daemon(ctx: click.Context) -> str:
    try:
        with connect(ctx) as daemon:
            theirs = daemon.version(_AT_ONCE_S)
    except NoAnswerError:
        return "no answer"
    except (CommandError, click.UsageError) as failure:
        return failure.message
    return f"ashad {theirs}" if theirs else "it does not say which version, so an older one"
