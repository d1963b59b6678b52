"""`ashad replay`: what another setting would have spent and found, from a study's own curves."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isfinite
from typing import IO, TYPE_CHECKING, Any

import click
from ashad_client.dialect.study import kinds, words
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import client_options, study_argument
from ashad.cli.errors import CommandError
from ashad.cli.rpc import connect
from ashad.cli.views import output, plain, text, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ashad.core.spec import StudySpec
    from ashad.simulate.study_curves import Recorded

_VARIANTS = words(pb.Asha.DESCRIPTOR.fields_by_name["variant"])
_MODES = words(pb.AdaptiveAsha.DESCRIPTOR.fields_by_name["mode"])
_SHOWN = 10  # trials that are named


@click.command(short_help="Say what other settings would have spent and found.")
@study_argument
@click.option(
    "--type", "kind", type=click.Choice(list(kinds("algorithm"))), help="Another algorithm."
)
@click.option("--variant", type=click.Choice(list(_VARIANTS)))
@click.option("--mode", type=click.Choice(list(_MODES)), help="Takes adaptive_asha.")
@click.option("--eta", type=float)
@click.option("--min-resource", type=int)
@click.option("--max-rungs", type=int)
@click.option("--workers", type=click.IntRange(1), help="Default: as many as there were.")
@click.option("--dump", type=click.File("rb"), hidden=True)  # for the page, which has no terminal
@client_options
@click.pass_context
def replay(
    ctx: click.Context,
    /,
    name: str,
    kind: str | None,
    workers: int | None,
    dump: IO[bytes] | None,
    **settings: Any,
) -> None:
    """Say what other settings would have spent and found on the curves of a study.

    Every trial that reported is trained again by the recorded values, under the study's algorithm
    with what is given here in place of its settings. Beside it stands the same under the settings
    it had. A curve is known as far as its trial was trained: where the other settings would have
    gone on, or decided before its first report, the trial keeps its nearest value and is named,
    since nobody knows what it would have come to. A bracket that needs more trials than there are
    curves gets trials that diverge at once.
    """
    given = {key: value for key, value in settings.items() if value is not None}
    changed = pb.StudySpec()
    if dump is not None:
        from ashad.service.messages.dump import loaded  # noqa: PLC0415

        found, known, stored = loaded(dump)
        changed.CopyFrom(found.spec)
        _change(changed, kind, given)
        curves, crowd = _curves(known, stored, found.spec)
    else:
        with connect(ctx) as daemon:
            found = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
            changed.CopyFrom(found.spec)
            _change(changed, kind, given)
            trials = daemon.pages("ListTrials", pb.ListTrialsRequest(study=name), "trials")
            reports = daemon.pages("ListReports", pb.ListReportsRequest(study=name), "reports")
            curves, crowd = _curves(trials, reports, found.spec)
    if not curves.trials:
        raise CommandError(f"study {name} has no report yet")
    many = workers or crowd
    rows, came = [], []
    missing = 0
    for what, message in (("as it was", found.spec), ("instead", changed)):
        spec = _spec(message, len(curves.trials))
        row, one, unknown = _run(spec, curves, many, what, message)
        missing = max(missing, len(curves.missing))
        rows.append(row)
        came.append(one)
    output.print_table(rows)
    output.say()
    if unknown:
        named = ", ".join(map(str, unknown[:_SHOWN])) + (", ..." if unknown[_SHOWN:] else "")
        output.say(
            f"The curves of {text.count(len(unknown), 'trial')} begin too late or end too early "
            f"to know: {named}. "
            "What they would have come to, and what that would have changed, is not in the records."
        )
    if missing:
        many_trials = text.count(missing, "trial")
        output.say(
            f"There is no curve of {many_trials} of a bracket: they diverge at their first report."
        )
    if not unknown and not missing:
        output.say("All that it would have asked for is in the records.")
    output.say(verdict.replayed(came[0], came[1], spec))


def _change(spec: pb.StudySpec, kind: str | None, settings: dict[str, Any]) -> None:
    """Set what is given in the algorithm of a spec, or in another one."""
    now = spec.WhichOneof("algorithm")
    chosen = kind or ("adaptive_asha" if "mode" in settings else now)
    if chosen != now:
        getattr(spec, chosen).SetInParent()
    algorithm = getattr(spec, chosen)
    for key, value in settings.items():
        if key not in algorithm.DESCRIPTOR.fields_by_name:
            flag = key.replace("_", "-")
            raise click.UsageError(f"--{flag}: {chosen} has no such setting")
        meanings: Any = {"variant": _VARIANTS, "mode": _MODES}.get(key)
        setattr(algorithm, key, meanings[value] if meanings else value)
    if "mode" in settings:
        del algorithm.bracket_rungs[:]


def _curves(
    trials: Iterable[pb.Trial], reports: Iterable[pb.StoredReport], spec: pb.StudySpec
) -> tuple[Recorded, int]:
    """Return the recorded curves, and how many workers made them."""
    from ashad.simulate.study_curves import Recorded  # noqa: PLC0415

    seconds, workers, infeasible = {}, set(), set()
    for trial in trials:
        workers.add(trial.worker)
        if trial.state == pb.TRIAL_STATE_INFEASIBLE:  # as if it had never been
            infeasible.add(trial.trial)
        took = trial.worker_time.ToMicroseconds() / 1e6
        if trial.resource and took:
            seconds[trial.trial] = took / trial.resource
    values = (
        (r.trial, r.resource, _ranked(r, spec) if r.HasField("value") else None)
        for r in reports
        if r.trial not in infeasible
    )
    return Recorded(values, seconds), max(1, len(workers - {""}))


def _ranked(report: pb.StoredReport, spec: pb.StudySpec) -> float:
    """Return the value that ranks a report: of an infeasible one that for which it stands."""
    if not report.infeasible:
        return report.value
    from ashad.core.outcomes import ranked_score  # noqa: PLC0415

    metrics = {m.name: m.value if isfinite(m.value) else repr(m.value) for m in report.metrics}
    sign = -1 if spec.goal == pb.GOAL_MAXIMIZE else 1
    told = json.dumps(metrics)
    return sign * ranked_score(spec.outcome_constraints, told, sign * report.value)


def _spec(message: pb.StudySpec, trials: int) -> StudySpec:
    from ashad.core.brackets.plan import plan  # noqa: PLC0415
    from ashad.core.errors import RefusalError  # noqa: PLC0415
    from ashad.core.kinds import Grid, Random, RandomSampler, Single  # noqa: PLC0415
    from ashad.core.spec import Limits, Synchronous  # noqa: PLC0415
    from ashad.core.validation.study_spec import check_spec  # noqa: PLC0415
    from ashad.service.messages import from_proto  # noqa: PLC0415

    if message.combination in (pb.COMBINATION_PARETO, pb.COMBINATION_LEXICOGRAPHIC):
        how = plain.word(message, "combination")
        raise CommandError(f"a replay compares by one number, and this study is judged by {how}")
    try:
        # A curve is that of its trial, whatever is drawn; and a space that has changed since may
        # hold less than its conditions and constraints name.
        spec = replace(from_proto.spec(message), constraints=(), when={})
        if isinstance(spec.algorithm, (Grid, Single)):  # in full, as the curves come
            spec = replace(spec, algorithm=Random())
        if isinstance(spec.algorithm, Synchronous):  # at least its first bracket
            free = replace(spec, limits=Limits())
            check_spec(replace(free, algorithm=replace(spec.algorithm, repeat=False)))
            trials = max(trials, plan(free)[0].trials or 0)
        spec = replace(
            spec, limits=Limits(max_trials=trials), sampler=RandomSampler(), points_to_evaluate=()
        )
        check_spec(spec)
        # Values tell already how they rank.
        spec = replace(spec, outcome_constraints=(), objectives=(), combination="")
    except RefusalError as refusal:
        raise CommandError(f"the other settings: {refusal.message}") from None
    return spec


def _run(
    spec: StudySpec, curves: Recorded, workers: int, what: str, message: pb.StudySpec
) -> tuple[output.Row, verdict.ReplayedSearch, list[int]]:
    from ashad.cli.views.study_view import algorithm  # noqa: PLC0415
    from ashad.core.brackets.plan import plan  # noqa: PLC0415
    from ashad.core.outcomes import WORST_BAND  # noqa: PLC0415
    from ashad.service.messages import from_proto, to_proto  # noqa: PLC0415
    from ashad.simulate import simulate  # noqa: PLC0415

    curves.unknown.clear()
    curves.missing.clear()
    curves.levels = {level for bracket in plan(spec) for level in bracket.levels}
    result = simulate(spec, curves, workers, spec.seed or 0)
    best = result.best[-1][1] if result.best else None
    if best is not None and message.outcome_constraints and spec.score(best) >= WORST_BAND:
        best = None  # nothing was feasible
    lent = [job for job in result.jobs if job.trial >= len(curves.trials)]  # they have no curve
    spent, short = result.spent - sum(job.reached - job.began for job in lent), len(curves.unknown)
    row = {
        "": what,
        "algorithm": algorithm(to_proto.spec(from_proto.spec(message))),  # with its defaults
        "in full": result.in_full,
        spec.resource + "s": spent,
        "hours": round(result.seconds / 3600, 3),
        f"best {spec.metric}": f"{text.number(best)} or better" if short and best else best,
        "curves too short": short,
    }
    came = verdict.ReplayedSearch(spent, best, short, len(curves.trials))
    return row, came, sorted(curves.unknown)
