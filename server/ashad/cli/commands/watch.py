"""`ashad watch`: how a study goes, live on a terminal, in plain lines elsewhere.

Reads what the daemon tells and asks for nothing again and again; goes on where it stood when the
daemon was away.
"""

from __future__ import annotations

import sys

import click

from ashad.cli import overview
from ashad.cli.arguments import MAX_INT64, Word, client_options
from ashad.cli.operations.completion import studies
from ashad.cli.rpc import connect
from ashad.cli.study_watch import StudyWatch, follow_in_lines
from ashad.cli.views import output
from ashad.cli.views.plain import json_text, plain
from ashad.cli.views.watch_state import Watched, summary

_REFRESH = 4  # times a second


@click.command(short_help="Watch a study live; without a name, all at a glance.")
@click.argument("names", metavar="[STUDY...]", nargs=-1, type=Word(), shell_complete=studies)
@click.option(
    "-o",
    "output_format",
    type=click.Choice(["live", "lines", "jsonl"]),
    default=None,
    help="live: on a terminal, the default there; lines: the default elsewhere; "
    "jsonl: every change as a line of JSON.",
)
@click.option("--once", is_flag=True, help="Show how it stands, and end.")
@click.option("--follow", is_flag=True, help="Go on after the study has finished.")
@click.option(
    "--every",
    type=click.FloatRange(0.1),
    default=10.0,
    show_default=True,
    help="With lines: seconds between two summaries.",
)
@click.option(
    "--after",
    type=click.IntRange(0, MAX_INT64),
    help="With jsonl: only changes after this commit_seq; 0: all from the beginning.",
)
@client_options
@click.pass_context
def watch(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    output_format: str | None,
    once: bool,
    follow: bool,
    every: float,
    after: int | None,
) -> None:
    """Watch a study until it has finished and nothing runs; several, or all, at a glance.

    Progress against the limits, the rung ladder, running trials, the best so far, what was saved,
    failures. The daemon does no more for it than for one list a second.
    """
    output_format = output_format or ("live" if sys.stdout.isatty() else "lines")
    if after is not None and output_format != "jsonl":
        raise click.UsageError("--after goes with -o jsonl", ctx)
    if output_format == "jsonl" and len(names) != 1:
        raise click.UsageError("-o jsonl takes one study", ctx)
    with connect(ctx) as daemon:
        try:
            if len(names) != 1:
                overview.show(
                    overview.Overview(daemon, names), output_format, once=once, follow=follow
                )
                return
            feed = StudyWatch(daemon, names[0], after=after, follow=follow)
            if once:
                _once(feed.watched, daemon.address, output_format)
                return
            {"live": _live, "lines": _lines, "jsonl": _jsonl}[output_format](feed, every)
        except KeyboardInterrupt:
            ctx.exit(130)


def _once(watched: Watched, address: str, output_format: str) -> None:
    if output_format == "jsonl":
        click.echo(json_text(plain(watched.study)))
    elif output_format == "lines":
        output.say(summary(watched))
    else:
        from rich.console import Console  # noqa: PLC0415

        from ashad.cli.views.watch_view import View  # noqa: PLC0415

        Console(highlight=False).print(View(watched, address))


def _live(feed: StudyWatch, every: float) -> None:
    del every
    from rich.console import Console  # noqa: PLC0415  # rich takes a tenth of a second to import
    from rich.live import Live  # noqa: PLC0415

    from ashad.cli.views.watch_view import View  # noqa: PLC0415

    view = View(feed.watched, feed.daemon.address)
    console = Console(highlight=False)
    with Live(view, console=console, refresh_per_second=_REFRESH, vertical_overflow="crop") as live:
        for _ in feed:
            pass
        live.update(view, refresh=True)


def _lines(feed: StudyWatch, every: float) -> None:
    follow_in_lines(feed, every, output.say)


def _jsonl(feed: StudyWatch, every: float) -> None:
    del every
    for answer, _ in feed:
        if answer is None:
            click.echo(f"ashad: {feed.watched.trouble}", err=True)
            continue
        for change in answer.changes:
            click.echo(json_text(plain(change)))
        sys.stdout.flush()
