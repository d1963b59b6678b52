"""`ashad token`: who may call a daemon that asks for tokens. Works on the file, not the daemon."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ashad_client.text import clean

from ashad.cli import config
from ashad.cli.errors import InvalidFileError
from ashad.cli.views.output import FORMATS, print_csv, print_json, print_table
from ashad.cli.views.text import duration_from_text, duration_seconds
from ashad.security import MAX_LABEL, ROLES, TokenFile, TokenFileError, default_path

if TYPE_CHECKING:
    from ashad.security import Token

_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}\*?")
_file_settings = config.settings("db", "tokens")


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of a daemon.

    They are kept in one file beside the database, or in --tokens; run this where the daemon runs.
    It counts at once, with no restart. The file holds hashes: a token is shown once, when it is
    made.
    """


@token.command()
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="admin: everything; worker: trains and reads; viewer: reads.",
)
@click.option(
    "--study",
    "studies",
    multiple=True,
    metavar="NAME",
    help="Only this study; NAME* for all that begin so; may be repeated. Without: all.",
)
@click.option("--label", default="", help="Whose it is, for the list.")
@click.option("--expires", metavar="DURATION", help="Such as 30d or 12h. Without: never.")
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000),
    help="Calls a second at most. Without: 20000.",
)
@_file_settings
@click.pass_context
def create(
    ctx: click.Context,
    *,
    role: Any,
    studies: tuple[str, ...],
    label: str,
    expires: str | None,
    rate: int | None,
) -> None:
    """Make a token and print it, this once.

    Put it into a file that only its user can read, and name that file in ASHAD_TOKEN_FILE:

      (umask 077; ashad token create --role worker > worker.token)
    """
    for study in studies:
        if not _SCOPE.fullmatch(study):
            raise click.UsageError(f'--study: "{clean(study)}" is no name of a study, nor NAME*')
    if len(label) > MAX_LABEL:
        raise click.UsageError(f"--label: at most {MAX_LABEL} characters")
    lifetime = None
    if expires is not None:
        try:
            lifetime = duration_seconds(duration_from_text(expires))
        except ValueError as error:
            raise click.UsageError(f"--expires: {error}") from None
        if lifetime < 1:
            raise click.UsageError("--expires: at least 1s")
    made, text = _do(
        ctx,
        lambda file: file.create(
            role, label=label, studies=studies, lifetime_s=lifetime, rate=rate
        ),
    )
    click.echo(f"token {made.id}, role {made.role}; it is shown only now", err=True)
    click.echo(text)


@token.command("list")
@click.option("-o", "output", type=click.Choice(FORMATS), default="table", show_default=True)
@_file_settings
@click.pass_context
def list_(ctx: click.Context, output: str) -> None:
    """List all tokens, without what would open anything."""
    now = time.time()
    rows = [_row(one, now) for one in _do(ctx, TokenFile.read)]
    if not rows and output == "table":
        click.echo("no token yet; make one: ashad token create --role worker")
    {"table": print_table, "csv": print_csv, "json": print_json}[output](rows)


@token.command()
@click.argument("token_id", metavar="ID")
@_file_settings
@click.pass_context
def revoke(ctx: click.Context, token_id: str) -> None:
    """Revoke the token of this ID, for good and at once."""
    gone = _do(ctx, lambda file: file.revoke(token_id))
    click.echo(f"token {gone.id}, role {gone.role}: revoked")


def _do(ctx: click.Context, work: Any) -> Any:
    path: Path = config.value(ctx, "tokens") or default_path(config.value(ctx, "db"))
    try:
        return work(TokenFile(path))
    except TokenFileError as error:
        raise InvalidFileError(str(error)) from None


def _row(one: Token, now: float) -> dict[str, Any]:
    return {
        "id": one.id,
        "role": one.role,
        "state": one.state(now),
        "studies": " ".join(one.studies) or "all",
        "label": one.label,
        "created": _instant(one.created),
        "expires": _instant(one.expires),
        "revoked": _instant(one.revoked),
        "rate": one.rate,
    }


def _instant(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
