"""What a study is judged by, to plain values and back: one metric, or several objectives."""

from __future__ import annotations

from typing import Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.errors import invalid
from ashad.core.objectives import WEIGHTED_SUM, Objective, coordinates
from ashad.core.spec import StudySpec

_MAXIMIZE = {pb.GOAL_MINIMIZE: False, pb.GOAL_MAXIMIZE: True}
_GOAL = {maximize: goal for goal, maximize in _MAXIMIZE.items()}
_PREFIX = "COMBINATION_"


def read(message: pb.StudySpec) -> dict[str, Any]:
    """Return the fields of a `StudySpec` that say what is judged, defaults filled in."""
    objectives = tuple(
        Objective(
            one.metric,
            _read_goal(one.goal, f"spec.objectives[{number}].goal"),
            one.weight or 1.0,
            one.scale or 1.0,
            one.reference,
            one.tolerance,
            one.relative_tolerance,
            one.target if one.HasField("target") else None,
        )
        for number, one in enumerate(message.objectives)
    )
    combination = _read_combination(message.combination)
    if objectives:
        combination = combination or WEIGHTED_SUM
    metric, goal = message.metric or combination, message.goal
    if coordinates(objectives, combination):
        metric = message.metric or objectives[0].metric
        goal = goal or _GOAL[objectives[0].maximize]
    elif objectives:
        goal = goal or pb.GOAL_MINIMIZE
    return {
        "metric": metric,
        "maximize": _read_goal(goal, "spec.goal"),
        "objectives": objectives,
        "combination": combination,
    }


def write(spec: StudySpec) -> dict[str, Any]:
    """Return the fields of the contract that say it."""
    return {
        "metric": spec.metric,
        "goal": _GOAL[spec.maximize],
        "objectives": [
            pb.Objective(
                metric=one.metric,
                goal=_GOAL[one.maximize],
                weight=one.weight,
                scale=one.scale,
                reference=one.reference,
                tolerance=one.tolerance,
                relative_tolerance=one.relative_tolerance,
                target=one.target,
            )
            for one in spec.objectives
        ],
        "combination": f"{_PREFIX}{spec.combination.upper() or 'UNSPECIFIED'}",
    }


def reported(spec: StudySpec) -> str:
    """Return the metric that every report has: the judged one, or the first it is made of."""
    return spec.objectives[0].metric if spec.objectives else spec.metric


def _read_goal(number: Any, field: str) -> bool:
    if number not in _MAXIMIZE:
        raise invalid(field, "say GOAL_MINIMIZE or GOAL_MAXIMIZE", "INVALID_SPEC")
    return _MAXIMIZE[number]


def _read_combination(number: Any) -> str:
    if number not in pb.Combination.values():
        raise invalid("spec.combination", f"{number} is not a value of this enum", "INVALID_SPEC")
    word = pb.Combination.Name(number).removeprefix(_PREFIX).lower()
    return "" if word == "unspecified" else word
