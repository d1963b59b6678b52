"""The recorded tables as tasks of a search: their space, their scale, their units of time.

Never changes a value: a table is read as it is. The unit of virtual time is a full training, the
median seconds a report times the reports of a whole curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from ashad.core.space import Choice, Float, Int, Space
from ashad.simulate import read_table

FIRST = (
    "lcbench/Fashion-MNIST", "lcbench/christine", "lcbench/segment", "local/digits_mlp",
    "taskset/FixedTextRNNClassification_imdb_patch128_LSTM128_avg_bs64",
    "taskset/FixedTextRNNClassification_imdb_patch32_VRNN128_tanh_bs128",
    "deepobs/fmnist_2c2d", "deepobs/cifar10_3c3d",
)  # fmt: skip
FAMILIES = ("lcbench", "taskset", "opda", "deepobs", "local")
COSTS = {
    "lcbench": "estimated by a surrogate", "taskset": "none: one second a report",
    "deepobs": "none: one second a report", "local": "measured",
    "opda/alexnet_imagenet": "measured", "opda": "none: one second a report",
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One table."""

    name: str
    path: Path
    space: Space
    top: int  # reports of a whole curve
    maximize: bool
    full: float  # seconds of a full training, the median
    best: float  # of the final values
    median: float

    def regret(self, value: float) -> float:
        """Return (value - best) / (median - best), 0 where it is better than the best."""
        return max(0.0, (value - self.best) / (self.median - self.best))

    @property
    def judged(self) -> bool:
        """Whether the table is of the half that judges; the other half chooses the default."""
        return sha256(self.name.encode()).digest()[0] % 2 == 1

    @property
    def cost(self) -> str:
        """Return where its times come from."""
        return COSTS.get(self.name, COSTS[self.name.split("/")[0]])


def names(folder: Path) -> list[str]:
    """Return the names of all tables, the first eight first."""
    found = [
        f"{p.parent.name}/{p.stem}" for f in FAMILIES for p in sorted(folder.glob(f"{f}/*.npz"))
    ]
    return [*FIRST, *(name for name in found if name not in FIRST)]


@cache
def task(folder: Path, name: str) -> Task:
    """Read a table."""
    path = folder / f"{name}.npz"
    meta, arrays = read_table(path)
    curve = np.asarray(arrays["curve"], float)
    seconds = arrays.get("seconds", np.ones(len(curve)))
    length = arrays.get("length", np.full(len(curve), curve.shape[1]))
    last = curve[np.arange(len(curve)), np.maximum(length, 1) - 1]
    last = last[np.isfinite(last)]
    maximize = meta["mode"] == "max"
    return Task(
        name, path, space(meta["params"]), curve.shape[1], maximize,
        float(np.nanmedian(seconds)) * curve.shape[1],
        float(last.max() if maximize else last.min()), float(np.median(last)),
    )  # fmt: skip


def space(described: list[dict[str, Any]]) -> Space:
    """Return the space that a table was drawn from."""
    found: Space = {}
    for about in described:
        name, log = about["name"], bool(about.get("log"))
        if about.get("choices"):
            found[name] = Choice(tuple(about["choices"]))
        elif about["type"] == "int":
            found[name] = Int(round(about["lower"]), round(about["upper"]), log)
        else:
            found[name] = Float(float(about["lower"]), float(about["upper"]), log)
    return found
