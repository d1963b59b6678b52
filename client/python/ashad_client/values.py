"""Parameters and states: native Python values to those of the contract, and back.

A whole number stays one, all 64 bits of it; a state is its number, and reads as its word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, Union

from ashad_client.errors import invalid
from ashad_client.v1 import ashad_pb2 as pb

Native = Union[int, float, str, bool]


class State(IntEnum):
    """A number of the contract with a word: `str()` is "running"; one that is new is its number."""

    @classmethod
    def _missing_(cls, value: object) -> State | None:
        if not isinstance(value, int):
            return None
        made = int.__new__(cls, value)
        made._name_, made._value_ = str(value), value
        return made

    def __str__(self) -> str:
        return self.name.lower()

    def __format__(self, form: str) -> str:
        return format(str(self), form)


class StudyState(State):
    """State of a study."""

    UNSPECIFIED = 0
    ACTIVE = 1
    PAUSED = 2
    STOPPED = 3
    FINISHED = 4


class TrialState(State):
    """State of a trial."""

    UNSPECIFIED = 0
    QUEUED = 1
    RUNNING = 2
    PAUSED = 3
    COMPLETED = 4
    STOPPED = 5
    FAILED = 6
    INFEASIBLE = 7
    CANCELLED = 8


def native(value: pb.ParameterValue) -> Native:
    """Read one value."""
    kind = value.WhichOneof("kind")
    if kind is None:
        raise invalid("the daemon sent a parameter of a kind this client does not know: upgrade it")
    found: Native = getattr(value, kind)
    return found


def params_of(parameters: Iterable[pb.Parameter]) -> dict[str, Native]:
    """Read a configuration, in the order of the space."""
    return {parameter.name: native(parameter.value) for parameter in parameters}


def typed(value: Any, name: str = "value") -> pb.ParameterValue:
    """Write one value: int, float, str or bool; numpy scalars as what they hold."""
    if not isinstance(value, (bool, int, float, str)) and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return pb.ParameterValue(bool_value=value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise invalid(f"{name}: {value} does not fit into 64 bits")
        return pb.ParameterValue(int_value=value)
    if isinstance(value, float):
        return pb.ParameterValue(double_value=value)
    if isinstance(value, str):
        return pb.ParameterValue(string_value=value)
    raise invalid(f"{name}: a number, text or bool, not {type(value).__name__}")


def configuration(params: Mapping[str, Any], called: str = "params") -> pb.Configuration:
    """Write a configuration; what it leaves out is drawn by the daemon."""
    return pb.Configuration(
        params=[
            pb.Parameter(name=name, value=typed(v, name))
            for name, v in by_name(called, params).items()
        ]
    )


def by_name(called: str, found: Any) -> Mapping[str, Any]:
    """Return a dict whose keys are names, or refuse what is none; `called`: the argument."""
    if not isinstance(found, Mapping):
        raise invalid(f"{called}: must be a dict by name, not {type(found).__name__}")
    for key in found:
        if not isinstance(key, str):
            raise invalid(f"{called}: a name must be text, not {key!r:.100}")
    return found
