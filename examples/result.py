"""Says how a search stands and how it ended: text made of a study and its trials, and no more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ashad_client.v1 import ashad_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ashad_client import StudyStatus, TrialStatus

STATES = ("running", "queued", "paused", "completed", "stopped", "failed", "infeasible")
EARLY = {"BELOW_CUTOFF", "DIVERGED"}
USUAL = {"", "MAX_RESOURCE", "BELOW_CUTOFF"}  # what COMPLETED and STOPPED mean anyway


def progress(study: StudyStatus, seconds: float) -> str:
    """Tell on one line: time, trials by state, resource spent, best so far."""
    counts = {state: getattr(study.counts, state) for state in STATES}
    states = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    trials = f"{plural(study.counts.created, 'trial')} ({states})" if states else "no trial yet"
    spent = plural(study.total_resource, unit(study))
    best = f"best {short(study.best.value)} (trial {study.best.trial})" if study.best else ""
    parts = [clock(seconds), trials, spent, best]
    return "  ".join(filter(None, parts))


def table(study: StudyStatus, trials: Iterable[TrialStatus]) -> str:
    """Lay out the trials for a terminal, the words of long names below each other."""
    names, *rows = cells(study, trials)
    heads = [name.split() for name in names]
    height = max(map(len, heads))
    top = [[*[""] * (height - len(head)), *head] for head in heads]
    return laid_out([*zip(*top, strict=True), *rows], left=1)


def by_worker(study: StudyStatus, trials: Iterable[TrialStatus]) -> str:
    """Tell who did what: a line for each worker that had a trial last."""
    shares: dict[str, list[TrialStatus]] = {}
    for trial in trials:
        shares.setdefault(trial.worker, []).append(trial)
    lines = [["worker", "trials", f"{unit(study)}s", f"best {study.spec.metric}"]]
    for worker, share in sorted(shares.items()):
        values = [trial.best_value for trial in share if trial.best_value is not None]
        best = min(values, key=lambda value: value * sign(study)) if values else "-"
        spent = sum(trial.resource for trial in share)
        lines.append([worker, str(len(share)), str(spent), short(best)])
    return laid_out(lines, left=0)


def page(study: StudyStatus, trials: Sequence[TrialStatus], workers: int, seconds: float) -> str:
    """Write the result as Markdown."""
    names, *rows = cells(study, trials)
    rule = ["---" if column < 2 else "---:" for column in range(len(names))]
    body = "\n".join(f"| {' | '.join(line)} |" for line in [names, rule, *rows])
    notes = summary(study, trials, workers, seconds).replace("\n", "  \n")
    return f"# {study.name}\n\n{notes}\n\n{body}\n"


def cells(study: StudyStatus, trials: Iterable[TrialStatus]) -> list[list[str]]:
    """Make the table: a line of names, then a line for each trial; constants are left out."""
    searched = not_constant(study)
    metric = study.spec.metric
    names = ["trial", "state", *searched, unit(study) + "s", metric, "best", "worker seconds"]
    lines = [[name.replace("_", " ") for name in names]]
    for trial in trials:
        chosen = [short(trial.params[name], 3) for name in searched]
        values = [short("-" if v is None else v) for v in (trial.value, trial.best_value)]
        end = [str(trial.resource), *values, f"{trial.worker_time.total_seconds():.1f}"]
        lines.append([str(trial.trial), state(trial), *chosen, *end])
    return lines


def summary(study: StudyStatus, trials: Iterable[TrialStatus], workers: int, seconds: float) -> str:
    """Tell the best trial, and what stopping early has saved."""
    spec, best, many = study.spec, study.best, unit(study) + "s"
    assert best is not None
    in_full = study.counts.created * spec.max_resource
    # What a limit of the study cut off was not saved.
    saved = sum(spec.max_resource - trial.resource for trial in trials if trial.reason in EARLY)
    share = f"{saved:,} of the {in_full:,} {many} of all in full ({saved / in_full:.0%})"
    saving = f"Saved by stopping early: {share}\n" if saved else ""  # a population has saved none
    chosen = ", ".join(f"{name} {short(best.params[name])}" for name in not_constant(study))
    return (
        f"Best: {spec.metric} {short(best.value)} by trial {best.trial} at "
        f"{unit(study)} {best.resource}\n      {chosen}\n"
        f"Spent: {study.total_resource:,} {many} on {study.counts.created} configurations\n"
        f"{saving}Time: {clock(seconds)} with {workers} workers on {os.cpu_count()} cores; "
        f"ended by {words(study.reason)}"
    )


def next_steps(study: StudyStatus, database: Path, ashad: Path) -> str:
    """Tell where the search is kept, and how to look into it."""
    command, best = os.path.relpath(ashad), study.best
    assert best is not None
    return (
        f"The database is kept: {database}\n"
        "To look further, start a daemon on it and ask, from another terminal, for example:\n"
        f"  {command} --db {database}\n"
        f"  {command} study show {study.name}\n"
        f"  {command} why {study.name} {best.trial}"
    )


# --- Words ----------------------------------------------------------------------------------------


def state(trial: TrialStatus) -> str:
    word = str(trial.state)
    return word if trial.reason in USUAL else f"{word}: {words(trial.reason)}"


def not_constant(study: StudyStatus) -> list[str]:
    return [p.name for p in study.spec.space if p.WhichOneof("kind") != "constant"]


def unit(study: StudyStatus) -> str:
    return study.spec.resource or "epoch"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def short(value: Any, digits: int = 4) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def words(reason: str) -> str:
    return reason.lower().replace("_", " ")


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def sign(study: StudyStatus) -> int:
    """1 where small is good, -1 where large is."""
    return -1 if study.spec.goal == pb.GOAL_MAXIMIZE else 1


def laid_out(lines: Sequence[Sequence[str]], left: int) -> str:
    """Put numbers and their names to the right, the column of words to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
