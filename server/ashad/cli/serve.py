"""`ashad` and `ashad serve`: start the daemon in the foreground."""

from __future__ import annotations

import os

import click

from ashad.cli import config

DAEMON_SETTINGS = ("address", "db", "log_format", "log_level", "allow_network_fs")


@click.command("serve")
@config.settings(*DAEMON_SETTINGS)
@click.pass_context
def serve_(ctx: click.Context) -> None:
    """Start the daemon; the same as `ashad` alone.

    It prints the address and the database file, and runs until SIGTERM or Ctrl-C.
    """
    start(ctx)


def start(ctx: click.Context) -> None:
    """Run the daemon with the settings of this run and leave with its exit code."""
    chosen = {name: config.value(ctx, name) for name in DAEMON_SETTINGS}
    # The C core of gRPC would write lines of its own among ours; it looks when it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from ashad.server import Settings, serve  # noqa: PLC0415  # other commands do without it

    ctx.exit(serve(Settings(**chosen)))
