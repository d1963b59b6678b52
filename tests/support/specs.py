"""Specs that several tests of the core share: every kind of parameter, and a tree of conditions."""

import dataclasses

from ashad.core.kinds import AdaptiveAsha, Asha, Grid, Random, Single
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import SECOND, Lease, Limits, StudySpec

SPACE = {
    "rate": Float(1e-5, 1.0, log=True, grid_points=3),
    "drop": Float(0.0, 0.5, step=0.1),
    "width": Int(-(2**63), 2**63 - 1, step=2**40),
    "kind": Choice(("é", 1, 1.0, True, "1")),
    "fixed": Constant(False),
}
GOOD = StudySpec(
    "loss", True, 27, SPACE, Asha(promotion=True, min_resource=2, eta=2.5, max_rungs=3), "step",
    ({"rate": 0.5, "kind": 1.0}, {"kind": True}), Limits(40, 4, 4000, 60 * SECOND, 0.25, 3),
    2**63 - 1, Lease(10 * SECOND, SECOND, 2), failed_counts_as_worst=False,
)  # fmt: skip
ALGORITHMS = [
    Asha(),
    Asha(promotion=True, eta=2.0),
    AdaptiveAsha(mode="conservative", bracket_rungs=(3, 1)),
    Random(),
    Grid(),
    Single(),
]


def with_(**changes):
    """GOOD, but for the changes."""
    return dataclasses.replace(GOOD, **changes)


TREE = {
    "opt": Choice(("sgd", "adam")),
    "momentum": Float(0.0, 1.0, grid_points=3),
    "layers": Int(1, 3),
    "width": Int(1, 2),
    "drop": Choice((True, False)),
    "rate": Float(0.1, 0.3, grid_points=2),
}
WHEN = {
    "momentum": (("opt", ("sgd",)),),
    "width": (("layers", (2, 3)),),
    "rate": (("drop", (True,)), ("layers", (3,))),
}
MIXED = {"x": Float(0.0, 1.0), "y": Float(1e-3, 1.0, log=True), "n": Int(1, 9), "k": Choice("abc")}


def sampled(sampler, space=MIXED, algorithm=None, when=None, **limits):
    """A small study with this sampler."""
    return StudySpec(
        "loss", False, 9, space, algorithm or Asha(), sampler=sampler, when=when or {},
        limits=Limits(**limits),
    )  # fmt: skip


# Spaces with an end, by name, and how many configurations each has.
FLAT = {
    "n": Int(1, 6),
    "flag": Choice((True, False)),
    "x": Float(0.0, 0.3, step=0.1),
    "c": Constant(7),
}
LOG = {"width": Int(1, 64, log=True)}
FOREST = {
    "opt": Choice(("sgd", "adam", "lion")),
    "momentum": Float(0.0, 0.4, step=0.2),
    "layers": Int(1, 4),
    "width": Int(8, 16, step=4),
    "wide": Choice((True, 1)),
}
FOREST_WHEN = {
    "momentum": (("opt", ("sgd",)),),
    "width": (("layers", (2, 3)),),
    "wide": (("layers", (3,)), ("opt", ("adam", "sgd"))),
}
FINITE = {"flat": (FLAT, {}), "log": (LOG, {}), "tree": (FOREST, FOREST_WHEN)}
FINITE_SIZES = {
    "flat": 48,
    "log": 64,
    "tree": (3 + 1 + 1) * (1 + 3 + 1) + (3 * 3 * 2 + 1 * 3 * 2 + 1 * 3),
}
