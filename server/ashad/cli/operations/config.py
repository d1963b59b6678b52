"""`ashad config`: every setting, its value here, and where that comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ashad.cli import config
from ashad.cli.views import output

if TYPE_CHECKING:
    from ashad.cli.views.output import Row


@click.command("config")
@output.format_option
@config.settings(*config.SETTINGS)
@click.pass_context
def settings(ctx: click.Context, output_format: str) -> None:
    """Show every setting, its value here, and where that comes from.

    Each is taken from the first of these that has it: the flag; the variable; the TOML file
    (--config, ASHAD_CONFIG, or the one of the user), whose keys are these names; the default.
    """
    rows: list[Row] = []
    for setting in config.SETTINGS.values():
        value = config.value(ctx, setting.name)
        known = value if value is None or isinstance(value, bool) else str(value)
        from_ = config.origin(ctx, setting.name)
        rows.append(
            {
                "name": setting.name,
                "value": known,
                "from": from_,
                "flag": setting.flag,
                "variable": setting.variable,
            }
        )
    if output_format == "json":
        output.print_json(rows)
    elif output_format == "csv":
        output.print_csv(rows)
    else:
        output.print_table([{k: v for k, v in row.items() if k != "flag"} for row in rows])
