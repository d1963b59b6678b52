"""A verdict: what a report was told, in which bracket, and how its value was, as one small integer.

    bracket * 256 + decision * 8 + value * 2 + (1 where it entered a rung)

A number never changes and is never given again, for files hold it. A new decision of the core takes
the next one here, and a migration brings it into the view `report_in_words`, so that an older
daemon refuses the file instead of failing at a row.
"""

from __future__ import annotations

from typing import NamedTuple

# (action, reason) by number; appended to, never sorted.
DECISIONS = (
    ("CONTINUE", "BETWEEN_RUNGS"),
    ("CONTINUE", "IN_TOP"),
    ("STOP", "BELOW_CUTOFF"),
    ("PAUSE", "RUNG_REACHED"),
    ("STOP", "MAX_RESOURCE"),
    ("STOP", "DIVERGED"),
    ("CONTINUE", "DIVERGED"),
    ("STOP", "STUDY_STOPPED"),
    ("STOP", "TARGET_REACHED"),
    ("STOP", "MAX_TOTAL_RESOURCE"),
    ("STOP", "MAX_DURATION"),
    ("STOP", "MAX_FAILED_TRIALS"),
    ("STOP", "MAX_INFEASIBLE_TRIALS"),
    ("CONTINUE", "IMPORTED"),
    ("STOP", "IMPORTED"),
    ("STOP", "EXPLOITED"),
    ("CONTINUE", "NO_DONOR"),
    ("CONTINUE", "MAX_TRIALS"),
)
BRACKET = 256  # a bracket has room for 32 decisions
VALUES = (None, "nan", "inf", "-inf")  # what kept a value from being a finite number, by number
ENTERED = 1  # this bit: the report entered a rung, and has a row in `entry`


class Words(NamedTuple):
    """What a verdict says, but for its bracket."""

    action: str
    reason: str
    diverged: str | None
    entered: bool


WORDS = {
    decision * 8 + value * 2 + entered: Words(*DECISIONS[decision], VALUES[value], bool(entered))
    for decision in range(len(DECISIONS))
    for value in range(len(VALUES))
    for entered in (0, ENTERED)
}
NUMBERS = {(w.action, w.reason, w.diverged): n for n, w in WORDS.items() if not w.entered}
