"""`ashad compare`: studies beside each other, what each had found for equal effort, and who won."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import Word, client_options
from ashad.cli.operations.completion import studies
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import output, plain, text
from ashad.cli.views.best_view import ORDERED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ashad.cli.views.output import Row

_MOST = 20
_SHOWN = 8  # differences that are named


@dataclass(frozen=True, slots=True)
class Entrant:
    """One study, and when its best value became better."""

    study: pb.Study
    steps: tuple[pb.BestStep, ...]

    @property
    def sign(self) -> int:
        """1 where small is good, -1 where large is."""
        return -1 if self.study.spec.goal == pb.GOAL_MAXIMIZE else 1

    def at(self, spent: int) -> float | None:
        """Return the best value when so much had been spent by all trials together."""
        return next((s.value for s in reversed(self.steps) if s.total_resource <= spent), None)


@click.command(short_help="Put studies beside each other, at equal effort too.")
@click.argument("names", metavar="STUDY STUDY...", nargs=-1, type=Word(), shell_complete=studies)
@click.option("-o", "output_format", type=click.Choice(output.FORMATS), default="table")
@client_options
@click.pass_context
def compare(ctx: click.Context, names: tuple[str, ...], output_format: str) -> None:
    """Put studies beside each other: what each spent and found, and how they differ.

    The column `at equal ...` is the best value that each had when it had spent as much as the
    least spender has: only there can they be compared, if their metric is the same.
    """
    if not 2 <= len(set(names)) == len(names) <= _MOST:
        raise click.UsageError(f"name 2 to {_MOST} different studies", ctx)
    with connect(ctx) as daemon:
        entrants = [_entrant(daemon, name) for name in names]
    least = min(one.study.total_resource for one in entrants)
    rows = [_row(one, least) for one in entrants]
    if output_format != "table" and any(one.study.spec.combination in ORDERED for one in entrants):
        output.say(_verdict(entrants, least), err=True)
    if output_format == "json":
        output.print_json(rows)
    elif output_format == "csv":
        output.print_csv(rows)
    else:
        output.print_table(rows)
        output.say()
        output.say(_verdict(entrants, least))
        for line in _differences(entrants):
            output.say(line)


def _entrant(daemon: Daemon, name: str) -> Entrant:
    study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
    steps: list[pb.BestStep] = []
    request = pb.ListBestStepsRequest(study=name)
    while True:
        answer = daemon.call("ListBestSteps", request)
        steps += answer.steps
        if answer.through_seq >= answer.commit_seq or answer.through_seq == request.after_seq:
            return Entrant(study, tuple(steps))
        request.after_seq = answer.through_seq


def _row(one: Entrant, least: int) -> Row:
    study, spec = one.study, one.study.spec
    best = plain.optional(study, "best")
    return {
        "study": study.name,
        "state": plain.word(study, "state"),
        "algorithm": spec.WhichOneof("algorithm"),
        "trials": study.counts.created,
        "in full": study.counts.completed,
        "spent": study.total_resource,
        "metric": spec.metric,
        "best": best.value if best else None,
        f"at equal {least:,}": one.at(least),
    }


def _verdict(entrants: list[Entrant], least: int) -> str:
    specs = [one.study.spec for one in entrants]
    if len({(spec.metric, spec.goal) for spec in specs}) > 1:
        return "They judge different metrics or goals, so their values cannot be compared."
    words = {plain.word(spec, "combination") for spec in specs if spec.combination in ORDERED}
    if words:
        how = " and ".join(sorted(words))
        return (
            f"Judged by {how}, they have no single number to compare: the values are of "
            f"{specs[0].metric}, one of their objectives, and do not say who is ahead."
        )
    known = [(one.sign * value, one) for one in entrants if (value := one.at(least)) is not None]
    if len(known) < len(entrants):
        return f"Not all have a value at {least:,}: nothing can be said yet."
    first = min(known, key=lambda pair: pair[0])
    rest = sorted(value for value, one in known if one is not first[1])
    effort = text.count(least, specs[0].resource or "epoch")
    if first[0] == rest[0]:
        return f"After {effort} the best of them are equal."
    values = [text.number(value * first[1].sign) for value in (first[0], rest[0])]
    return (
        f"After {effort} {first[1].study.name} is ahead: {specs[0].metric} {values[0]}, the next "
        f"{values[1]}. One search of each proves little: let both run with several seeds."
    )


def _differences(entrants: list[Entrant]) -> Iterator[str]:
    from ashad.core.validation.differences import differences  # noqa: PLC0415
    from ashad.service.messages import from_proto  # noqa: PLC0415

    first, *others = (one.study for one in entrants)
    for other in others:
        lines = differences(from_proto.spec(first.spec), from_proto.spec(other.spec))
        same = f"{first.name} and {other.name} have the same specification."
        yield f"{other.name} is not as {first.name} in:" if lines else same
        yield from (f"  {line}" for line in lines[:_SHOWN])
        if lines[_SHOWN:]:
            yield f"  and {text.count(len(lines) - _SHOWN, 'more')}"
