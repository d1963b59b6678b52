"""Draws a search: learning curves, best so far, rung ladder. Only this module knows matplotlib.

With ten trials each can be told from the next; with ten thousand lines and dots are thin and
see-through, and drawn as pixels within an SVG, so that it opens at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from ashad_client.plots.search_data import IN_FULL, STOPPED, WAITING, WENT_ON, Search, newest
from ashad_client.v1 import ashad_pb2 as pb

if TYPE_CHECKING:
    from os import PathLike
    from typing import IO

# Told apart by the colour-blind (Okabe and Ito). Drawn in this order: the last on top.
_COLOURS = {
    "stopped": "#E69F00",
    "paused": "#56B4E9",
    "queued": "#999999",
    "cancelled": "#999999",
    "infeasible": "#999999",
    "other": "#999999",
    "failed": "#D55E00",
    "running": "#CC79A7",
    "completed": "#009E73",
}
_FATES = {
    STOPPED: (_COLOURS["stopped"], "x"),
    WAITING: (_COLOURS["paused"], "o"),
    WENT_ON: (_COLOURS["completed"], "o"),
    IN_FULL: ("black", "o"),
}
_MANY = 300  # above so many trials lines and dots are pixels
_MOST_LABELS = 12
_MOST_ROWS = 20  # rungs in the ladder; of more brackets the newest are shown
_SHORT = 8  # above so many rungs each has one line
_FEW = 12  # up to so many dots stand in a line
_WILD = 3.0  # a range so much wider than that of nearly all values is cut
_LOG = 50.0  # values that are so far apart are drawn on a log scale
_EARLY = 0.02  # of what was spent: before that a best value says little
_SIZE = (13, 9.5)


def draw(search: Search, file: str | PathLike[str] | IO[bytes], kind: str) -> None:
    """Draw a search into a file; the same search gives the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "ashad", "text.parse_math": False}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        grid = figure.add_gridspec(2, 3, height_ratios=(1.35, 1), width_ratios=(1, 1, 1.5))
        figure.suptitle(search.title(), fontsize=12)
        _curves(figure.add_subplot(grid[0, :]), search)
        _best(figure.add_subplot(grid[1, 0]), search, by_time=False)
        _best(figure.add_subplot(grid[1, 1]), search, by_time=True)
        _ladder(figure.add_subplot(grid[1, 2]), search)
        figure.savefig(file, format=kind, dpi=130, metadata=dateless(kind))


def dateless(kind: str) -> dict[str, None] | None:
    """Return what leaves the date out of a file of this kind."""
    return {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)


# --- learning curves ----------------------------------------------------------------------------


def _curves(axes: Any, search: Search) -> None:
    many = len(search.curves)
    fine = many > _MANY
    width = max(0.25, min(1.4, 14 / math.sqrt(many or 1)))
    values = [np.asarray(curve.value) for curve in search.curves.values()]
    value_limits(axes, search.study.spec, np.concatenate(values) if values else np.array([]))
    for place, (state, colour) in enumerate(_COLOURS.items(), start=2):
        chosen = [curve for curve in search.curves.values() if curve.state == state]
        if not chosen:
            continue
        drawn = [curve for curve in chosen if curve.resource]
        alpha = max(0.06, min(0.85, 8 / (len(chosen) * many) ** 0.25))
        look = {"alpha": alpha, "rasterized": fine, "zorder": place}
        lines = [np.column_stack((c.resource, c.value)) for c in drawn]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, **look))
        ends = np.array([(c.resource[-1], c.value[-1]) for c in drawn]).reshape(-1, 2)
        axes.scatter(*ends.T, s=max(1.0, 9 * width**2), color=colour, linewidths=0, **look)
        axes.plot([], [], color=colour, linewidth=2, label=f"{state}: {len(chosen):,}")
    best = search.study.best
    if search.metric:
        axes.set_title(f"{search.metric}, in place of the judged metric", fontsize=10)
    elif best.params and best.trial in search.curves:
        curve = search.curves[best.trial]
        label = f"the best: trial {best.trial}"
        axes.plot(curve.resource, curve.value, color="black", linewidth=1.8, zorder=20, label=label)
        axes.plot(best.resource, best.value, "*", color="black", markersize=11, zorder=21)
    _rung_lines(axes, search)
    axes.set(xlabel=search.resource, ylabel=search.metric or search.study.spec.metric)
    if search.curves:
        axes.legend(loc=f"{_worse(search)} right", framealpha=0.9, fontsize=9)


def _rung_lines(axes: Any, search: Search) -> None:
    brackets = search.study.brackets
    levels = sorted({rung.level for bracket in brackets for rung in bracket.rungs})
    most = search.study.spec.max_resource
    first = min(
        (curve.resource[0] for curve in search.curves.values() if curve.resource), default=1
    )
    least = min((level for level in levels if level > first), default=most)
    if most >= 8 * least:  # rungs are a factor apart
        axes.set_xlim(first / 1.1, most * 1.12)  # first: a log scale needs something above 0
        axes.set_xscale("log")
        ticks = sorted({first, *levels})
        axes.set_xticks(ticks, [f"{level:,}" for level in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(0, most * 1.04)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for level in levels:
        axes.axvline(level, color="black", linestyle=":", linewidth=0.9, zorder=1)
    shown = levels if len(levels) <= _MOST_LABELS else levels[-_MOST_LABELS:]
    for number, level in enumerate(shown):
        place = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        word = "rung at " if not number else ""
        axes.text(level, 1.005, f"{word}{level:,}", fontsize=8, **place)


def value_limits(axes: Any, spec: pb.StudySpec, values: Any, *, horizontal: bool = False) -> None:
    """Scale the axis of the metric: what a few wild values say is cut off, never the best."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return
    low, high = float(finite.min()), float(finite.max())
    if spec.goal == pb.GOAL_MAXIMIZE:
        least = float(np.quantile(finite, 0.02))
        low = least if high - low > _WILD * (high - least) else low
    else:
        most = float(np.quantile(finite, 0.98))
        high = most if high - low > _WILD * (most - low) else high
    _limits(axes, low, high, horizontal=horizontal)


def _limits(axes: Any, low: float, high: float, *, horizontal: bool = False) -> None:
    axis = axes.xaxis if horizontal else axes.yaxis
    set_limits = axes.set_xlim if horizontal else axes.set_ylim
    if low > 0 and high / low > _LOG:
        (axes.set_xscale if horizontal else axes.set_yscale)("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 1000 else (1,)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
        set_limits(low / 1.15, high * 1.15)
    else:
        room = (high - low or abs(high) or 1.0) * 0.05
        set_limits(low - room, high + room)


def _worse(search: Search) -> str:
    """Say where no curve ends well, and a legend hides nothing."""
    return "lower" if search.study.spec.goal == pb.GOAL_MAXIMIZE else "upper"


# --- best so far --------------------------------------------------------------------------------


def _best(axes: Any, search: Search, *, by_time: bool) -> None:
    unit, word = _unit(search.seconds)
    values = [best.value for best in search.best]
    where = [best.seconds / unit if by_time else best.spent for best in search.best]
    end = search.seconds / unit if by_time else search.spent
    if values:
        axes.step([*where, end], [*values, values[-1]], where="post", color="black", linewidth=1.5)
        axes.plot(where, values, "o", color="black", markersize=3 if len(values) < 60 else 1.5)
        # The first reports are as bad as a first epoch is: what counts is what came after.
        early = max(i for i, x in enumerate(where) if x <= max(_EARLY * end, where[0]))
        _limits(axes, *sorted((values[early], values[-1])))
    idle = ", idle time left out" if search.idle else ""
    what = f"wall-clock, {word}{idle}" if by_time else f"{search.resource}s, all trials together"
    axes.set(xlabel=what, ylabel=f"best {search.study.spec.metric}", title="best so far")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}"))
    axes.grid(alpha=0.25)


def _unit(seconds: float) -> tuple[float, str]:
    for unit, word in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit:
            return unit, word
    return 1.0, "seconds"


# --- the ladder ---------------------------------------------------------------------------------


def _ladder(axes: Any, search: Search) -> None:
    """Draw each rung as a row of its entries by value, with the cut-off."""
    used = [b for b in search.study.brackets if any(rung.size for rung in b.rungs)]
    shown = newest(used or search.study.brackets, _MOST_ROWS)
    rows = [(b, rung) for b in reversed(shown) for rung in b.rungs]
    everything = [entry.value for entries in search.rungs.values() for entry in entries]
    value_limits(axes, search.study.spec, np.asarray(everything), horizontal=True)
    for y, (bracket, rung) in enumerate(rows):
        _row(axes, search, y, bracket, rung)
        last = y + 1 == len(rows) or rows[y + 1][0] is not bracket
        axes.axhline(y + 0.5, color="black", linewidth=1.0 if last else 0.3, alpha=0.4)
    names = [_name(search, bracket, rung, short=len(rows) > _SHORT) for bracket, rung in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8 if len(rows) <= _SHORT else 7)
    axes.set_ylim(-0.5, len(rows) - 0.5 if rows else 0.5)
    axes.set(xlabel=f"{search.study.spec.metric} at the rung", title=_title(search, len(shown)))
    for fate in _FATES:
        if fate != WAITING or any(rung.paused for _, rung in rows):
            axes.scatter([], [], s=24, label=fate, **_look(fate))
    axes.plot([], [], color="black", linewidth=1.4, label="cut-off now")
    side = "left" if search.study.spec.goal == pb.GOAL_MAXIMIZE else "right"
    axes.legend(loc=f"upper {side}", framealpha=0.9, fontsize=7)


def _title(search: Search, shown: int) -> str:
    every = len({bracket for bracket, _ in search.rungs}) <= shown
    return "rung ladder" if every else f"rung ladder, the newest {shown} brackets"


def _row(axes: Any, search: Search, y: int, bracket: pb.Bracket, rung: pb.Rung) -> None:
    entries = search.rungs.get((bracket.bracket, rung.rung), [])
    size = max(1.5, min(26, 900 / (len(entries) + 1)))
    alpha = max(0.12, min(0.85, 60 / (len(entries) + 1)))
    rng = np.random.default_rng(y)  # for telling dots apart, no more
    for fate in _FATES:
        chosen = [e.value for e in entries if search.fate(rung, e) == fate]
        spread = rng.uniform(-0.28, 0.28, len(chosen)) * (len(entries) > _FEW)
        fine = len(search.curves) > _MANY
        axes.scatter(
            chosen, y + spread, s=size, alpha=alpha, linewidths=0.8, rasterized=fine, **_look(fate)
        )
    if rung.HasField("cutoff") and rung.level != search.study.spec.max_resource:
        axes.plot([rung.cutoff] * 2, [y - 0.42, y + 0.42], color="black", linewidth=1.4)


def _look(fate: str) -> dict[str, str]:
    colour, marker = _FATES[fate]
    if fate == WAITING:
        return {"marker": marker, "facecolors": "none", "edgecolors": colour}
    return {"marker": marker, "c": colour}


def _name(search: Search, bracket: pb.Bracket, rung: pb.Rung, *, short: bool) -> str:
    many = len(search.study.brackets) > 1
    first = f"bracket {bracket.bracket}, " if many else ""
    return (
        f"{first}{search.resource} {rung.level:,}{': ' if short else chr(10)}{_rung(rung, search)}"
    )


def _rung(rung: pb.Rung, search: Search) -> str:
    if rung.level == search.study.spec.max_resource:
        return f"{rung.size:,} in full"
    waiting = f", {rung.paused:,} wait" if rung.paused else ""
    return f"{rung.size:,} in, {rung.promoted:,} on{waiting}"
