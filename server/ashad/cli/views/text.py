"""Numbers, durations and instants as people write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from ashad_client.dialect.table import duration
from ashad_client.text import count as count  # noqa: PLC0414
from ashad_client.text import number as number  # noqa: PLC0414
from google.protobuf.duration_pb2 import Duration

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp


def duration_from_text(text: str) -> Duration:
    """Read "90s", "12m", "3h50m", "1d" or "1.5s"."""
    return duration(text)


def duration_seconds(duration: Duration) -> float:
    """Give a duration as a number of seconds."""
    return duration.seconds + duration.nanos / 1e9


def duration_text(duration: Duration) -> str:
    """Write a duration exactly, as `duration_from_text` reads it."""
    total = Decimal(duration.seconds) + Decimal(duration.nanos).scaleb(-9)
    words = ""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60)):
        whole, total = divmod(total, seconds)
        words += f"{whole:f}{unit}" if whole else ""
    if total or not words:
        digits = f"{total:f}"
        words += (digits.rstrip("0").rstrip(".") if "." in digits else digits) + "s"
    return words


def elapsed_text(duration: Duration) -> str:
    """Write a measured time for people: two decimals below a minute, whole seconds above."""
    seconds = duration_seconds(duration)
    return f"{seconds:.2f}s" if seconds < 60 else duration_text(Duration(seconds=round(seconds)))


def instant_text(instant: Timestamp) -> str:
    """Write an instant in ISO 8601, UTC, whole seconds; empty where it was never set."""
    if not instant.seconds and not instant.nanos:
        return ""
    when = dt.datetime.fromtimestamp(instant.seconds, tz=dt.UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
