"""Draw the pictures of docs/concepts.md and docs/states.md: `python docs/make_pictures.py`.

Each is a small SVG without scripts or fonts of its own, in colours that follow the reader's light
or dark. What is cut in them is cut by the rule of the daemon.
"""

from __future__ import annotations

import html
from fractions import Fraction
from pathlib import Path

from ashad.core.brackets.plan import rung_levels, split_trials
from ashad.core.brackets.rule import continue_, quota
from ashad.core.engine.transitions import TRANSITIONS

FOLDER = Path(__file__).with_name("pictures")
ETA = Fraction(3)
LEVELS = (1, 3, 9, 27)
# Losses in the order in which trials start; they stay in this order at every level.
LOSSES = (0.35, 0.50, 0.42, 0.30, 0.61, 0.38, 0.55, 0.33, 0.22, 0.58, 0.28, 0.66)
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
    'font-family="system-ui, sans-serif" font-size="14"><title>{title}</title><style>'
    ":root{{color-scheme:light dark}}"
    "text{{fill:#1f2328}}.dim{{fill:#59636e}}.line{{stroke:#59636e;fill:none}}"
    ".box{{fill:#f6f8fa;stroke:#59636e}}.good{{fill:#1a7f37;stroke:#1a7f37}}"
    ".bad{{fill:#b35900;stroke:#b35900}}.wait{{fill:#0969da;stroke:#0969da}}"
    "@media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}.dim{{fill:#9198a1}}"
    ".line{{stroke:#9198a1}}.box{{fill:#262c36;stroke:#9198a1}}"
    ".good{{fill:#3fb950;stroke:#3fb950}}.bad{{fill:#db8b2c;stroke:#db8b2c}}"
    ".wait{{fill:#58a6ff;stroke:#58a6ff}}}}</style>\n"
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path class="line" d="M1 1 7 4 1 7"/></marker></defs>\n'
)


class Picture:
    """A picture under way: what is drawn is kept in order."""

    def __init__(self, title: str, width: int, height: int) -> None:
        self._parts = [_HEAD.format(title=html.escape(title), width=width, height=height)]

    def text(self, x: float, y: float, words: str, style: str = "", anchor: str = "start") -> None:
        """Write words with their base line at (x, y)."""
        kind = f' class="{style}"' if style else ""
        said = html.escape(words)
        self._parts.append(f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{kind}>{said}</text>')

    def box(self, x: float, y: float, width: float, height: float, style: str = "box") -> None:
        """Draw a box with its upper left corner at (x, y)."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" '
            f'class="{style}"/>'
        )

    def line(
        self, points: list[tuple[float, float]], *, arrow: bool = False, dashed: bool = False
    ) -> None:
        """Draw a line through the points, with a tip at its end or dashed."""
        path = " ".join(f"{'L' if i else 'M'}{x:g} {y:g}" for i, (x, y) in enumerate(points))
        more = ' marker-end="url(#tip)"' if arrow else ""
        more += ' stroke-dasharray="4 4"' if dashed else ""
        self._parts.append(f'<path class="line" d="{path}"{more}/>')

    def dot(self, x: float, y: float, style: str, radius: float = 5) -> None:
        """Draw a filled dot."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{style}"/>')

    def __str__(self) -> str:
        return "\n".join([*self._parts, "</svg>\n"])


def study() -> Picture:
    """Draw what a study is made of, and who does what."""
    picture = Picture("A study: a space, an algorithm and limits; trials; workers", 720, 250)
    picture.box(10, 10, 460, 230)
    picture.text(25, 35, "study")
    for row, (name, what) in enumerate(
        [
            ("space", "what may be drawn"),
            ("algorithm", "who continues"),
            ("sampler", "what comes next"),
            ("limits", "when it ends"),
        ]
    ):
        picture.box(22, 50 + 46 * row, 232, 36)
        picture.text(30, 73 + 46 * row, name)
        picture.text(246, 73 + 46 * row, what, "dim", "end")
    for number, (style, state) in enumerate(
        [("bad", "stopped"), ("good", "completed"), ("wait", "running"), ("wait", "running")]
    ):
        y = 50 + 46 * number
        picture.box(284, y, 176, 36)
        picture.text(292, y + 23, f"trial {number}")
        picture.dot(356, y + 18, style)
        picture.text(452, y + 23, state, "dim", "end")
    picture.line([(256, 142), (281, 142)], arrow=True)
    for row, name in enumerate(["worker a", "worker b"]):
        y = 142 + 46 * row
        picture.box(590, y, 110, 36)
        picture.text(645, y + 23, name, anchor="middle")
        picture.line([(463, y + 12), (586, y + 12)], arrow=True)
        picture.line([(586, y + 26), (463, y + 26)], arrow=True)
    picture.text(530, 134, "params", "dim", "middle")
    picture.text(530, 236, "metric, decision", "dim", "middle")
    return picture


def rung() -> Picture:
    """Draw twelve trials in the order in which they start, cut by the rule at three rungs."""
    picture = Picture("Twelve trials cut at the rungs of 1, 3 and 9 epochs", 720, 350)
    left, step, top, high = 120.0, 180.0, 50.0, 22.0
    for at, level in enumerate(LEVELS):
        x = left + step * at
        picture.line([(x, top - 12), (x, top + high * len(LOSSES))], dashed=at < len(LEVELS) - 1)
        picture.text(x, 28, f"epoch {level}", "dim", "middle")
    rungs: list[list[float]] = [[] for _ in LEVELS]
    for number, loss in enumerate(LOSSES):
        y = top + high * number + 6
        picture.text(8, y + 5, f"trial {number}", "dim")
        reached = 0
        for at, entries in enumerate(rungs):
            entries.append(loss)
            reached = at
            rank = sum(other < loss for other in entries) + 1
            if at == len(rungs) - 1 or not continue_(rank, len(entries), ETA):
                break
        x = left + step * reached
        done = reached == len(LEVELS) - 1
        picture.line([(70, y), (x, y)])
        picture.dot(x, y, "good" if done else "bad")
        picture.text(x + 10, y + 5, f"{loss:.2f}", "dim")
    y = top + high * len(LOSSES) + 24
    for at, entries in enumerate(rungs):
        may = max(1, quota(len(entries), ETA))
        said = f"{len(entries)} came" + (f", best {may} go on" if at < len(LEVELS) - 1 else "")
        picture.text(left + step * at, y, said, "dim", "middle")
    return picture


def bracket() -> Picture:
    """Draw the brackets of a conservative adaptive search: sixty trials, at most 27 epochs."""
    picture = Picture("Brackets of adaptive ASHA: one cuts early, the last never", 720, 240)
    rungs, trials = (4, 3, 2, 1), 60
    for number, (count, share) in enumerate(
        zip(rungs, split_trials(trials, ETA, rungs), strict=True)
    ):
        left = 20 + 180 * number
        picture.text(left, 24, f"bracket {number}: {share} trials")
        for row, level in enumerate(rung_levels(count, 27, ETA)):
            y = 148 - 36 * row
            size = share
            for _ in range(row):
                size = quota(size, ETA)
            picture.text(left + 16, y + 19, f"{level}", "dim", "end")
            picture.box(left + 24, y, 3.5 * size, 26, "good" if level == 27 else "wait")
            picture.text(left + 30 + 3.5 * size, y + 19, f"{size}", "dim")
    picture.text(20, 210, "rows: the epoch of a rung; bars: trials planned to reach it", "dim")
    return picture


def lease() -> Picture:
    """Draw how a worker goes silent, its lease ends, another resumes, and the late one stops."""
    picture = Picture("A lease ends, and another worker resumes from the checkpoint", 720, 250)
    for row, name in enumerate(["worker a", "daemon", "worker b"]):
        picture.text(8, 50 + 80 * row, name)
    picture.box(90, 30, 180, 30)
    picture.text(180, 50, "trial 3, attempt 1", anchor="middle")
    for beat in range(4):
        x = 110 + 45 * beat
        picture.line([(x, 62), (x, 104)], arrow=True)
    picture.text(256, 92, "reports, heartbeats", "dim")
    picture.text(280, 50, "silent", "dim")
    picture.box(90, 108, 320, 30, "box")
    picture.text(250, 128, "lease of attempt 1, renewed by each call", anchor="middle")
    picture.box(410, 108, 56, 30, "box")
    picture.text(438, 128, "queued", anchor="middle")
    picture.box(466, 108, 244, 30, "box")
    picture.text(588, 128, "lease of attempt 2", anchor="middle")
    picture.line([(466, 140), (466, 186)], arrow=True)
    picture.text(474, 170, "from its checkpoint", "dim")
    picture.box(466, 190, 244, 30)
    picture.text(588, 210, "trial 3, attempt 2", anchor="middle")
    picture.line([(530, 40), (530, 104)], arrow=True)
    picture.line([(640, 104), (640, 40)], arrow=True)
    picture.text(520, 32, "a late report", "dim", "middle")
    picture.text(645, 32, "STOP, SUPERSEDED", "dim", "middle")
    return picture


# Where the states stand: (column, row).
_PLACES = {
    "QUEUED": (0, 1), "RUNNING": (1, 1), "PAUSED": (1, 0),
    "COMPLETED": (2, 0), "STOPPED": (2, 1), "FAILED": (2, 2), "INFEASIBLE": (2, 3),
    "CANCELLED": (0, 3),
}  # fmt: skip
# What the worker of a lost trial may still do is in the table, and would cross all other arrows.
_BY_A_LOST_WORKER = {("QUEUED", end) for end in ("COMPLETED", "STOPPED", "FAILED", "INFEASIBLE")}


def states() -> Picture:
    """Draw the states of a trial, each arrow one that the table of transitions has."""
    picture = Picture("The states of a trial", 720, 380)
    corner = {name: (30 + 265 * c, 24 + 92 * r) for name, (c, r) in _PLACES.items()}
    width, height = 130, 40
    live = {state for state, _ in TRANSITIONS}
    for name, (x, y) in corner.items():
        picture.box(x, y, width, height)
        picture.text(x + width / 2, y + 25, name, "" if name in live else "dim", "middle")
    between = {
        (before, after)
        for (before, _), following in TRANSITIONS.items()
        for after in following
        if before != after and (before, after) not in _BY_A_LOST_WORKER
    }
    for before, after in sorted(between):
        (x, y), (u, v) = corner[before], corner[after]
        back = -8 if (after, before) in between and (before, after) > (after, before) else 0
        back = back or (8 if (after, before) in between else 0)
        if x == u:
            down = v > y
            start = (x + width / 2 + back, y + height if down else y)
            end = (u + width / 2 + back, v - 3 if down else v + height + 3)
        else:
            right = u > x
            start = (x + width if right else x, y + height / 2 + back)
            end = (u - 3 if right else u + width + 3, v + height / 2 + back)
        picture.line([start, end], arrow=True)
    return picture


def pictures() -> dict[str, str]:
    """Return each picture by the name of its file."""
    return {f"{draw.__name__}.svg": str(draw()) for draw in (study, rung, bracket, lease, states)}


if __name__ == "__main__":
    for name, text in pictures().items():
        (FOLDER / name).write_text(text)
