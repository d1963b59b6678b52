"""`ashad quota`: how many trials may run at once; who has a slot, and who waits for one."""

from __future__ import annotations

from pathlib import Path

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import client_options
from ashad.cli.errors import InvalidFileError
from ashad.cli.rpc import connect
from ashad.cli.views import output, quota_view, text


@click.group()
def quota() -> None:
    """Show the quotas of a daemon, and check a file of them.

    A daemon has those of its file (--quotas), which it reads again on SIGHUP.
    """


@quota.command("list")
@output.format_option
@client_options
@click.pass_context
def list_(ctx: click.Context, output_format: str) -> None:
    """List quotas: who has their slots, who waits, and for how long."""
    with connect(ctx) as daemon:
        quotas = daemon.pages("ListQuotas", pb.ListQuotasRequest(), "quotas")
        empty = "no quota: any number of trials may run; `ashad serve --quotas FILE` has some"
        output.show_list(output_format, quotas, quota_view.line, quota_view.row, empty=empty)


@quota.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def check(path: Path) -> None:
    """Say whether a daemon would take this file of quotas."""
    from ashad.scheduler.quotas import QuotaFileError, read_rules  # noqa: PLC0415

    try:
        rules = read_rules(path)
    except QuotaFileError as error:
        raise InvalidFileError(str(error)) from None
    parts = text.count(len(rules.quotas), "quota"), text.count(len(rules.weights), "weight")
    output.say(f"{path} is in order: {' and '.join(parts)}")
