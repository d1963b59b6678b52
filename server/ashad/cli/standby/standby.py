"""`ashad standby`: waits while the other daemon answers, then serves from its replica."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click
from ashad_client.text import clean

from ashad.cli import config
from ashad.cli.addresses import Address
from ashad.cli.errors import CommandError
from ashad.cli.operations.serve import SERVING, run, settings_of

if TYPE_CHECKING:
    from ashad.daemon.main import Settings
    from ashad.daemon.replica.marks import Marks

EXIT_BUSY = 75
_EVERYWHERE = ("0.0.0.0", "[::]")  # noqa: S104 - compared, not bound


@click.command()
@click.option(
    "--primary",
    type=Address(),
    envvar="ASHAD_PRIMARY",
    show_envvar=True,
    help="The daemon that is watched.",
)
@click.option(
    "--takeover-after",
    type=click.IntRange(1, 86_400),
    default=10,
    show_default=True,
    help="Seconds without an answer after which it is lost.",
)
@click.option("--now", is_flag=True, help="Take over at once; a daemon that lives ends.")
@click.option("--litestream", type=click.Path(path_type=Path), help="Litestream's program.")
@config.settings(*SERVING, "ca", "cert", "key")
@click.pass_context
def standby(
    ctx: click.Context,
    primary: str | None,
    takeover_after: int,
    litestream: Path | None,
    *,
    now: bool,
) -> None:
    """Wait for the daemon at --primary to be lost, then take over.

    Litestream copies the database to the folder --replica, which both machines reach. When the
    other has not answered for a while this one begins a new epoch there, restores the newest state
    and serves it. The other one, should it come back, sees the epoch and ends. Workers find
    both: ASHAD_ADDRESS=a:2742,b:2742.
    """
    from ashad.cli.standby import takeover  # noqa: PLC0415
    from ashad.daemon.exit_codes import StartupError  # noqa: PLC0415
    from ashad.daemon.file_lock import lock  # noqa: PLC0415
    from ashad.daemon.replica.marks import Marks, TakenError  # noqa: PLC0415

    settings = settings_of(ctx)
    if settings.replica is None:
        raise click.UsageError("name the folder of the replica: --replica", ctx)
    if (primary is None) is not now:
        raise click.UsageError("name the daemon to watch, --primary, or take over --now", ctx)
    program, marks, db = (
        takeover.litestream(litestream),
        Marks(settings.replica.folder),
        settings.db,
    )
    try:
        with lock(db, allow_network_fs=settings.allow_network_fs, create=False):
            ours = _ours(marks, db)
            if not ours:
                takeover.rehearse(program, marks, db)
        if not ours:
            if primary is not None:
                _wait(ctx, primary, takeover_after, settings.replica.folder)
            with lock(db, allow_network_fs=settings.allow_network_fs, create=False):
                mark = takeover.take_over(program, marks, db, _reached_at(settings))
            _say(f"took over: epoch {mark.epoch}, from {marks.folder}")
    except StartupError as refused:
        CommandError(str(refused)).show()
        ctx.exit(refused.code)
    except TakenError as error:
        CommandError(str(error)).show()
        ctx.exit(EXIT_BUSY)
    except OSError as error:
        raise CommandError(f"{error.filename or marks.folder}: {error.strerror}") from None
    ctx.exit(run(settings))


def _ours(marks: Marks, db: Path) -> bool:
    """Whether this machine took over before and goes on; an older file is set aside."""
    from ashad.cli.standby import takeover  # noqa: PLC0415
    from ashad.daemon.replica.watch import epoch_of  # noqa: PLC0415

    newest = marks.newest()
    if not db.exists():
        return False
    own = epoch_of(db)
    if own < newest.epoch:
        kept = takeover.set_aside(db)
        _say(f"{db} is of epoch {own}, and epoch {newest.epoch} has begun: it is now {kept}")
        return False
    if own == 1:
        raise CommandError(
            f"{db} is there, and nobody has taken it over: start its daemon with `ashad serve`; "
            "a standby needs a name where nothing is yet: --db"
        )
    _say(f"{db} is of epoch {own}, which nobody has taken over: going on with it")
    return True


def _wait(ctx: click.Context, primary: str, seconds: int, folder: Path) -> None:
    from ashad_client.errors import Error  # noqa: PLC0415
    from ashad_client.security import secure  # noqa: PLC0415
    from ashad_client.settings import target_of  # noqa: PLC0415

    from ashad.cli.standby.primary import Primary  # noqa: PLC0415

    files = {name: config.value(ctx, name) for name in ("ca", "cert", "key")}
    files["token_file"] = None
    try:
        security = secure(target_of(primary), **files)
    except Error as error:
        raise click.UsageError(error.message) from None
    _say(f"standing by for {primary}, replica {folder}; takes over after {seconds} s of silence")
    Primary(primary, security).wait_until_lost(seconds, _say)


def _reached_at(settings: Settings) -> str:
    """Return the address by which others reach this daemon."""
    host, _, port = settings.endpoint.address.rpartition(":")
    return f"{socket.gethostname()}:{port}" if host in _EVERYWHERE else f"{host}:{port}"


def _say(text: str) -> None:
    click.echo(clean(f"ashad: {text}"))
