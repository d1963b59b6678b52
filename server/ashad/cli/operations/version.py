"""`ashad version`."""

from __future__ import annotations

import click

from ashad import __version__


@click.command()
def version() -> None:
    """Print the version of this installation."""
    click.echo(f"ashad {__version__}")
