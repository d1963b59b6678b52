"""`ashad watch`: how a study goes, live on a terminal, in plain lines elsewhere.

Reads what the daemon tells and asks for nothing again and again; goes on where it stood when the
daemon was away.
"""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import MAX_INT64, client_options, study_argument
from ashad.cli.errors import StreamBrokenError
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import output, sentences
from ashad.cli.views.plain import json_text, plain, word
from ashad.cli.views.watch_state import Watched, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AGAIN_S = (0.5, 1.0, 2.0, 5.0)
_REFRESH = 4  # times a second
_RUNNING = [pb.TRIAL_STATE_RUNNING]


@click.command()
@study_argument
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
    name: str,
    output_format: str | None,
    once: bool,
    follow: bool,
    every: float,
    after: int | None,
) -> None:
    """Watch a study until it has finished and nothing runs.

    Progress against the limits, the rung ladder, running trials, the best so far, what was saved,
    failures. The daemon does no more for it than for one list a second.
    """
    output_format = output_format or ("live" if sys.stdout.isatty() else "lines")
    if after is not None and output_format != "jsonl":
        raise click.UsageError("--after goes with -o jsonl", ctx)
    with connect(ctx) as daemon:
        found = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
        request = pb.ListTrialsRequest(study=name, states=_RUNNING)
        watched = Watched(found.study, daemon.pages("ListTrials", request, "trials"))
        if once:
            _once(watched, daemon.address, output_format)
            return
        start = found.commit_seq if after is None else after
        told = _Told(daemon, watched, start, lambda: watched.over() and not follow)
        try:
            {"live": _live, "lines": _lines, "jsonl": _jsonl}[output_format](told, every)
        except KeyboardInterrupt:
            ctx.exit(130)


class _Told:
    """Answers of the daemon, over its absences, until the study is over."""

    def __init__(
        self, daemon: Daemon, watched: Watched, after: int, over: Callable[[], bool]
    ) -> None:
        self.daemon, self.watched, self.after, self._over = daemon, watched, after, over

    def __iter__(self) -> Iterator[tuple[pb.WatchStudyResponse | None, list[str]]]:
        """Yield each answer and what happened; None when the daemon went away or came back."""
        tries = 0
        while True:
            try:
                for answer in self._stream():
                    self.after, tries = answer.commit_seq, 0
                    self.watched.trouble = ""
                    yield answer, self.watched.take(answer)
                    if answer.HasField("study") and self._over():
                        return
            except StreamBrokenError as error:
                self.watched.trouble = f"{error.message}; trying again"
                if not tries:
                    yield None, []
                time.sleep(_AGAIN_S[min(tries, len(_AGAIN_S) - 1)])
                tries += 1

    def _stream(self) -> Iterator[pb.WatchStudyResponse]:
        request = pb.WatchStudyRequest(study=self.watched.study.name, after_seq=self.after)
        return self.daemon.stream("WatchStudy", request)


def _once(watched: Watched, address: str, output_format: str) -> None:
    if output_format == "jsonl":
        click.echo(json_text(plain(watched.study)))
    elif output_format == "lines":
        output.say(summary(watched))
    else:
        from rich.console import Console  # noqa: PLC0415

        from ashad.cli.views.watch_view import View  # noqa: PLC0415

        Console(highlight=False).print(View(watched, address))


def _live(told: _Told, every: float) -> None:
    del every
    from rich.console import Console  # noqa: PLC0415  # rich takes a tenth of a second to import
    from rich.live import Live  # noqa: PLC0415

    from ashad.cli.views.watch_view import View  # noqa: PLC0415

    view = View(told.watched, told.daemon.address)
    console = Console(highlight=False)
    with Live(view, console=console, refresh_per_second=_REFRESH, vertical_overflow="crop") as live:
        for _ in told:
            pass
        live.update(view, refresh=True)


def _lines(told: _Told, every: float) -> None:
    """Print what is out of the ordinary at once, and how it stands from time to time."""
    watched, due = told.watched, 0.0
    for answer, lines in told:
        if answer is None:
            _print(_now(), watched.trouble)
            continue
        for line in lines:
            if _matters(line):
                _print(line)
        if not watched.over() and (not due or (answer.changes and time.monotonic() >= due)):
            due = time.monotonic() + every
            _print(_now(), summary(watched))
    study = watched.study
    _print(_now(), f"{word(study, 'state')}: {sentences.reason(study.reason)}; {summary(watched)}")


def _jsonl(told: _Told, every: float) -> None:
    del every
    for answer, _ in told:
        if answer is None:
            click.echo(f"ashad: {told.watched.trouble}", err=True)
            continue
        for change in answer.changes:
            click.echo(json_text(plain(change)))
        sys.stdout.flush()


def _matters(line: str) -> bool:
    return any(
        word in line for word in (" best so far", " failed", " lost", " infeasible", "study ")
    )


def _print(*words: str) -> None:
    output.say("  ".join(words))
    with contextlib.suppress(OSError):
        sys.stdout.flush()


def _now() -> str:
    return time.strftime("%H:%M:%S")
