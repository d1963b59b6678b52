"""Draw docs/states.md from the table of transitions: `python docs/make_states.py`."""

from pathlib import Path

from ashad.core.engine.transitions import TRANSITIONS

PAGE = Path(__file__).with_name("states.md")
HEAD = """# The states of a trial

Drawn by `docs/make_states.py` from the table in
[`core/engine/transitions.py`](../server/ashad/core/engine/transitions.py), which every change of a
trial is checked against. A trial that was lost is QUEUED; until another worker gets it, the worker
that had it may take it back or end it.
"""


def page() -> str:
    """Return the page: a diagram, and the table with the condition of each transition."""
    arrows: dict[tuple[str, str], list[str]] = {}
    rows = []
    for (state, event), following in TRANSITIONS.items():
        for after, condition in following.items():
            arrows.setdefault((state, after), []).append(event.lower())
            rows.append(f"| {state} | {event} | {after} | {condition} |")
    drawn = [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in arrows.items()]
    live = {state for state, _ in TRANSITIONS}
    ends = sorted({after for _, after in arrows} - live)
    drawn = ["    [*] --> QUEUED: made", *drawn, *(f"    {state} --> [*]" for state in ends)]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *drawn, "```"])
    table = "\n".join(["| state | event | after | when |", "|---|---|---|---|", *rows])
    return f"{HEAD}\n{diagram}\n\n{table}\n"


if __name__ == "__main__":
    PAGE.write_text(page())
