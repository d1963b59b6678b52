"""What a decision costs, beside the rungs of Syne Tune 0.13 and 0.16 and of Ray Tune.

    python -m bench.decisions [--entries 1000 10000 100000 1000000] [--rounds 5]

An entry with a random score into a full rung, and its decision: microseconds of processor time.
Each library is a process in an environment of its own (`make bench-peers` installs them; who is not
there is left out), and they take turns. Syne Tune 0.13 promotes and is held against our promotion;
the two others stop and are held against our stopping. Nothing is extrapolated: a million entries
are put into each rung at once.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from bench.crew import Crew
from bench.result import aim, keep

HOME = Path(".venv-peers")
AIM = 3000.0  # times, at AIM_AT entries
AIM_AT = 10**6
PEERS = {  # its environment, and which of our rules it is held against
    "syne-tune-0.13": ("syne-tune==0.13.0", "ashad-promotion"),
    "syne-tune-0.16": ("syne-tune==0.16.0", "ashad-stopping"),
    "ray": ("ray==2.60.0", "ashad-stopping"),
}


def main() -> int:
    """Measure, print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, nargs="*", default=[10**k for k in range(3, 7)])
    parser.add_argument("--rounds", type=int, default=5, help="turns of each library")
    parser.add_argument("--seconds", type=float, default=0.3, help="length of a turn, about")
    options = parser.parse_args()
    pythons = {"ashad-stopping": sys.executable, "ashad-promotion": sys.executable}
    for peer, (folder, _) in PEERS.items():
        python = HOME / folder / "bin/python"
        if python.exists():
            pythons[peer] = str(python)
        else:
            print(f"{peer} is left out, there is no {python}: make bench-peers")
    found: dict[int, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        crews = {
            name: Crew(stack, [[python, "-m", "bench.decider", name]])
            for name, python in pythons.items()
        }
        print("| entries |", " | ".join(crews), "|")
        print("|---" * (len(crews) + 1) + "|")
        for entries in options.entries:
            costs: dict[str, list[float]] = {name: [] for name in crews}
            found[entries] = costs
            for crew in crews.values():
                crew.ask(f"fill {entries}")
            for _ in range(options.rounds):
                for name, crew in crews.items():
                    costs[name].append(float(crew.ask(f"work {options.seconds}")[0]))
            cells = [_cell(name, costs) for name in crews]
            print(f"| {entries:,} |", " | ".join(cells), "|", flush=True)
    if AIM_AT in found:
        for name in pythons.keys() & PEERS.keys():
            low, middle, high = quantiles(_times(name, found[AIM_AT]), n=4)
            aim(
                f"a decision among {AIM_AT:,}, {name} in ours, times", middle, f">= {AIM:.0f}",
                met=middle >= AIM, spread=f"{low:.0f} to {high:.0f}",
            )  # fmt: skip
    keep("decisions", {str(entries): costs for entries, costs in found.items()})
    return 0


def _times(name: str, costs: dict[str, list[float]]) -> list[float]:
    ours = costs[PEERS[name][1]]
    return [theirs / mine for theirs, mine in zip(costs[name], ours, strict=True)]


def _cell(name: str, costs: dict[str, list[float]]) -> str:
    told = f"{median(costs[name]):,.1f} us"
    return f"{told}, {median(_times(name, costs)):,.0f} times" if name in PEERS else told


if __name__ == "__main__":
    sys.exit(main())
