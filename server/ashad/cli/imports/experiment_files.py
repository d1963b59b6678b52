"""Experiments that are one file: Determined's and Katib's. Data in, a draft out. Pure."""

from __future__ import annotations

from typing import Any

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports.draft import (
    Domain,
    ImportDraft,
    as_list,
    as_number,
    as_table,
    choice_of,
    clean_number,
    parameter_name,
    range_of,
    whole,
)

# --- Determined ---

_ASHA = {
    "adaptive_asha": "adaptive_asha",
    "adaptive_simple": "adaptive_asha",
    "adaptive": "adaptive_asha",
    "async_halving": "asha",
    "sync_halving": "successive_halving",
    "random": "random",
    "grid": "grid",
    "single": "single",
}
_SEARCHER_KEYS = {
    *("name", "metric", "smaller_is_better", "max_length", "max_trials", "mode", "divisor"),
    *("max_rungs", "num_rungs", "stop_once", "max_concurrent_trials", "bracket_rungs"),
    *("time_metric", "max_time"),
}


def determined(data: dict[str, Any]) -> ImportDraft:
    """Read a Determined experiment: its searcher and its hyperparameters."""
    searcher = as_table(data.get("searcher"), "searcher")
    kind = searcher.get("name")
    if kind not in _ASHA:
        raise UnreadableError(f"searcher.name: {kind!r} is none of {', '.join(_ASHA)}")
    draft = ImportDraft("a Determined experiment", name=str(data.get("name") or "determined"))
    draft.metric = str(searcher.get("metric") or "")
    draft.goal = "minimize" if searcher.get("smaller_is_better", True) else "maximize"
    _length(draft, searcher)
    draft.algorithm = _searcher(draft, searcher, _ASHA[str(kind)])
    for theirs in ("max_trials", "max_concurrent_trials"):
        if searcher.get(theirs) and draft.algorithm["type"] != "single":
            draft.limits[theirs] = int(as_number(searcher[theirs], f"searcher.{theirs}"))
    hyperparameters = as_table(data.get("hyperparameters") or {}, "hyperparameters")
    _hyperparameters(draft, hyperparameters, "", gridded=kind == "grid")
    for key in sorted(set(searcher) - _SEARCHER_KEYS):
        draft.note(f"searcher.{key}", "not carried")
    if data.get("records_per_epoch"):
        draft.note("records_per_epoch", "not carried: reports count the unit of max_length alone")
    return draft


def _length(draft: ImportDraft, searcher: dict[str, Any]) -> None:
    length = searcher.get("max_length", searcher.get("max_time"))
    if isinstance(length, dict):
        if len(length) != 1:
            raise UnreadableError("searcher.max_length: must hold one of epochs, batches, records")
        (unit, length), *_ = length.items()
        unit = {"batches": "batch", "epochs": "epoch"}.get(unit, unit.removesuffix("s"))
        draft.resource = unit
    elif searcher.get("time_metric"):
        draft.resource = str(searcher["time_metric"])
    elif length is not None:
        draft.note("searcher.max_length", "has no unit; it is taken as epochs")
    if length is not None:
        draft.max_resource = int(as_number(length, "searcher.max_length"))


def _searcher(draft: ImportDraft, searcher: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind}
    if kind in ("adaptive_asha", "asha"):
        found["variant"] = "stopping" if searcher.get("stop_once", False) else "promotion"
        if found["variant"] == "promotion":
            draft.note(
                "searcher.stop_once",
                "false, so trials pause and resume: they must save checkpoints; "
                'variant = "stopping" needs none',
            )
    if kind == "adaptive_asha":
        found["mode"] = str(searcher.get("mode", "standard"))
        if searcher.get("bracket_rungs"):
            found["bracket_rungs"] = as_list(searcher["bracket_rungs"], "searcher.bracket_rungs")
    if kind in ("adaptive_asha", "asha", "successive_halving"):
        found["eta"] = whole(as_number(searcher.get("divisor", 4), "searcher.divisor"))
        rungs = searcher.get("max_rungs", searcher.get("num_rungs", 5))
        found["max_rungs"] = int(as_number(rungs, "searcher.max_rungs"))
    return found


def _hyperparameters(
    draft: ImportDraft, table: dict[str, Any], prefix: str, *, gridded: bool
) -> None:
    """Read a level: a table with `type` is a parameter, any other a level, the rest constants."""
    for key, value in table.items():
        name = parameter_name(f"{prefix}{key}")
        if isinstance(value, dict) and "type" not in value:
            _hyperparameters(draft, value, f"{name}.", gridded=gridded)
        elif isinstance(value, dict):
            draft.space[name] = _hyperparameter(draft, name, value, gridded=gridded)
        else:
            put_constant(draft, name, value)


def _hyperparameter(
    draft: ImportDraft, name: str, value: dict[str, Any], *, gridded: bool
) -> Domain:
    kind = value["type"]
    if kind == "categorical":
        return choice_of(draft, name, as_list(value.get("vals"), f"{name}.vals"))
    if kind == "const":
        put_constant(draft, name, value.get("val"))
        return draft.space.pop(name, {"const": repr(value.get("val"))})
    if kind not in ("int", "double", "log"):
        raise UnreadableError(f"{name}.type: {kind!r} is none of int, double, log, categorical")
    low = as_number(value.get("minval"), f"{name}.minval")
    high = as_number(value.get("maxval"), f"{name}.maxval")
    if kind == "int":
        draft.note(name, f"their maxval is exclusive: {int(high)} is never drawn")
        found = range_of(int(low), int(high) - 1)
    elif kind == "log":
        base = as_number(value.get("base", 10), f"{name}.base")
        ends = clean_number(float(base) ** low), clean_number(float(base) ** high)
        draft.note(name, f"minval and maxval are exponents of {base}: {ends[0]:g} to {ends[1]:g}")
        found = range_of(*map(float, ends), log=True)
    else:
        found = range_of(float(low), float(high))
    if value.get("count") and gridded:
        found["grid_points"] = int(as_number(value["count"], f"{name}.count"))
    elif value.get("count"):
        draft.note(name, "count is of a grid alone; not carried")
    return found


def put_constant(draft: ImportDraft, name: str, value: object) -> None:
    """Keep a constant, or say why it is left out."""
    if isinstance(value, bool | int | float | str):
        draft.space[name] = {"const": value}
    else:
        draft.note(
            name, f"not carried: a parameter is a number, text, true or false, not {value!r}"
        )


# --- Katib ---

_KATIB = {
    "random": ({"type": "random"}, ""),
    "grid": ({"type": "grid"}, ""),
    "sobol": ({"type": "random"}, "halton"),
    "tpe": ({"type": "random"}, "tpe"),
    "multivariate-tpe": ({"type": "random"}, "tpe"),
    "bayesianoptimization": ({"type": "random"}, "tpe"),
    "cmaes": ({"type": "random"}, "tpe"),
}


def katib(data: dict[str, Any]) -> ImportDraft:
    """Read a Katib Experiment: objective, algorithm, limits and feasible spaces."""
    spec = as_table(data.get("spec"), "spec")
    objective = as_table(spec.get("objective"), "spec.objective")
    name = as_table(data.get("metadata") or {}, "metadata").get("name")
    draft = ImportDraft("a Katib Experiment", name=str(name or "katib"))
    draft.metric = str(objective.get("objectiveMetricName") or "")
    draft.goal = str(objective.get("type") or "minimize")
    _katib_limits(draft, spec, objective)
    for parameter in as_list(spec.get("parameters") or [], "spec.parameters"):
        entry = as_table(parameter, "spec.parameters")
        called = parameter_name(str(entry.get("name")))
        draft.space[called] = _feasible(draft, called, entry)
    _katib_algorithm(draft, spec)
    if objective.get("additionalMetricNames"):
        draft.note("objective.additionalMetricNames", "any metric that is reported is kept")
    for strategy in objective.get("metricStrategies") or []:
        if strategy.get("name") == draft.metric:
            said = strategy.get("value")
            draft.note(
                f"metricStrategies.{draft.metric}",
                f"{said}: here rungs compare the value at their level; `ashad best` takes "
                "the best, last or smoothed",
            )
    for key in ("trialTemplate", "metricsCollectorSpec", "nasConfig"):
        if key in spec:
            draft.note(key, "not carried: `ashad run -- COMMAND` starts programs")
    return draft


def _katib_limits(draft: ImportDraft, spec: dict[str, Any], objective: dict[str, Any]) -> None:
    if objective.get("goal") is not None:
        draft.limits["target_value"] = float(as_number(objective["goal"], "objective.goal"))
    names = {
        "maxTrialCount": "max_trials",
        "parallelTrialCount": "max_concurrent_trials",
        "maxFailedTrialCount": "max_failed_trials",
    }
    for theirs, ours in names.items():
        if spec.get(theirs):
            draft.limits[ours] = int(as_number(spec[theirs], f"spec.{theirs}"))


def _feasible(draft: ImportDraft, name: str, entry: dict[str, Any]) -> Domain:
    kind = entry.get("parameterType")
    space = as_table(entry.get("feasibleSpace"), f"{name}.feasibleSpace")
    if kind == "categorical":
        return choice_of(draft, name, as_list(space.get("list"), f"{name}.list"))
    if kind == "discrete":
        values = as_list(space.get("list"), f"{name}.list")
        return choice_of(draft, name, [as_number(value, f"{name}.list") for value in values])
    if kind not in ("int", "double"):
        raise UnreadableError(f"{name}: parameterType {kind!r} is not known")
    ends = [as_number(space.get(end), f"{name}.{end}") for end in ("min", "max")]
    low, high = [int(end) if kind == "int" else float(end) for end in ends]
    step = as_number(space["step"], f"{name}.step") if space.get("step") else 0
    distribution = space.get("distribution", "uniform")
    log = distribution in ("logUniform", "logNormal")
    if distribution in ("normal", "logNormal"):
        draft.note(name, f"{distribution} is carried as a {'log-' * log}uniform range")
    if log and step and low <= step / 2:
        draft.note(name, f"on a log scale low must be above half of the step {step}: not carried")
        step = 0
    return range_of(low, high, log=log, step=int(step) if kind == "int" else step)


def _katib_algorithm(draft: ImportDraft, spec: dict[str, Any]) -> None:
    algorithm = as_table(spec.get("algorithm") or {}, "spec.algorithm")
    kind = str(algorithm.get("algorithmName") or "random")
    settings = _settings(algorithm)
    if kind == "hyperband":
        draft.algorithm = {"type": "hyperband", "eta": as_number(settings.get("eta", 3), "eta")}
        if "r_l" in settings:
            draft.max_resource = int(as_number(settings["r_l"], "r_l"))
        _fewer_rungs(draft)
        counted = parameter_name(str(settings.get("resource_name") or ""))
        if draft.space.pop(counted, None) is not None:
            draft.resource = counted
            draft.note(counted, "is the resource, not a parameter: a program gets it as {target}")
    elif kind in _KATIB:
        found, draft.sampler = _KATIB[kind]
        draft.algorithm = dict(found)
        if kind not in ("random", "grid"):
            draft.note("algorithm", f"{kind} is carried as the sampler {draft.sampler}")
        for key in settings:
            draft.note(f"algorithmSettings.{key}", "not carried")
    else:
        draft.note("algorithm", f"{kind} is not known here; random draws take its place")
    stopper = as_table(spec.get("earlyStopping") or {}, "spec.earlyStopping")
    if stopper:
        said = f"{stopper.get('algorithmName')} is not carried"
        if draft.algorithm["type"] == "random":
            draft.algorithm = {"type": "asha"}
            said += ': type = "asha" cuts in its place'
        draft.note("earlyStopping", said)


def _fewer_rungs(draft: ImportDraft) -> None:
    """Leave out the lowest rungs for which there are too few trials to bring one to the top."""
    eta, most = draft.algorithm["eta"], draft.limits.get("max_trials", draft.max_resource)
    rungs = 1
    while eta > 1 and eta**rungs <= min(most, draft.max_resource):
        rungs += 1
    if eta > 1 and eta**rungs <= draft.max_resource:
        draft.algorithm["max_rungs"] = rungs
        draft.note(
            "maxTrialCount",
            f"{most} trials are too few to bring one from {draft.resource} 1 to the end: "
            f"max_rungs = {rungs} leaves out the lowest rungs",
        )


def _settings(algorithm: dict[str, Any]) -> dict[str, Any]:
    listed = as_list(algorithm.get("algorithmSettings") or [], "algorithmSettings")
    return {str(entry.get("name")): entry.get("value") for entry in listed}
