"""The instrument: the real scheduler and core under a virtual clock, with virtual workers.

loop          an event loop whose clock leaps
memory        a store that keeps nothing but what a study may ask of its past
curves        what training would report: recorded tables, or a noise model
study_curves  the curves that a study recorded
world         workers that straggle, drop jobs and die
measure       what a run came to
"""

from ashad.simulate.curves import Curves, CurveTable, CurveTableError, Hill, read_table
from ashad.simulate.measure import Result
from ashad.simulate.world import Judge, Trouble, simulate

__all__ = [
    "CurveTable",
    "CurveTableError",
    "Curves",
    "Hill",
    "Judge",
    "Result",
    "Trouble",
    "read_table",
    "simulate",
]
