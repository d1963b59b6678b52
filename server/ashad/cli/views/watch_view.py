"""The live view of a study: progress, rung ladder, running trials, what happened last.

A function of `Watched` and the size of the terminal; every line fits, however many trials there
are. Without colour the same is told by the glyphs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ashad_client.plots.search_data import newest
from ashad_client.text import clean
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from ashad.cli.views import sentences, study_view, text
from ashad.cli.views.plain import word
from ashad.cli.views.watch_state import best_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ashad_client.v1 import ashad_pb2 as pb

    from ashad.cli.views.watch_state import Watched

# went on, waiting, stopped; then the bar of progress, full and empty
_GLYPHS = {False: "█▓░█─", True: "#+.#-"}
_COLOURS = ("green", "yellow", "red")
_LABEL = 10
_LEAST_RUNNING = 3
_LEAST_LADDER = 5
_BELOW = 11  # lines that the ladder leaves to what is below it
_NUMBERS = 46  # columns that the numbers of a running trial take


class View:
    """Draws itself anew at each refresh."""

    def __init__(self, watched: Watched, address: str) -> None:
        self.watched, self.address = watched, address

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw, as high as the terminal at most."""
        glyphs = _GLYPHS[options.ascii_only]
        width = options.max_width
        parts = [*self._head(width, glyphs), Text("")]
        room = (
            max(_LEAST_LADDER, console.height - len(parts) - _BELOW) if console.is_terminal else 60
        )
        parts += self._ladder(width, room, glyphs)
        used = sum(_height(part) for part in parts)
        left = max(_LEAST_RUNNING + 2, console.height - 1 - used) if console.is_terminal else 14
        recent = [Text(f" {clean(line)}") for line in self.watched.recent][-max(2, left // 3) :]
        rows = max(_LEAST_RUNNING, left - len(recent) - 4)
        parts += [Text(""), *self._running(width, rows)]
        if recent:
            parts += [Text(""), *recent]
        for part in parts:
            if isinstance(part, Text):
                part.no_wrap, part.overflow = True, "crop" if options.ascii_only else "ellipsis"
        yield Group(*parts)

    # --- the head --------------------------------------------------------------------------------

    def _head(self, width: int, glyphs: str) -> Iterator[Text]:
        watched, study = self.watched, self.watched.study
        counts, resource = study.counts, study.spec.resource or "epoch"
        state = Text(word(study, "state"), style="bold green" if study.state == 1 else "bold")
        why = f" ({sentences.reason(study.reason)})" if study.reason else ""
        yield Text.assemble((study.name, "bold"), "  ", state, f"{why}  {self.address}")
        if watched.trouble:
            yield Text(watched.trouble, style="bold red")
        for label, done, whole, said in _budgets(watched):
            room = max(8, min(40, width - _LABEL - len(said) - 2))
            yield _line(label, *_bar(done, whole, room, glyphs), said)
        if study.HasField("best"):
            params = study_view.params_text(study.best.params)
            yield _line("best", (best_text(study), "bold"), f"  {params}")
        saved, share = watched.saved()
        if saved:
            said = f"{share}%, {text.count(saved, resource)} less than training these in full"
            yield _line("saved", said)
        states = (
            (counts.running, "running"),
            (counts.queued, "queued"),
            (counts.paused, "paused"),
            (counts.completed, "completed"),
            (counts.stopped, "stopped"),
            (counts.infeasible, "infeasible"),
            (counts.cancelled, "cancelled"),
        )
        yield _line("trials", ", ".join(f"{n:,} {what}" for n, what in states if n) or "none yet")
        wrong = (
            (counts.failed_error, "error"),
            (counts.failed_lost, "lost for good"),
            (counts.failed_metric_missing, "without the metric"),
            (counts.lost_leases, "lost lease"),
            (counts.released, "given back"),
            (counts.diverged_reports, "diverged report"),
        )
        told = ", ".join(_counted(n, what) for n, what in wrong if n)
        if told:
            bad = counts.failed or counts.lost_leases
            yield _line("failures", (told, "red" if bad else ""))
        workers = len({trial.worker for trial in [*watched.running.values()]})
        yield _line("workers", f"{workers:,}, {watched.rate():,.1f} reports/s")

    # --- the ladder ------------------------------------------------------------------------------

    def _ladder(self, width: int, room: int, glyphs: str) -> list[Any]:
        study = self.watched.study
        many = len(study.brackets) > 1
        rows: list[list[str | Text]] = []
        shown = newest(study.brackets, room)
        for bracket in shown:
            most = max((rung.size for rung in bracket.rungs), default=0)
            for rung in reversed(bracket.rungs):
                cells, parts = _rung(rung, top=rung.level == study.spec.max_resource)
                first = [f"{bracket.bracket}"] if many else []
                rows.append([*first, *cells, _stack(parts, most, glyphs, width)])
        names = ["rung", study.spec.resource or "epoch", "entries", "went on", "waiting", "stopped"]
        table = _table()
        for name in (*(["bracket"] if many else []), *names, "cut-off"):
            table.add_column(Text(clean(name[:10])), justify="right", no_wrap=True)
        table.add_column("", no_wrap=True, overflow="crop")
        for row in rows:
            table.add_row(*row)
        marks = zip(glyphs, _COLOURS, ("went on", "waiting", "stopped"), strict=False)
        key = [part for glyph, colour, said in marks for part in ((glyph, colour), f" {said}   ")]
        earlier = len(study.brackets) - len(shown)
        more = [Text(f" {earlier:,} earlier brackets", style="dim")] if earlier else []
        return [_line("ladder", *key), *more, table]

    # --- what runs -------------------------------------------------------------------------------

    def _running(self, width: int, rows: int) -> list[Any]:
        watched, spec = self.watched, self.watched.study.spec
        trials = watched.best_running()
        if not trials:
            return [_line("running", "no trial")]
        table = _table()
        for name in ("trial", (spec.resource or "epoch")[:10], "last", "best", "for"):
            table.add_column(Text(clean(name)), justify="right", no_wrap=True)
        worker = max(8, min(24, width // 5))
        room = max(6, width - worker - _NUMBERS)
        for name, most in (("worker", worker), ("params", room)):
            table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=most)
        shown = trials if len(trials) <= rows else trials[: rows - 1]
        for trial in shown:
            values = (_value(trial, field) for field in ("value", "best_value"))
            params = study_view.params_text(trial.params)
            numbers = f"{trial.trial}", f"{trial.resource:,}", *values, _since(trial)
            table.add_row(*numbers, Text(clean(trial.worker)), Text(clean(params)))
        hidden = len(trials) - len(shown)
        more = [Text(f" and {hidden:,} more, of worse last values", style="dim")] if hidden else []
        order = f"{len(trials):,}, by their last {spec.metric}"
        return [_line("running", order), table, *more]


def _rung(rung: pb.Rung, *, top: bool) -> tuple[list[str], tuple[int, int, int]]:
    """Give the cells of a rung, and how many went on, wait, and were stopped."""
    head = [f"{rung.rung}", f"{rung.level:,}", f"{rung.size:,}"]
    if top:
        return [*head, "in full", "-", "-", "-"], (rung.size, 0, 0)
    stopped = rung.size - rung.promoted - rung.paused
    cutoff = f"{rung.cutoff:.4g}" if rung.HasField("cutoff") else "-"
    cells = [*head, f"{rung.promoted:,}", f"{rung.paused:,}", f"{stopped:,}", cutoff]
    return cells, (rung.promoted, rung.paused, stopped)


def _value(trial: pb.Trial, field: str) -> str:
    return f"{getattr(trial, field):.4g}" if trial.HasField(field) else "-"


def _budgets(watched: Watched) -> Iterator[tuple[str, float, float, str]]:
    """Give each limit that binds: label, done, whole, in words."""
    study = watched.study
    limits, counts, resource = study.spec.limits, study.counts, study.spec.resource or "epoch"
    whole = min(filter(None, (limits.max_trials, _planned(study))), default=0)
    if whole:
        made = counts.created - counts.infeasible
        said = f"{made:,} of {whole:,} trials made, {watched.ended():,} ended"
        yield "budget", made, whole, said
    spent = study.total_resource
    if limits.HasField("max_total_resource"):
        most = limits.max_total_resource
        yield "spent", spent, most, f"{spent:,} of {text.count(most, resource)}"
    else:
        yield "spent", 0, 0, text.count(spent, resource)
    gone = max(0.0, time.time() - study.create_time.seconds)
    if limits.HasField("max_duration"):
        most_s = text.duration_seconds(limits.max_duration)
        yield "time", gone, most_s, f"{_span(gone)} of {_span(most_s)}"
    else:
        yield "time", 0, 0, f"{_span(gone)} since it was made"


def _planned(study: pb.Study) -> int:
    """Return how many trials the brackets are planned for; 0 where more brackets will come."""
    algorithm = study.spec.WhichOneof("algorithm")
    if algorithm and getattr(getattr(study.spec, algorithm), "repeat", False):
        return 0
    return sum(bracket.planned_trials for bracket in study.brackets)


def _bar(done: float, whole: float, room: int, glyphs: str) -> list[tuple[str, str]]:
    if not whole:
        return []
    full = min(room, int(room * done / whole))
    return [(glyphs[3] * full, "cyan"), (glyphs[4] * (room - full), "dim"), (" ", "")]


def _stack(parts: tuple[int, int, int], most: int, glyphs: str, width: int) -> Text:
    """Draw a bar of three parts; a part that is there has one glyph at least."""
    room = max(8, min(30, width - 66))
    bar = Text()
    for many, glyph, colour in zip(parts, glyphs, _COLOURS, strict=False):
        wide = max(1, round(room * many / most)) if many else 0
        bar.append(glyph * min(wide, room - len(bar)), style=colour)
    return bar


def _line(label: str, *parts: str | tuple[str, str]) -> Text:
    """Return a labelled line; what others wrote is made harmless."""
    styled = ((part, "") if isinstance(part, str) else part for part in parts)
    safe = [(clean(words), style) for words, style in styled]
    return Text.assemble((label.ljust(_LABEL), "bold"), " ", *safe)


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 1, 0, 1), header_style="dim")


def _height(part: Any) -> int:
    return 1 if isinstance(part, Text) else part.row_count + 1


def _counted(many: int, what: str) -> str:
    fixed = what.startswith(("lost for", "without", "given"))
    return f"{many:,} {what}" if fixed else text.count(many, what)


def _span(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}h{m:02}m" if hours else f"{m}m{s:02}s"


def _since(trial: pb.Trial) -> str:
    return _span(max(0.0, time.time() - trial.update_time.seconds))
