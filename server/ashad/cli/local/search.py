"""A search with a private daemon, a view of it while it runs, and its result.

On a terminal the live view has the screen, and what the programs and the agent say goes into a
file; elsewhere both say what they always do, with a line now and then of how the search goes. The
work, such as the agent of `ashad run`, has the main thread and the signals.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
from ashad_agent.cli import main
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import config
from ashad.cli.errors import CommandError
from ashad.cli.local import result
from ashad.cli.local.private_daemon import folder_of, when_it_dies
from ashad.cli.rpc import connect
from ashad.cli.study_watch import StudyWatch, follow_in_lines
from ashad.cli.studyfile.study import read_file
from ashad.cli.views import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ashad.cli.rpc import Daemon

_EVERY_S = 10.0  # between two lines of how the search goes
_LAST_CALLS_S = 5.0  # for what is still to be sent at the end: the daemon is here, or dead
_REFRESH = 4  # times a second
_SIGNALLED = 128  # an agent that was told to leave ends with more
_LAST = 12  # lines of the agent's that are shown after it failed


# Trains a study until it is over, and gives the exit status; tells the second when it begins.
Work = Callable[["Daemon", Callable[[pb.Study], None]], int]


def search(ctx: click.Context, work: Work, *, quiet: bool) -> int:
    """Do the work with the private daemon of this run, show it and its result; give its status."""
    with connect(ctx) as daemon, when_it_dies(config.value(ctx, "db"), _give_up) as died:
        with SearchView(ctx, quiet=quiet) as view:
            code = work(daemon, view.begin)
        view.quote(code)
        if view.study and not died.is_set():
            result.show(daemon, view.study, config.value(ctx, "db"))
    return code


def _give_up(last_words: str) -> None:
    """End this run: nobody starts its daemon again, and training on would lose what it finds."""
    _say(f"the private daemon ended: {last_words}")
    _say("what it took is kept; run the same command to go on")
    os.kill(os.getpid(), signal.SIGTERM)


def run_agent(arguments: Sequence[str], daemon: Daemon, begin: Callable[[pb.Study], None]) -> int:
    """Run the agent by its command line."""
    return main.run(
        arguments,
        prog="ashad run",
        connection={"address": daemon.address, "close_timeout_s": _LAST_CALLS_S},
        read=lambda path: read_file(Path(path)),
        begin=begin,
    )


class SearchView:
    """What is seen of a search while it runs, from `begin` to the end of the context."""

    def __init__(self, ctx: click.Context, *, quiet: bool) -> None:
        self.study = ""
        self._ctx, self._quiet = ctx, quiet
        self._log: Path | None = None
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def begin(self, study: pb.Study) -> None:
        """Begin to show a study; called by the agent when it is about to start trials."""
        self.study = study.name
        if self._quiet:
            return
        feed = StudyWatch(self._held.enter_context(connect(self._ctx)), study.name)
        if sys.stdout.isatty() and sys.stderr.isatty():
            self._live(feed)
        else:
            self._follow(lambda: follow_in_lines(feed, _EVERY_S, _say), feed)

    def quote(self, code: int) -> None:
        """SearchView the last words of an agent that failed, where they went into a file."""
        if self._log is None or not code or code > _SIGNALLED:
            return
        with self._log.open(encoding="utf-8", errors="replace") as file:
            lines = [line.rstrip("\n") for line in file][-_LAST:]
        click.echo(f"The last lines of {self._log}:", err=True)
        for line in lines:
            output.say(f"  {line}", err=True)

    def _live(self, feed: StudyWatch) -> None:
        from rich.console import Console  # noqa: PLC0415  # a tenth of a second to import
        from rich.live import Live  # noqa: PLC0415

        from ashad.cli.views.watch_view import View  # noqa: PLC0415

        self._log = folder_of(config.value(self._ctx, "db")) / f"{self.study}.log"
        view = View(feed.watched, f"output: {self._log}")
        console = Console(file=self._held.enter_context(_set_aside(self._log)), highlight=False)
        live = Live(
            view,
            console=console,
            refresh_per_second=_REFRESH,
            vertical_overflow="crop",
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._held.enter_context(live)
        self._follow(lambda: [None for _ in feed], feed)

    def _follow(self, work: Any, feed: StudyWatch) -> None:
        def run() -> None:
            with contextlib.suppress(CommandError):  # the agent says what is wrong
                work()

        thread = threading.Thread(target=run, name="ashad-view", daemon=True)
        thread.start()
        self._held.callback(thread.join)
        self._held.callback(feed.end)


@contextlib.contextmanager
def _set_aside(log: Path) -> Any:
    """Let what this process and its programs print go into a file; give the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
    with (
        open(log, "w", encoding="utf-8", opener=_private) as file,
        os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="replace") as terminal,
    ):
        before = {number: os.dup(number) for number in (1, 2)}
        for number in before:
            os.dup2(file.fileno(), number)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, kept in before.items():
                os.dup2(kept, number)
                os.close(kept)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_APPEND, 0o600)


def _say(line: str) -> None:
    output.say(f"ashad: {line}", err=True)
