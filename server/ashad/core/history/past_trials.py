"""Trials that another tool finished, and what an import of them brought: plain values."""

from __future__ import annotations

from typing import NamedTuple

from ashad.core.history.records import COMPLETED
from ashad.core.space import Params


class FinishedTrial(NamedTuple):
    """A trial as another tool ended it: its configuration and its curve, (resource, value)."""

    params: Params
    values: tuple[tuple[int, float], ...]
    state: str = COMPLETED  # or STOPPED
    note: str = ""  # where it comes from


class ImportedTrials(NamedTuple):
    """What one import brought: its sequence number, first trial, how many, and a digest of all."""

    seq: int
    first: int
    many: int
    digest: str
