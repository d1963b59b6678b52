"""Several studies at a glance, asked for once a second, until all of them are over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.errors import NoAnswerError
from ashad.cli.views import output, study_view
from ashad.cli.views.watch_state import over

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ashad.cli.rpc import Daemon
    from ashad.cli.views.output import Row

_EVERY_S = 1.0
_NONE = "no study yet; `ashad init` writes a study file, `ashad study create -f` makes it"


class Overview:
    """The studies of these names, or all; as they stood when they were last asked for."""

    def __init__(self, daemon: Daemon, names: Sequence[str]) -> None:
        self.daemon, self._names = daemon, names
        self.studies: list[pb.Study] = []
        self.trouble = ""
        self._ask()

    def __iter__(self) -> Iterator[None]:
        """Yield after each look, until all are over; an absent daemon is waited for."""
        while True:
            yield
            if not self.trouble and all(over(study) for study in self.studies):
                return
            time.sleep(_EVERY_S)
            try:
                self._ask()
            except NoAnswerError as error:
                self.trouble = f"{error.message}; trying again"
            else:
                self.trouble = ""

    def rows(self) -> list[Row]:
        """Give a row for each study, those that go on first."""
        return [study_view.line(study) for study in sorted(self.studies, key=over)]

    def _ask(self) -> None:
        if self._names:
            get = self.daemon.call
            asked = [get("GetStudy", pb.GetStudyRequest(study=name)) for name in self._names]
            self.studies = [answer.study for answer in asked]
        else:
            request = pb.ListStudiesRequest()
            self.studies = list(self.daemon.pages("ListStudies", request, "studies"))


def show(overview: Overview, output_format: str, *, once: bool, follow: bool) -> None:
    """Show them once, live, or in a line for each change."""
    if once or not overview.studies:
        rows = overview.rows()
        output.print_table(rows) if rows else output.say(_NONE)
        return
    looks = _endless(overview) if follow else iter(overview)
    {"live": _live, "lines": _lines}[output_format](overview, looks)


def _endless(overview: Overview) -> Iterator[None]:
    while True:
        yield from overview
        time.sleep(_EVERY_S)


def _live(overview: Overview, looks: Iterator[None]) -> None:
    from rich.console import Console  # noqa: PLC0415  # rich takes a tenth of a second to import
    from rich.live import Live  # noqa: PLC0415

    console = Console(highlight=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        for _ in looks:
            live.update(_drawn(overview, console.height), refresh=True)


def _drawn(overview: Overview, height: int) -> Any:
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    rows = overview.rows()
    shown = rows[: max(3, height - 4)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in rows[0]:
        left = name in ("study", "state", "metric")
        table.add_column(
            name, justify="left" if left else "right", overflow="ellipsis", no_wrap=True
        )
    for row in shown:
        table.add_row(*(Text(output.cell_text(value)) for value in row.values()))
    more = [Text(f"and {len(rows) - len(shown):,} more")] if len(rows) > len(shown) else []
    trouble = [Text(clean(overview.trouble), style="bold red")] if overview.trouble else []
    return Group(*trouble, table, *more)


def _lines(overview: Overview, looks: Iterator[None]) -> None:
    """Print the row of each study that has changed."""
    known: dict[str, Row] = {}
    told = ""
    for _ in looks:
        if overview.trouble and overview.trouble != told:
            output.say(f"{time.strftime('%H:%M:%S')}  {overview.trouble}")
        told = overview.trouble
        for row in overview.rows():
            if known.get(row["study"]) != row:
                known[row["study"]] = row
                words = (f"{name} {output.cell_text(value)}" for name, value in row.items())
                output.say(f"{time.strftime('%H:%M:%S')}  {'  '.join(words)}")
