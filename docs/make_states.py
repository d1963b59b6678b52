"""Write docs/states.md from the table of transitions: `python docs/make_states.py`.

The diagram on it is drawn by make_pictures.py, from the same table.
"""

from pathlib import Path

from ashad.core.engine.transitions import TRANSITIONS

PAGE = Path(__file__).with_name("states.md")
HEAD = """# The states of a trial

Written by `docs/make_states.py` from the table in
[`core/engine/transitions.py`](../server/ashad/core/engine/transitions.py), which every change of a
trial is checked against. A trial that was lost is QUEUED; until another worker gets it, the worker
that had it may take it back or end it.

![QUEUED and RUNNING are live, PAUSED waits, the others are final](pictures/states.svg)
"""


def page() -> str:
    """Return the page: the diagram, and the table with the condition of each transition."""
    rows = [
        f"| {state} | {event} | {after} | {condition} |"
        for (state, event), following in TRANSITIONS.items()
        for after, condition in following.items()
    ]
    table = "\n".join(["| state | event | after | when |", "|---|---|---|---|", *rows])
    return f"{HEAD}\n{table}\n"


if __name__ == "__main__":
    PAGE.write_text(page())
