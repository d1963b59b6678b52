"""`ashad db`: check, back up and restore the database file, which it reads itself."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from ashad_client.text import clean

from ashad.cli import config
from ashad.cli.errors import CommandError
from ashad.cli.views.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ashad.store import Checked

EXIT_DATA, EXIT_IO, EXIT_BUSY = 65, 74, 75
_PATH = click.Path(path_type=Path)
_db_option = config.settings("db")


@click.group()
def db() -> None:
    """Check, back up and restore the database.

    These work on the file --db, not through the daemon, which may be running or not; only a restore
    needs it stopped. Exit codes beyond those of `ashad`: 65 a file is not right, 74 the disk
    failed, 75 a daemon serves the file.
    """


@db.command()
@click.argument("path", required=False, type=_PATH)
@_db_option
@click.pass_context
def check(ctx: click.Context, path: Path | None) -> None:
    """Check a database or a backup: PATH, else --db.

    Reads it all, writes nothing: the structure, the checksum of every row, and every decision,
    made anew from the recorded requests. Each thing that is wrong is named. Beside a daemon it
    checks the state at one instant.
    """
    from ashad.store import (  # noqa: PLC0415
        Checked,
        audit,
        refuse_unsettled,
    )

    path = path or config.value(ctx, "db")
    checked, wrong = Checked(), 0
    with _told():
        refuse_unsettled(path)
        for line in audit(path, checked):
            click.echo(f"error: {clean(line)}", err=True)
            wrong += 1
    verdict = f"{wrong} wrong" if wrong else "all right"
    click.echo(clean(f"{path}: {_counts(checked)}: {verdict}"))
    if wrong:
        ctx.exit(EXIT_DATA)


@db.command("epoch")
@_db_option
@click.pass_context
def epoch_(ctx: click.Context) -> None:
    """Print the epoch of the database: 1, and one more for each time a standby took over."""
    from ashad import store  # noqa: PLC0415

    path = config.value(ctx, "db")
    with _told():
        if not path.exists():
            raise store.UnusableFileError(f"{path} is not there (yet)")
        found = store.epoch(path)
    click.echo(1 if found is None else found.seq)


@db.command()
@click.argument("out", type=_PATH)
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@_db_option
@click.pass_context
def backup(ctx: click.Context, out: Path, *, force: bool) -> None:
    """Write a verified copy of the database to the file OUT.

    It holds every report that was acknowledged before it began, and appears under its name when it
    has been checked as by `ashad db check` and is on the disk.
    """
    from ashad import store  # noqa: PLC0415

    path = config.value(ctx, "db")
    with _told():
        checked = store.backup(path, out, replace=force)
    click.echo(clean(f"backed up {path} to {out}: {_counts(checked)}: all right"))


@db.command()
@click.argument("source", metavar="BACKUP", type=_PATH)
@config.settings("db", "allow_network_fs")
@click.pass_context
def restore(ctx: click.Context, source: Path) -> None:
    """Put the file BACKUP, checked first, in place of the database.

    The daemon must not be running. What was there is kept beside it as NAME.before-restore-N.
    """
    from ashad import store  # noqa: PLC0415
    from ashad.daemon.exit_codes import StartupError  # noqa: PLC0415
    from ashad.daemon.file_lock import lock  # noqa: PLC0415

    path, forced = config.value(ctx, "db"), config.value(ctx, "allow_network_fs")
    try:
        with _told(), lock(path, allow_network_fs=forced, create=False):
            checked, kept = store.restore(source, path)
    except StartupError as refused:
        _end(refused.code, str(refused))
    click.echo(clean(f"restored {source} to {path}: {_counts(checked)}: all right"))
    if kept is not None:
        click.echo(clean(f"the replaced file is {kept}"))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell what did not come about, and why, with its exit code."""
    from ashad.store import (  # noqa: PLC0415
        InUseError,
        NotCopiedError,
        SourceDamagedError,
        StoreError,
        UnusableFileError,
    )

    try:
        yield
    except SourceDamagedError as error:
        _end(EXIT_DATA, *error.lines)
    except NotCopiedError as error:
        _end(2, *error.lines)
    except UnusableFileError as error:
        _end(EXIT_DATA, str(error))
    except InUseError as error:
        _end(EXIT_BUSY, f"{error}; stop it, or name another file")
    except StoreError as error:
        _end(EXIT_IO, str(error))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        where = f"{error.filename}: " if error.filename else ""
        _end(EXIT_IO, f"{where}{error.strerror or error}")


def _counts(checked: Checked) -> str:
    return (
        f"{_many(checked.studies, 'study', 'studies')}, {count(checked.trials, 'trial')}, "
        f"{count(checked.reports, 'report')}, {count(checked.decisions, 'decision')} replayed"
    )


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _end(code: int, *lines: str) -> NoReturn:
    CommandError(*lines).show()
    click.get_current_context().exit(code)
