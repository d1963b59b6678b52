"""A study file as a StudySpec of the contract; every mistake is named with file and key.

Types, widths and names are checked here; what a search may look like is the daemon's to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import space, study_file
from ashad.cli.errors import WrongFile
from ashad.cli.strict import Mistakes, Table, integer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from google.protobuf.message import Message

GOALS = {"minimize": pb.GOAL_MINIMIZE, "maximize": pb.GOAL_MAXIMIZE}
VARIANTS = {"stopping": pb.ASHA_VARIANT_STOPPING, "promotion": pb.ASHA_VARIANT_PROMOTION}
MODES = {
    "aggressive": pb.ADAPTIVE_MODE_AGGRESSIVE,
    "standard": pb.ADAPTIVE_MODE_STANDARD,
    "conservative": pb.ADAPTIVE_MODE_CONSERVATIVE,
}
FAILURE_POLICIES = {
    "count_as_worst": pb.FAILURE_POLICY_COUNT_AS_WORST,
    "ignore": pb.FAILURE_POLICY_IGNORE,
}


def read_file(path: Path) -> tuple[str, pb.StudySpec]:
    """Read name (empty if the file has none) and spec, or fail with every mistake."""
    try:
        data = study_file.load(path)
    except study_file.UnreadableError as error:
        raise WrongFile(f"{path}: {error}") from None
    except OSError as error:
        raise WrongFile(f"{path}: {error.strerror}") from None
    mistakes = Mistakes()
    name, spec = read(data, mistakes)
    if mistakes.lines:
        raise WrongFile(*(f"{path}: {line}" for line in mistakes.lines))
    return name, spec


def read(data: Mapping[str, Any], mistakes: Mistakes) -> tuple[str, pb.StudySpec]:
    """Read the top table; what was wrong is missing from the result."""
    top = Table(data, "", mistakes)
    spec = pb.StudySpec()
    name = top.text("name") or ""
    _put(
        spec,
        metric=top.text("metric", required=True),
        goal=top.word("goal", GOALS, required=True),
        resource=top.text("resource"),
        max_resource=top.integer("max_resource", least=1, required=True),
        seed=top.integer("seed", least=0),
        failure_policy=top.word("failure_policy", FAILURE_POLICIES),
    )
    _read_algorithm(top, spec)
    _read_sampler(top, spec)
    known: dict[str, pb.ParameterSpec | None] = {}
    if (table := top.table("space", required=True)) is not None:
        spec.space.extend(space.read_space(table))
        known = dict.fromkeys(table.data) | {p.name: p for p in spec.space}
    if (points := top.array("points_to_evaluate")) is not None:
        spec.points_to_evaluate.extend(
            space.read_points(points, "points_to_evaluate", known, mistakes)
        )
    _read_limits(top, spec)
    _read_lease(top, spec)
    top.done()
    return name, spec


def _put(message: Message, **fields: Any) -> None:
    """Set the fields that were there."""
    for name, value in fields.items():
        if value is None:
            continue
        if hasattr(value, "DESCRIPTOR"):
            getattr(message, name).CopyFrom(value)
        elif isinstance(value, list):
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)


def _read_algorithm(top: Table, spec: pb.StudySpec) -> None:
    table = top.table("algorithm", required=True)
    if table is None:
        return
    kind = table.text("type", required=True)
    if kind is None:
        return
    if kind not in ALGORITHMS:
        table.word("type", dict.fromkeys(ALGORITHMS, 0))
        return
    chosen = getattr(spec, kind)
    chosen.SetInParent()
    ALGORITHMS[kind](table, chosen)
    table.done(where=f' for type "{kind}"')


def _read_sampler(top: Table, spec: pb.StudySpec) -> None:
    table = top.table("sampler")
    if table is None:
        return
    kind = table.text("type", required=True)
    if kind is None:
        return
    if kind not in SAMPLERS:
        table.word("type", dict.fromkeys(SAMPLERS, 0))
        return
    chosen = getattr(spec, SAMPLERS[kind])
    chosen.SetInParent()
    if kind == "tpe":
        _put(
            chosen,
            random_fraction=table.number("random_fraction"),
            good_fraction=table.number("good_fraction", above=0),
            min_points=table.integer("min_points", least=1, bits=32),
            candidates=table.integer("candidates", least=1, bits=32),
            bandwidth_factor=table.number("bandwidth_factor", above=0),
            min_bandwidth=table.number("min_bandwidth", above=0),
        )
    if kind == "optuna":
        _put(chosen, method=table.word("method", METHODS))
    table.done(where=f' for type "{kind}"')


SAMPLERS = {
    "random": "random_sampler", "grid": "grid_sampler", "halton": "halton", "tpe": "tpe",
    "optuna": "optuna",
}  # fmt: skip
METHODS = {
    "tpe_multivariate": pb.OPTUNA_METHOD_TPE_MULTIVARIATE,
    "gp": pb.OPTUNA_METHOD_GP,
    "cmaes": pb.OPTUNA_METHOD_CMAES,
}


def _read_asha(table: Table, asha: Any) -> None:
    _put(
        asha,
        variant=table.word("variant", VARIANTS),
        min_resource=table.integer("min_resource", least=1),
        eta=table.number("eta", above=1),
        max_rungs=table.integer("max_rungs", least=1, bits=32),
    )


def _read_adaptive(table: Table, adaptive: Any) -> None:
    _put(
        adaptive,
        variant=table.word("variant", VARIANTS),
        mode=table.word("mode", MODES),
        eta=table.number("eta", above=1),
        max_rungs=table.integer("max_rungs", least=1, bits=32),
    )
    for index, rungs in enumerate(table.array("bracket_rungs") or []):
        try:
            adaptive.bracket_rungs.append(integer(rungs, least=1, bits=32))
        except ValueError as error:
            table.mistakes.add(f"{table.at('bracket_rungs')}[{index}]", str(error))


def _read_rounds(table: Table, algorithm: Any) -> None:
    _put(
        algorithm,
        min_resource=table.integer("min_resource", least=1),
        eta=table.number("eta", above=1),
        max_rungs=table.integer("max_rungs", least=1, bits=32),
        repeat=table.boolean("repeat"),
    )


def _read_halving(table: Table, algorithm: Any) -> None:
    _read_rounds(table, algorithm)
    _put(algorithm, trials=table.integer("trials", least=1))


def _read_async_hyperband(table: Table, algorithm: Any) -> None:
    _read_asha(table, algorithm)
    _put(algorithm, brackets=table.integer("brackets", least=1, bits=32))


def _read_nothing(table: Table, message: Any) -> None:
    del table, message


ALGORITHMS: dict[str, Callable[[Table, Any], None]] = {
    "asha": _read_asha,
    "adaptive_asha": _read_adaptive,
    "async_hyperband": _read_async_hyperband,
    "successive_halving": _read_halving,
    "hyperband": _read_rounds,
    "random": _read_nothing,
    "grid": _read_nothing,
    "single": _read_nothing,
}


def _read_limits(top: Table, spec: pb.StudySpec) -> None:
    table = top.table("limits")
    if table is None:
        return
    spec.limits.SetInParent()
    _put(
        spec.limits,
        max_trials=table.integer("max_trials", least=1),
        max_concurrent_trials=table.integer("max_concurrent_trials", least=1),
        max_total_resource=table.integer("max_total_resource", least=1),
        max_duration=table.duration("max_duration"),
        target_value=table.number("target_value"),
        max_failed_trials=table.integer("max_failed_trials", least=1),
    )
    table.done()


def _read_lease(top: Table, spec: pb.StudySpec) -> None:
    table = top.table("lease")
    if table is None:
        return
    spec.lease.SetInParent()
    _put(
        spec.lease,
        duration=table.duration("duration"),
        heartbeat_interval=table.duration("heartbeat_interval"),
        max_attempts=table.integer("max_attempts", least=1, bits=32),
    )
    table.done()
