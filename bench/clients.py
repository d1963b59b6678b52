"""Reports a second through each client, beside a bare generated stub in the same language.

    python -m bench.clients [--count 100] [--rounds 30] [--passes 3] [LANGUAGE ...]

One daemon, on a real file. Each client brings a program of its own (`build/bench`, see
client/README.md), in which client and stub take turns in one closed loop; here the languages take
turns, too. A ratio is that of two neighbours, and the figure their median.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from bench.result import BUILD, keep
from bench.servers import daemon

AIM = 0.9  # of the bare stub's reports a second
PROGRAMS = {"python": [sys.executable, "client/python/tools/bench.py"]} | {
    path.parts[1]: [str(path)] for path in sorted(Path().glob("client/*/build/bench"))
}


def main() -> int:
    """Measure, print a table as Markdown; 1 if a client costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("languages", nargs="*", default=list(PROGRAMS), metavar="LANGUAGE")
    parser.add_argument("--count", type=int, default=100, help="reports in a round")
    parser.add_argument("--rounds", type=int, default=30, help="rounds of each program in a pass")
    parser.add_argument("--passes", type=int, default=3, help="turns of each language")
    options = parser.parse_args()
    if unknown := set(options.languages) - set(PROGRAMS):
        parser.error(f"not built, see make clients: {', '.join(sorted(unknown))}")
    BUILD.mkdir(exist_ok=True)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in options.languages}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        ours = daemon(stack, Path(folder) / "ashad.db")
        for _ in range(options.passes):
            for name, rounds in found.items():
                rounds.extend(measure(name, ours.address, options.count, options.rounds))
    print("| client | reports a second | bare stub | ratio (half the rounds) | aim |")
    print("|---|---|---|---|---|")
    costly = [name for name, rounds in found.items() if row(name, rounds) < AIM]
    keep("clients", {"count": options.count, "rounds": found})
    return 1 if costly else 0


def measure(name: str, address: str, count: int, rounds: int) -> list[tuple[float, float]]:
    """Run one client's program; return its rounds but the first, which only warms up."""
    command = [*PROGRAMS[name], address, str(count), str(rounds + 1)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    pairs = []
    for line in done.stdout.splitlines():
        wrapper, through_the_client, bare, through_the_stub = line.split(" ")
        assert (wrapper, bare) == ("wrapper", "bare"), line
        pairs.append((float(through_the_client), float(through_the_stub)))
    assert len(pairs) == rounds + 1, f"{name} did {len(pairs)} rounds of {rounds + 1}"
    return pairs[1:]


def row(name: str, rounds: list[tuple[float, float]]) -> float:
    """Print one line of the table; return the ratio."""
    low, middle, high = quantiles([wrapper / bare for wrapper, bare in rounds], n=4)
    rates = [round(median(column)) for column in zip(*rounds, strict=True)]
    aim = "met" if middle >= AIM else "**missed**"
    spread = f"{middle:.2f} ({low:.2f} to {high:.2f})"
    print(f"| {name} | {rates[0]:,} | {rates[1]:,} | {spread} | {AIM}: {aim} |")
    return middle


if __name__ == "__main__":
    sys.exit(main())
