"""The states of a trial and what leads from one to another: the one table of them.

A trial is made QUEUED. QUEUED and RUNNING are live; PAUSED waits at a rung to be promoted; all
others are final. `(state, event)` gives the states that follow, with the condition of each; every
change of a trial, also when it is replayed or restored, is one of these or an assertion fails.
docs/states.md draws the table.
"""

from __future__ import annotations

from ashad.core.history.records import (
    CANCELLED,
    COMPLETED,
    FAILED,
    INFEASIBLE,
    PAUSED,
    QUEUED,
    RUNNING,
    STOPPED,
)

REPORTED = "REPORTED"  # what a report does; all other events are kinds of `Change`

_STUDY_STOPPED = "the study was stopped"

# A lost trial is QUEUED until another worker gets it; its own worker may still end it, or go on.
TRANSITIONS: dict[tuple[str, str], dict[str, str]] = {
    (QUEUED, "ENQUEUED"): {QUEUED: "a person asked for this configuration"},
    (QUEUED, "ASSIGNED"): {RUNNING: "a worker is free"},
    (QUEUED, "EXPLORED"): {QUEUED: "population: it goes on for one that exploits its donor"},
    (QUEUED, "IMPORTED"): {
        COMPLETED: "another tool trained it to its end",
        STOPPED: "another tool cut it",
    },
    (PAUSED, "ASSIGNED"): {RUNNING: "promoted: within the quota of its rung; population: its turn"},
    (RUNNING, REPORTED): {
        RUNNING: "it continues",
        PAUSED: "promotion: it reached its level; population: others are further behind",
        STOPPED: "below the cut-off, diverged, exploiting another, or the study has ended",
        COMPLETED: "trained to max_resource",
    },
    (RUNNING, "LOST"): {
        QUEUED: "its lease ran out, or its worker restarted",
        FAILED: "it lost max_attempts workers",
        CANCELLED: _STUDY_STOPPED,
    },
    (QUEUED, "RECLAIMED"): {RUNNING: "the worker it was lost from calls again"},
    (RUNNING, "RELEASED"): {QUEUED: "its worker gave it back", CANCELLED: _STUDY_STOPPED},
    (QUEUED, "RELEASED"): {
        QUEUED: "the worker it was lost from gave it back",
        CANCELLED: _STUDY_STOPPED,
    },
    (RUNNING, "COMPLETED"): {
        COMPLETED: "its training ended by itself",
        STOPPED: "the same, with a last value that diverged",
    },
    (QUEUED, "COMPLETED"): {
        COMPLETED: "the worker it was lost from ended it",
        STOPPED: "the same, with a last value that diverged",
    },
    (RUNNING, "FAILED"): {FAILED: "an error, or completed without a report"},
    (QUEUED, "FAILED"): {FAILED: "the worker it was lost from failed"},
    (RUNNING, "INFEASIBLE"): {INFEASIBLE: "no such configuration can be trained; it is replaced"},
    (QUEUED, "INFEASIBLE"): {INFEASIBLE: "the worker it was lost from found it infeasible"},
    (QUEUED, "CANCELLED"): {CANCELLED: "by a person, or the study was stopped"},
    (RUNNING, "CANCELLED"): {CANCELLED: "by a person"},
    (PAUSED, "CANCELLED"): {CANCELLED: "by a person"},
}


def check(state: str, event: str, after: str) -> None:
    """Assert that this event leads from `state` to `after`."""
    assert after in TRANSITIONS.get((state, event), ()), f"{event}: {state} to {after}"
