"""Messages of the contract as plain data, for JSON and for rows.

Numbers stay numbers, states are words ("running"), parameters and metrics are objects by name,
durations are seconds, instants ISO 8601. What is not set is null; of a oneof only the one that is
set is there.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from ashad_client.dialect.parameters import value_of
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from ashad.cli.views import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message


def word(message: Any, field: str) -> str:
    """Write an enum field as its word; a value of a newer daemon as its number."""
    return _word(message.DESCRIPTOR.fields_by_name[field].enum_type, getattr(message, field))


def words(enum: Any) -> dict[str, int]:
    """List the words of an enum, without the unspecified one."""
    return {_word(enum.DESCRIPTOR, number): number for number in enum.values() if number}


def _word(enum: Any, number: int) -> str:
    known = enum.values_by_number.get(number)
    if known is None:
        return str(number)
    prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", enum.name).upper() + "_"
    name: str = known.name
    return name.removeprefix(prefix).lower()


def optional(message: Any, field: str) -> Any:
    """Give an optional field, or None where it is not set."""
    return getattr(message, field) if message.HasField(field) else None


def params(parameters: Iterable[pb.Parameter]) -> dict[str, Any]:
    """Give parameters by name."""
    return {parameter.name: value_of(parameter.value) for parameter in parameters}


def json_text(data: object) -> str:
    """Write plain data as JSON on one line."""
    return json.dumps(data, allow_nan=False)


def plain(message: Message) -> Any:
    """Give a message as plain data that JSON can hold."""
    if isinstance(message, Duration):
        return text.duration_seconds(message)
    if isinstance(message, Timestamp):
        return text.instant_text(message) or None
    if isinstance(message, pb.ParameterValue):
        return value_of(message)
    if isinstance(message, pb.Configuration):
        return params(message.params)
    data = {}
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        is_choice = oneof is not None and len(oneof.fields) > 1
        if not is_choice or message.HasField(field.name):
            data[field.name] = _field(message, field)
    return data


def _field(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.is_repeated:
        if field.message_type is not None and field.message_type.name == "Parameter":
            return params(value)
        if field.message_type is not None and field.message_type.name in ("Metric", "Attribute"):
            return {one.name: _scalar(field, one.value) for one in value}
        return [_scalar(field, item) for item in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return _scalar(field, value)


def _scalar(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        return _word(field.enum_type, value)
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")  # as in proto JSON
    return plain(value) if hasattr(value, "DESCRIPTOR") else value
