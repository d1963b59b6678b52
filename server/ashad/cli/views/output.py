"""What commands print: tables, JSON, CSV. Text of others is made harmless here.

On a terminal control characters are escaped everywhere; in CSV a text cell that a spreadsheet would
take for a formula is prefixed with an apostrophe.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click
from ashad_client.text import clean

from ashad.cli.views.plain import plain
from ashad.cli.views.text import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from google.protobuf.message import Message

M = TypeVar("M", bound="Message")
Row = dict[str, Any]  # None, bool, int, float or str

_LEAST = 32  # characters of a column that is cut
FORMATS = ("table", "json", "csv")
format_option = click.option(
    "-o",
    "output_format",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How to print it.",
)


def show_list(
    output: str,
    messages: Iterable[M],
    line: Callable[[M], Row],
    row: Callable[[M], Row],
    *,
    empty: str,
    spare: Sequence[str] = (),
    more: Callable[[M], Row] = lambda _: {},
) -> None:
    """Print many: a table of short lines, a JSON array, or CSV of full rows.

    `empty`: a sentence in place of an empty table; `spare`: as of `print_table`; `more`: what JSON
    has beside the message.
    """
    if output == "json":
        print_json([plain(message) | more(message) for message in messages])
    elif output == "csv":
        print_csv([row(message) for message in messages])
    else:
        lines = _without([line(message) for message in messages], "waits for", "labels")
        print_table(lines, spare=spare) if lines else say(empty)


def _without(rows: list[Row], *names: str) -> list[Row]:
    """Leave out those of these columns that no row has anything in."""
    empty = {name for name in names if not any(row.get(name) for row in rows)}
    return [{key: cell for key, cell in row.items() if key not in empty} for row in rows]


def print_json(data: object) -> None:
    """Print JSON in ASCII, which no terminal takes for a command."""
    click.echo(json.dumps(data, indent=2, allow_nan=False))


def print_csv(rows: Sequence[Row]) -> None:
    """Print rows under the union of their columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    write_csv(sys.stdout, columns, rows)


def write_csv(file: IO[str], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and rows; on a terminal without control characters."""
    safe = clean if file.isatty() else str
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_csv_cell(name, safe) for name in columns])
    for row in rows:
        writer.writerow([_csv_cell(row.get(name), safe) for name in columns])


def write_json_lines(file: IO[str], lines: Iterable[str], *, as_array: bool) -> None:
    """Write one JSON text a line; `as_array` makes one array of them, written as they come."""
    if not as_array:
        file.writelines(line + "\n" for line in lines)
        return
    before = "["
    for line in lines:
        file.write(f"{before}\n{line}")
        before = ","
    file.write("]\n" if before == "," else "[]\n")


def _csv_cell(cell: Any, safe: Callable[[str], str]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return repr(cell)
    return "'" + safe(cell) if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else safe(cell)


def print_table(rows: Sequence[Row], *, indent: int = 0, spare: Sequence[str] = ()) -> None:
    """Print rows of equal columns; fitted to a terminal, plain and never cut elsewhere.

    `spare`: columns that a narrow terminal does without, the first one first; with them, a row
    stays on its line, and the last column is cut.
    """
    if not rows:
        return
    columns = list(rows[0])
    if spare and sys.stdout.isatty():
        columns = _fitted(rows, columns, spare)
    right = [any(_is_number(row[name]) for row in rows) for name in columns]
    cells = [[cell_text(row[name]) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    if sys.stdout.isatty():
        _print_rich(columns, right, cells, widths, indent, cut=bool(spare))
        return
    for line in [columns, *cells]:
        padded = (
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, right, strict=True)
        )
        click.echo(" " * indent + "  ".join(padded).rstrip())


def _fitted(rows: Sequence[Row], columns: list[str], spare: Sequence[str]) -> list[str]:
    """Leave out spare columns until the others leave room for the last one."""
    room = shutil.get_terminal_size().columns
    widths = {
        name: max(len(name), *(len(cell_text(row[name])) for row in rows)) for name in columns
    }
    for name in ["", *spare]:
        columns = [column for column in columns if column != name]
        *others, last = (widths[column] + 2 for column in columns)
        if sum(others) + min(last, _LEAST) <= room:
            break
    return columns


def _print_rich(
    columns: Sequence[str],
    right: Sequence[bool],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    indent: int,
    *,
    cut: bool,
) -> None:
    """Let the widest column fold, and the terminal the rest where even that does not fit."""
    import rich.console  # noqa: PLC0415  # only where there is a terminal to draw on
    import rich.padding  # noqa: PLC0415
    import rich.table  # noqa: PLC0415
    import rich.text  # noqa: PLC0415

    table = rich.table.Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, is_right, width in zip(columns, right, widths, strict=True):
        table.add_column(
            rich.text.Text(name),
            justify="right" if is_right else "left",
            no_wrap=cut or width < max(widths),
            overflow="ellipsis" if cut else "fold",
        )
    for line in cells:
        table.add_row(*(rich.text.Text(cell) for cell in line))
    console = rich.console.Console(highlight=False)
    least = sum(widths) - max(widths) + min(max(widths), 20) + 2 * len(widths) + indent
    console.width = console.width if cut else max(console.width, least)
    console.print(rich.padding.Padding(table, (0, 0, 0, indent), expand=False))


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def cell_text(value: Any) -> str:
    """Write a value of a row for people, with nothing that drives a terminal."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(value) if isinstance(value, str) else number(value)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values below each other; what is not set is left out."""
    shown = {name: cell for name, cell in fields.items() if cell is not None and cell != ""}
    width = max(map(len, shown), default=0)
    for name, cell in shown.items():
        click.echo(f"{name.ljust(width)}  {cell_text(cell)}")


def print_note(note: str) -> None:
    """Print what people wrote, line by line, if there is anything."""
    if note:
        say("note")
        print_lines(note, "  ")


def print_lines(text: str, indent: str = "") -> None:
    """Print lines as they are."""
    for line in text.splitlines():
        say(f"{indent}{line.expandtabs()}".rstrip())


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line of text, at once."""
    click.echo(clean(line), err=err)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write; it appears under its name when it is whole, or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    made = Path(name)
    mask = os.umask(0)
    os.umask(mask)
    made.chmod(0o666 & ~mask)
    try:
        yield made
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
