"""`ashad version`."""

from __future__ import annotations

import importlib.metadata

import click


@click.command()
def version() -> None:
    """Print the version of this installation."""
    click.echo(f"ashad {importlib.metadata.version('ashad')}")
