"""A conversation as it is written: what is asked, what is answered, what the runner does.

And the words of `create_study` and `change_space`, which become a message.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

from ashad_client.v1 import ashad_pb2 as pb

from tests.support import ROOT

FOLDER = ROOT / "tests" / "contract" / "conversations"


@dataclass(frozen=True)
class Line:
    """One step: `text` after its mark, and what is due where something was asked."""

    number: int
    mark: str  # ">" or "!"
    text: str
    due: str = ""


def read(path: Path) -> list[Line]:
    """Read a conversation; each question has one answer."""
    steps: list[Line] = []
    open_question: Line | None = None
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark, _, text = raw.partition(" ")
        where = f"{path.name}:{number}"
        if mark in ("#", ""):
            continue
        assert mark in ("<", ">", "!"), f"{where}: a line begins with >, <, ! or #"
        assert (mark == "<") == (open_question is not None), f"{where}: > and < take turns"
        if mark == "<":
            assert open_question is not None
            steps.append(Line(open_question.number, ">", open_question.text, text))
            open_question = None
        elif mark == ">":
            open_question = Line(number, ">", text)
        else:
            steps.append(Line(number, "!", text))
    assert open_question is None, f"{path.name}: the last question has no answer"
    return steps


def for_driver(text: str) -> str:
    """Return the line as a driver gets it: a spec, or a change of one, as one word."""
    verb, *words = text.split(" ")
    if verb not in ("create_study", "change_space"):
        return text
    client, study, *given = words
    message = spec(given) if verb == "create_study" else change(given)
    encoded = base64.b64encode(message.SerializeToString()).decode()
    return f"{verb} {client} {study} {encoded}"


_ALGORITHMS = {
    "asha": ("variant", "eta", "min_resource", "max_rungs"),
    "adaptive_asha": ("variant", "mode", "eta", "max_rungs"),
    "async_hyperband": ("variant", "eta", "min_resource", "max_rungs", "brackets"),
    "successive_halving": ("eta", "min_resource", "max_rungs", "trials", "repeat"),
    "hyperband": ("eta", "min_resource", "max_rungs", "repeat"),
    "pbt": ("population", "interval", "quantile"),
    "random": (), "grid": (), "single": (),
}  # fmt: skip
_LIMITS = (
    "max_trials", "max_concurrent_trials", "max_total_resource", "target_value",
    "max_failed_trials",
)  # fmt: skip


def spec(words: list[str]) -> pb.StudySpec:
    """Return the spec of `key=value` words.

    Without more: minimise `loss` by ASHA (stopping, eta 3) up to resource 9, seed 1, over `x` from
    0 to 1. `space.NAME=` takes `float:LOW:HIGH`, `int:LOW:HIGH`, `choice:V,V` or `constant:V`, and
    behind it `@PARENT=V,V` for each condition.
    """
    given = dict(word.split("=", 1) for word in words)
    made = pb.StudySpec(
        metric=given.pop("metric", "loss"), max_resource=int(given.pop("max_resource", "9")),
        goal=f"GOAL_{given.pop('goal', 'minimize').upper()}", seed=int(given.pop("seed", "1")),
    )  # fmt: skip
    _algorithm(made, given)
    for name in _LIMITS:
        if name in given:
            number = float if name == "target_value" else int
            setattr(made.limits, name, number(given.pop(name)))
    if "heartbeat" in given:
        made.lease.heartbeat_interval.FromMilliseconds(int(given.pop("heartbeat")))
    if "max_attempts" in given:
        made.lease.max_attempts = int(given.pop("max_attempts"))
    if "failure_policy" in given:
        made.failure_policy = f"FAILURE_POLICY_{given.pop('failure_policy').upper()}"
    bounds = given.pop("outcome_constraints", "")
    made.outcome_constraints.extend(bounds.split(",") if bounds else ())
    for one in filter(None, given.pop("objectives", "").split(",")):
        name, goal, *numbers = one.split(":")
        keys = "weight", "scale", "reference", "tolerance", "relative_tolerance", "target"
        pairs = zip(keys, numbers, strict=False)
        settings = {key: float(number) for key, number in pairs if number}
        made.objectives.add(metric=name, goal=f"GOAL_{goal.upper()}", **settings)
    if "combination" in given:
        made.combination = f"COMBINATION_{given.pop('combination').upper()}"
    sampler = given.pop("sampler", "")
    if sampler:
        getattr(made, sampler).SetInParent()
    space = [key for key in given if key.startswith("space.")]
    for key in space or ["space.x"]:
        _domain(made.space.add(name=key[6:]), given.pop(key, "float:0:1"))
    assert not given, f"create_study does not know {', '.join(given)}"
    return made


def change(words: list[str]) -> pb.ChangeSpaceRequest:
    """Return a change of `space.NAME=` and `past.NAME=` words; `check`: it is only checked.

    Its space has the parameters that change or are added, and nothing else.
    """
    made = pb.ChangeSpaceRequest(validate_only="check" in words)
    for word in words:
        key, _, text = word.partition("=")
        if key.startswith("space."):
            _domain(made.space.add(name=key[6:]), text)
        elif key.startswith("past."):
            made.past_values.add(name=key[5:]).value.CopyFrom(value(text))
        else:
            assert word == "check", f"change_space does not know {word}"
    return made


def _algorithm(made: pb.StudySpec, given: dict[str, str]) -> None:
    name = given.pop("algorithm", "asha")
    algorithm = getattr(made, name)
    algorithm.SetInParent()
    for field in _ALGORITHMS[name]:
        text = given.pop(field, "3" if field == "eta" else "")
        if text:
            prefix = {"variant": "ASHA_VARIANT_", "mode": "ADAPTIVE_MODE_"}.get(field)
            real = prefix is None and (float(text) if field == "eta" else int(text))
            setattr(algorithm, field, f"{prefix}{text.upper()}" if prefix else real)


def _domain(parameter: pb.ParameterSpec, text: str) -> None:
    text, _, when = text.partition("@")
    for condition in filter(None, when.split("@")):
        parent, _, values = condition.partition("=")
        parameter.when.add(parameter=parent).values.extend(map(value, values.split(",")))
    kind, _, rest = text.partition(":")
    if kind == "float":
        low, high = map(float, rest.split(":"))
        parameter.float_range.MergeFrom(pb.FloatRange(low=low, high=high))
    elif kind == "int":
        first, last = map(int, rest.split(":"))
        parameter.int_range.MergeFrom(pb.IntRange(low=first, high=last))
    elif kind == "choice":
        parameter.categorical.choices.extend(map(value, rest.split(",")))
    else:
        assert kind == "constant", text
        parameter.constant.CopyFrom(value(rest))


def value(text: str) -> pb.ParameterValue:
    """Read `int:5`, `bool:true`, `str:text` or `float:3fe0000000000000`."""
    kind, _, rest = text.partition(":")
    if kind == "int":
        return pb.ParameterValue(int_value=int(rest))
    if kind == "bool":
        return pb.ParameterValue(bool_value={"true": True, "false": False}[rest])
    if kind == "float":
        return pb.ParameterValue(double_value=unhex(rest))
    assert kind == "str", text
    return pb.ParameterValue(string_value=rest)


def hexed(number: float) -> str:
    """Return the sixteen digits of a double."""
    return struct.pack(">d", number).hex()


def unhex(digits: str) -> float:
    """Read the sixteen digits of a double."""
    found: float = struct.unpack(">d", bytes.fromhex(digits))[0]
    return found


def shown(parameter: pb.Parameter) -> str:
    """Return `name=type:value`."""
    kind = parameter.value.WhichOneof("kind")
    held = getattr(parameter.value, kind)
    text = {
        "int_value": lambda: f"int:{held}",
        "bool_value": lambda: f"bool:{str(held).lower()}",
        "string_value": lambda: f"str:{held}",
        "double_value": lambda: f"float:{hexed(held)}",
    }[kind]()
    return f"{parameter.name}={text}"
