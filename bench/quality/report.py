"""What the runs say, in words and figures: `results.md`, and a picture for each family.

Of a table and a method all seeds there are count, and a figure is their median. `anytime` is the
mean of the regrets at `TIMES`, so that no goal has to be reached to be compared; a score is that of
a method over that of random search on the same table. Over tables it is the median again. Nine of
ten: where the figure lies when the seeds are drawn again from those there are (the bootstrap).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from statistics import mean, median, quantiles

from bench.quality import pictures, runs
from bench.quality.methods import OURS, PEERS
from bench.quality.runs import BUDGETS, NEVER, Kept, Run, budget
from bench.quality.tables import FIRST, Task, names, task

HERE = Path(__file__).parent
TIMES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)  # full trainings
GOALS = (0.05, 0.01)
WORKERS = 16
LEAST = 0.001  # on an easy table random search has a regret of 0 from the first report on
WITH_TPE = "asha stopping + tpe"
AGAIN = 200  # times that the seeds are drawn
FEW = 1  # seeds: with less a table does not count; the tables say how many there were

Runs = dict[tuple[str, str, int], list[Run]]  # by table, method and workers
Known = dict[tuple[int, float], float]  # regret by run and time


class Found:
    """The runs by table, method and workers."""

    def __init__(self, tasks: dict[str, Task], runs: Runs, known: Known | None = None) -> None:
        self.tasks, self._runs = tasks, runs
        self._known: Known = {} if known is None else known

    @classmethod
    def of(cls, kept: Kept, folder: Path) -> Found:
        """Sort what was kept."""
        runs: Runs = {}
        for key, run in kept.items():
            runs.setdefault((key.task, key.method, key.workers), []).append(run)
        return cls({name: task(folder, name) for name in names(folder)}, runs)

    def again(self, random: Random) -> Found:
        """Return as many runs, drawn from these with replacement."""
        drawn = {key: random.choices(runs, k=len(runs)) for key, runs in self._runs.items()}
        return Found(self.tasks, drawn, self._known)

    def runs(self, name: str, method: str, workers: int = WORKERS) -> list[Run]:
        """Return the runs there are, whatever their seed."""
        return self._runs.get((name, method, workers), [])

    def seeds(self, method: str, tables: list[str], workers: int = WORKERS) -> int:
        """Return the least number of seeds on any of the tables."""
        return min(len(self.runs(name, method, workers)) for name in tables)

    def regret(self, name: str, method: str, time: float, workers: int = WORKERS) -> float:
        """Return the median regret at a time."""
        return median(self._at(run, time) for run in self.runs(name, method, workers))

    def reaches(self, name: str, method: str, goal: float, workers: int = WORKERS) -> float:
        """Return the median time to a goal; `NEVER` where half of the runs do not reach it."""
        return median(run.reaches(goal) for run in self.runs(name, method, workers))

    def score(self, name: str, method: str, workers: int = WORKERS) -> float:
        """Return the anytime regret over that of random search."""
        times = [time for time in TIMES if time <= BUDGETS[workers]]
        own, random = (
            mean(self.regret(name, which, time, workers) for time in times)
            for which in (method, "random")
        )
        return (own + LEAST) / (random + LEAST)

    def speedup(self, name: str, method: str, workers: int) -> float | None:
        """Return how much sooner than random search 0.05 is reached, at least.

        None where neither reaches it in the time that ours has.
        """
        own = self.reaches(name, method, GOALS[0], workers)
        random = self.reaches(name, "random", GOALS[0], workers)
        if own == NEVER:
            return None if random > BUDGETS[workers] else random / BUDGETS[workers]
        return min(random, budget("random", workers)) / own

    def having(self, method: str, workers: int = WORKERS) -> list[str]:
        """Return the tables on which a method, and random search, ran with enough seeds."""
        return [
            name
            for name in self.tasks
            if self.seeds(method, [name], workers) >= FEW
            and self.seeds("random", [name], workers) >= FEW
        ]

    def _at(self, run: Run, time: float) -> float:
        key = id(run), time
        if key not in self._known:
            self._known[key] = run.at(time)
        return self._known[key]


def write(kept: Kept, folder: Path) -> None:
    """Pack the runs, write the tables and draw the pictures."""
    runs.pack(kept)
    found = Found.of(kept, folder)
    random = Random(1)
    drawn = [found.again(random) for _ in range(AGAIN)]
    parts = [
        _head(found), _first(found, drawn), _by_table(found), _all(found), _default(found, drawn),
    ]  # fmt: skip
    (HERE / "results.md").write_text("\n".join(line for part in parts for line in part) + "\n")
    pictures.draw(found.runs, [found.tasks[name] for name in FIRST], WORKERS)


def default(found: Found) -> str:
    """Return the method that is best on the half of the tables that choose.

    Of those with random draws, which are a study's default; TPE is judged beside it.
    """
    scores = {
        method: median(
            found.score(name, method) for name in found.having(method) if not _judges(found, name)
        )
        for method in OURS
        if len(found.having(method)) == len(found.tasks) and method != WITH_TPE
    }
    return min(scores, key=lambda method: scores[method]) if scores else "asha stopping"


def _judges(found: Found, name: str) -> bool:
    return found.tasks[name].judged


def _head(found: Found) -> list[str]:
    many = sum(t.judged for t in found.tasks.values())
    return [
        "# Quality of the search", "",
        "Written by `make bench-quality`; the runs are in `runs.jsonl.gz`. Regret: (best value",
        "reported so far - the table's best) / (median final value - best). Time is counted in",
        "full trainings (the median seconds of one). Figures are medians over seeds, then tables.",
        f"{len(found.tasks)} tables, of which {len(found.tasks) - many} choose the default and",
        f"{many} judge it: those whose name's SHA-256 begins with an odd byte.",
    ]  # fmt: skip


def _first(found: Found, drawn: list[Found]) -> list[str]:
    lines = [
        "", f"## The first eight tables, {WORKERS} workers, {BUDGETS[WORKERS]} full trainings", "",
        "n: seeds on each table, at least. Score: mean regret over time against random search's,",
        "in brackets nine of ten.",
        "", "| method | n | regret at 1/2 | at 2 | at 8 | score | to 0.05 | to 0.01 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    first = list(FIRST)
    for method in [*OURS, *PEERS]:
        many = found.seeds(method, first)
        if not many:
            continue
        row = [median(found.regret(name, method, t) for name in first) for t in (0.5, 2, 8)]
        score = _spread(found, drawn, partial(_score, method, first))
        goals = [_time(median(found.reaches(n, method, goal) for n in first)) for goal in GOALS]
        cells = [method, str(many), *(f"{value:.3f}" for value in row), score, *goals]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _by_table(found: Found) -> list[str]:
    lines = [
        "",
        "Time to a regret of 0.05 by table; -: half of the runs never; `j`: it judges.",
        "",
    ]
    heads = [f"{_short(n)}{' `j`' if _judges(found, n) else ''}" for n in FIRST]
    lines += [f"| method | {' | '.join(heads)} |", "|---|" + "---:|" * len(FIRST)]
    for method in [*OURS, *PEERS]:
        if found.seeds(method, list(FIRST)):
            cells = [_time(found.reaches(name, method, GOALS[0])) for name in FIRST]
            lines.append(f"| {method} | {' | '.join(cells)} |")
    costs = sorted({f"{_family(t)}: {t.cost}" for t in found.tasks.values()})
    return [*lines, "", f"Costs: {'; '.join(costs)}."]


def _all(found: Found) -> list[str]:
    lines = [
        "", "## All tables, our methods", "",
        "How much sooner than random search a regret of 0.05 is reached, on the median table where",
        "either reaches it (random search is followed 8 times as long, and counts as that long",
        "where it does not reach it even then), and the score in brackets; tables, least seeds.",
        "",
        "| method | " + " | ".join(f"{w} workers" for w in BUDGETS) + " |",
        "|---|" + "---:|" * len(BUDGETS),
    ]  # fmt: skip
    for method in OURS:
        if method == "random":
            continue
        cells = [_cell(found, method, workers) for workers in BUDGETS]
        if any(cells):
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return lines


def _cell(found: Found, method: str, workers: int) -> str:
    tables = found.having(method, workers)
    if len(tables) <= len(FIRST):
        return ""
    speed = [s for name in tables if (s := found.speedup(name, method, workers))]
    score = median(found.score(name, method, workers) for name in tables)
    seeds = found.seeds(method, tables, workers)
    return f"{median(speed):.1f} ({score:.2f}); {len(tables)}, {seeds}"


def _default(found: Found, drawn: list[Found]) -> list[str]:
    chosen = default(found)
    lines = [
        "", "## The default", "",
        "Chosen on the choosing half, of those with random draws that ran on all tables, by the",
        f"score: **{chosen}**.",
        *_judged(found, drawn, chosen),
    ]  # fmt: skip
    if found.having(WITH_TPE):
        half = [name for name in found.having(WITH_TPE) if not _judges(found, name)]
        scores = " against ".join(f"{_score(m, half, found):.3f}" for m in (WITH_TPE, chosen))
        lines += ["", f"Beside it **{WITH_TPE}**, whose score on the choosing half is {scores}."]
        lines += _judged(found, drawn, WITH_TPE)
    return lines + _christine(found)


def _judged(found: Found, drawn: list[Found], method: str) -> list[str]:
    judging = [name for name in found.having(method) if _judges(found, name)]
    least = found.seeds(method, judging)
    lines = [
        "", f"On the judging half, {WORKERS} workers, {least} seeds or more;",
        "times: its score over the peer's, median table, in brackets nine of ten (aim: 1).", "",
        "| peer | tables | least seeds | its score | ours there | times | not behind on |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    ran = {peer: [n for n in found.having(peer) if n in judging] for peer in PEERS}
    for peer in PEERS:
        if tables := ran[peer]:
            theirs, own = ([found.score(n, m) for n in tables] for m in (peer, method))
            wins = sum(a <= b for a, b in zip(own, theirs, strict=True))
            times = _spread(found, drawn, partial(_times, method, {n: [peer] for n in tables}))
            many = found.seeds(peer, tables)
            row = (
                peer, len(tables), many, f"{median(theirs):.3f}", f"{median(own):.3f}", times, wins,
            )  # fmt: skip
            lines.append("| " + " | ".join(map(str, row)) + " |")
    if beside := {n: peers for n in judging if (peers := [p for p in PEERS if n in ran[p]])}:
        times = _spread(found, drawn, partial(_times, method, beside))
        lines += [
            "",
            f"Against the best of them on each of {len(beside)} tables: {times} times; of",
        ]
        lines.append(
            "several that are alike, the best on each is better than any of them, by luck."
        )
    for workers, aim in ((16, 5), (64, 3)):
        tables = [name for name in found.having(method, workers) if _judges(found, name)]
        speed = [s for name in tables if (s := found.speedup(name, method, workers))]
        if len(tables) == len(judging) and speed:
            middle = median(speed)
            lines += ["", f"{workers} workers: 0.05 {middle:.1f} times sooner than random search"]
            lines[-1] += f" on the median of {len(speed)} judging tables (aim {aim})."
    return lines


def _score(method: str, tables: list[str], found: Found) -> float:
    return median(found.score(name, method) for name in tables)


def _times(method: str, peers: dict[str, list[str]], found: Found) -> float:
    """Return the score over that of the best of the peers of each table, on the median table."""
    return median(
        found.score(name, method) / min(found.score(name, peer) for peer in those)
        for name, those in peers.items()
    )


def _spread(found: Found, drawn: list[Found], figure: Callable[[Found], float]) -> str:
    """Return a figure, and where it lies in nine of ten draws."""
    cuts = quantiles([figure(again) for again in drawn], n=20)
    return f"{figure(found):.3f} ({cuts[0]:.3f} to {cuts[-1]:.3f})"


def _christine(found: Found) -> list[str]:
    name = "lcbench/christine"
    random = found.reaches(name, "random", GOALS[0])
    parts = []
    for method in [m for m in OURS if m.startswith("adaptive")]:
        if found.seeds(method, [name]):
            own = found.reaches(name, method, GOALS[0])
            parts.append(f"{method} {_time(own)} ({own / random:.2f} times)")
    text = f"On `{name}` random search reaches 0.05 at {_time(random)}; {', '.join(parts)}."
    return ["", text]


def _short(name: str) -> str:
    return name.split("/")[1].replace("FixedTextRNNClassification_imdb_", "")


def _family(task: Task) -> str:
    return task.name if task.name.startswith("opda") else task.name.split("/")[0]


def _time(time: float) -> str:
    return "-" if time == NEVER else f"{time:.2f}"
