"""`ashad simulate`: a study file on virtual workers, in a moment; nothing is sent anywhere."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import floor, isnan, log10
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ashad.cli.errors import InvalidFileError
from ashad.cli.views import output, sentences, text, verdict

if TYPE_CHECKING:
    from ashad.core.spec import StudySpec
    from ashad.simulate import Result

_SHARE = click.FloatRange(0, 1, max_open=True)
_AMOUNT = click.FloatRange(0, 1e6)  # click lets NaN through; it is refused below
_TIMES = 12  # rows of the table of best values


@click.command(short_help="Run a study file on virtual workers, in seconds.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(1, 100_000), default=16, show_default=True)
@click.option(
    "--curves",
    type=click.Path(path_type=Path),
    metavar="TABLE.npz",
    help="Recorded learning curves; a trial gets the row nearest to its configuration.",
)
@click.option(
    "--noise",
    type=_AMOUNT,
    default=0.2,
    show_default=True,
    help="Without curves: of a model whose curves fall to an end that the configuration decides.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Default: the study's, else 0.")
@click.option("--max-duration", metavar="TIME", help="End after so much virtual time: 90s, 12h.")
@click.option(
    "--straggle",
    type=_AMOUNT,
    default=0.0,
    help="A job takes 1 + |z| times as long, z normal with this standard deviation.",
)
@click.option(
    "--drop",
    type=_SHARE,
    default=0.0,
    help="Chance a second that a job breaks off; its worker starts anew at once.",
)
@click.option("--death", type=_SHARE, default=0.0, help="Chance a second that a worker dies.")
@click.option("--downtime", default="5m", show_default=True, help="Until a dead one is replaced.")
@click.option("--no-checkpoints", is_flag=True, help="A trial that goes on begins anew.")
@click.option(
    "--every",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="A worker reports after so much resource; 0: only where a decision is due.",
)
@click.option("-o", "output_format", type=click.Choice(["table", "json"]), default="table")
def simulate(
    file: Path,
    workers: int,
    curves: Path | None,
    noise: float,
    seed: int | None,
    max_duration: str | None,
    straggle: float,
    drop: float,
    death: float,
    downtime: str,
    no_checkpoints: bool,
    every: int,
    output_format: str,
) -> None:
    """Run the study of FILE on virtual workers, by the daemon's own code and a virtual clock.

    It tells how long the search takes, what it finds when, and what it spends. Without --curves a
    unit of resource takes a second.
    """
    from ashad.core.kinds import Pbt  # noqa: PLC0415
    from ashad.simulate import CurveTable, CurveTableError, Hill, Trouble  # noqa: PLC0415
    from ashad.simulate import simulate as run  # noqa: PLC0415

    for flag, given in {"noise": noise, "straggle": straggle, "drop": drop, "death": death}.items():
        if isnan(given):
            raise click.UsageError(f"--{flag}: give a number")
    spec = _spec(file, max_duration)
    if _endless(spec):
        raise click.UsageError("the study has no limit: give --max-duration, or max_trials in it")
    if spec.outcome_constraints:  # curves have one metric
        output.say("simulated without outcome_constraints: curves have one metric", err=True)
        spec = replace(spec, outcome_constraints=())
    if spec.objectives:
        output.say("simulated without objectives: curves have one metric", err=True)
        spec = replace(spec, objectives=(), combination="")
    if isinstance(spec.algorithm, Pbt):
        output.say(
            "a trial that goes on from a donor is given the curve of its own parameters from the "
            "beginning: what a schedule earns is not seen here",
            err=True,
        )
    chosen = seed if seed is not None else spec.seed or 0
    try:
        model = CurveTable(curves, spec, chosen) if curves else Hill(spec, chosen, noise)
    except CurveTableError as error:
        raise InvalidFileError(str(error)) from None
    trouble = Trouble(
        straggle=straggle,
        drop=drop,
        death=death,
        downtime=_micros(downtime) / 1e6,
        lease=spec.lease.duration / 1e6 or 90.0,
        checkpoints=not no_checkpoints,
    )
    result = run(spec, model, workers, chosen, trouble, every)
    if output_format == "json":
        output.print_json(asdict(result) | {"utilization": result.utilization})
    else:
        _show(result, spec)


def _endless(spec: StudySpec) -> bool:
    """Whether nothing would ever end the study."""
    from ashad.core.kinds import Pbt  # noqa: PLC0415
    from ashad.core.sampling.samplers import available  # noqa: PLC0415
    from ashad.core.spec import Synchronous  # noqa: PLC0415

    limits = spec.limits
    bounds = (limits.max_trials, limits.max_duration, limits.max_total_resource, available(spec))
    one_pass = isinstance(spec.algorithm, Pbt) or (
        isinstance(spec.algorithm, Synchronous) and not spec.algorithm.repeat
    )
    return all(bound is None for bound in bounds) and not one_pass


def _spec(file: Path, max_duration: str | None) -> StudySpec:
    from ashad.cli.studyfile import study as study_file  # noqa: PLC0415
    from ashad.core.errors import RefusalError  # noqa: PLC0415
    from ashad.core.validation.study_spec import check_spec  # noqa: PLC0415
    from ashad.service.messages import from_proto  # noqa: PLC0415

    _, message = study_file.read_file(file)
    try:
        spec = from_proto.spec(message)
        if max_duration is not None:
            spec = replace(spec, limits=replace(spec.limits, max_duration=_micros(max_duration)))
        check_spec(spec)
    except RefusalError as refusal:
        raise InvalidFileError(f"{file}: {refusal.message}") from None
    return spec


def _micros(duration: str) -> int:
    try:
        found = text.duration_from_text(duration)
    except ValueError as error:
        raise click.UsageError(f"{duration!r}: {error}") from None
    return found.seconds * 1_000_000 + found.nanos // 1000


def _seconds(seconds: float) -> str:
    """Give a time with a tenth of a second, or with three digits where it is shorter."""
    return f"{seconds:,.1f} s" if seconds >= 10 or not seconds else f"{seconds:.3g} s"


def _show(result: Result, spec: StudySpec) -> None:
    resource, metric = spec.resource, spec.metric
    first = "none" if result.first_full is None else f"after {_seconds(result.first_full)}"
    repeated = f", of which {result.repeated:,} again" if result.repeated else ""
    lost = {"job dropped": result.dropped, "worker died": result.deaths}
    overtaken = f"{result.mispromoted:,} of the {result.promoted:,} that went on were overtaken"
    output.print_fields(
        {
            "ended": f"after {_seconds(result.seconds)}: {sentences.reason(result.reason)}",
            "trials": f"{result.trials:,}, {result.in_full:,} in full, {result.failed:,} failed",
            "first in full": first,
            "workers": f"{result.workers:,}, at work {result.utilization:.1%} of the time",
            "spent": f"{text.count(result.spent, resource)}{repeated}",
            "cuts": f"{overtaken} in their rung later" if result.promoted else None,
            "also": ", ".join(f"{many:,} x {what}" for what, many in lost.items() if many),
        }
    )
    times = [result.seconds / 2**k for k in range(_TIMES - 1, -1, -1)]
    digits = max(1, 1 - floor(log10(times[0]))) if times[0] > 0 else 1  # the first has two
    rows = [{"after s": round(t, digits), f"best {metric}": result.at(t)} for t in times]
    output.say()
    output.print_table([row for row in rows if row[f"best {metric}"] is not None])
    output.say()
    for sentence in verdict.simulated(result, spec):
        output.say(sentence)
