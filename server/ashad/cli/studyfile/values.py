"""NAME=VALUE, as it is typed on the command line, fitted to the space of a study."""

from __future__ import annotations

import json
import re

from ashad_client.dialect.parameters import choices_of, fit, listed, value_of
from ashad_client.dialect.table import describe
from ashad_client.v1 import ashad_pb2 as pb

_INTEGER = re.compile(r"[-+]?[0-9]{1,20}")
_REAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def fit_text(parameter: pb.ParameterSpec, text: str) -> pb.ParameterValue:
    """Fit text that was typed to the type of its parameter."""
    kind = parameter.WhichOneof("kind")
    if kind == "float_range":
        return fit(parameter, _number(text))
    if kind == "int_range":
        return fit(parameter, _number(text))
    choices = choices_of(parameter)
    same = [choice for choice in choices if text in _spellings(choice)]
    if not same and _REAL.fullmatch(text):
        numbers = [c for c in choices if c.WhichOneof("kind") in {"int_value", "double_value"}]
        same = [choice for choice in numbers if value_of(choice) == float(text)]
    if len(same) > 1:
        raise ValueError(f'"{text}" may be {listed(same)}; put text in double quotes')
    if not same:
        raise ValueError(f"must be {listed(choices)}, not {describe(text)}")
    return same[0]


def typed(text: str) -> object:
    """Return what text says by itself: a number, true or false, or text, in quotes or without."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return _number(text)


def _number(text: str) -> object:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text


def _spellings(choice: pb.ParameterValue) -> set[str]:
    value = value_of(choice)
    spelled = json.dumps(value, ensure_ascii=False)
    return {value, spelled} if isinstance(value, str) else {spelled}
