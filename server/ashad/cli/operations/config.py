"""`ashad config`: every setting, its value here, and where that comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ashad.cli import config
from ashad.cli.views import output

if TYPE_CHECKING:
    from ashad.cli.views.output import Row

_WIDEST = 30  # of a name in the table; -o json has it in full


@click.command("config")
@output.format_option
@config.settings(*config.SETTINGS)
@click.pass_context
def settings(ctx: click.Context, output_format: str) -> None:
    """Show every setting, its value here, and where that comes from.

    -o json tells the flag and the variable of each, ASHAD_ and the name in capitals.

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
        output.print_table([_short(row) for row in rows])


def _short(row: Row) -> Row:
    """Give what fits beside each other; the variable is the name in capitals behind ASHAD_."""
    name = row["name"]
    shown = name if len(name) <= _WIDEST else f"{name[: _WIDEST - 3]}..."
    return {"name": shown, "value": row["value"], "from": row["from"]}
