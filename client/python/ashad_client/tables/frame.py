"""Columns as a pandas, polars or Arrow table, each type its own, NaN kept apart from missing.

The library is imported when it is asked for, and never by `import ashad_client`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

from ashad_client.errors import invalid
from ashad_client.tables.columns import (
    DURATION,
    INSTANT,
    INTEGER,
    MIXED,
    NUMBER,
    TEXT,
    TRUTH,
    Column,
)

LIBRARIES = ("pandas", "polars", "pyarrow")


def library(asked: str | None) -> str:
    """Return the library to use: the one asked for, else the first that is installed."""
    if asked is not None and asked not in LIBRARIES:
        raise invalid(f"library: one of {', '.join(LIBRARIES)}, not {asked!r:.40}")
    for name in [asked] if asked else LIBRARIES:
        if importlib.util.find_spec(name) is not None:
            return name
    what = asked or " nor ".join(LIBRARIES)
    raise invalid(f"{what} is not installed here: pip install 'ashad-client[frame]'")


def frame(columns: Sequence[Column], name: str) -> Any:
    """Make the table."""
    return {"pandas": _pandas, "polars": _polars, "pyarrow": arrow}[name](columns)


def _pandas(columns: Sequence[Column]) -> Any:
    pandas = importlib.import_module("pandas")
    return pandas.DataFrame({one.name: _series(pandas, one) for one in columns})


def _series(pandas: Any, column: Column) -> Any:
    """Give a column of pandas, of the types that have a mask: others take NaN for missing."""
    numpy = importlib.import_module("numpy")
    values, kind = column.values, column.kind
    masked = {
        INTEGER: (pandas.arrays.IntegerArray, "int64"),
        NUMBER: (pandas.arrays.FloatingArray, "float64"),
        TRUTH: (pandas.arrays.BooleanArray, "bool"),
    }
    if kind in masked:
        make, dtype = masked[kind]
        mask = numpy.array([value is None for value in values], dtype=bool)
        whole = numpy.array([0 if value is None else value for value in values], dtype=dtype)
        return pandas.Series(make(whole, mask), name=column.name)
    if kind in (INSTANT, DURATION):
        missing = numpy.iinfo("int64").min  # which is NaT
        whole = numpy.array([missing if v is None else v for v in values], dtype="int64")
        if kind == DURATION:
            return pandas.Series(whole.view("timedelta64[us]"))
        return pandas.Series(whole.view("datetime64[us]")).dt.tz_localize("UTC")
    return pandas.Series(values, dtype="string" if kind == TEXT else object, name=column.name)


def _polars(columns: Sequence[Column]) -> Any:
    polars = importlib.import_module("polars")
    types = {
        INTEGER: polars.Int64,
        NUMBER: polars.Float64,
        TRUTH: polars.Boolean,
        TEXT: polars.String,
        INSTANT: polars.Datetime("us", "UTC"),
        DURATION: polars.Duration("us"),
        MIXED: polars.String,
    }
    made = []
    for one in columns:
        if one.kind in (INSTANT, DURATION):
            series = polars.Series(one.name, one.values, dtype=polars.Int64).cast(types[one.kind])
        else:
            series = polars.Series(one.name, _plain(one), dtype=types[one.kind], strict=True)
        made.append(series)
    return polars.DataFrame(made)


def arrow(columns: Sequence[Column]) -> Any:
    """Make an Arrow table, which Parquet is written of."""
    pyarrow = importlib.import_module("pyarrow")
    types = {
        INTEGER: pyarrow.int64(),
        NUMBER: pyarrow.float64(),
        TRUTH: pyarrow.bool_(),
        TEXT: pyarrow.string(),
        INSTANT: pyarrow.timestamp("us", tz="UTC"),
        DURATION: pyarrow.duration("us"),
        MIXED: pyarrow.string(),
    }
    arrays = [pyarrow.array(_plain(one), type=types[one.kind]) for one in columns]
    return pyarrow.table(arrays, names=[one.name for one in columns])


def _plain(column: Column) -> list[Any]:
    """Return values of one type: choices of several are text, as they are written in TOML."""
    if column.kind != MIXED:
        return column.values
    return [_text(value) for value in column.values]


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
