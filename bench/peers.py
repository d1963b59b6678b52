"""Reports a second beside Optuna's gRPC storage proxy, as users run both: blocking Python workers.

    python -m bench.peers [--workers 4 16 64] [--trials 0]

Optuna with SQLite behind its proxy and its successive-halving pruner, in an environment of its own
(`make bench-peers`). Each worker is a process; for each number of them and of finished trials, the
two services take turns, and the ratio is that of neighbours. A worker's time ends with its last
report, however late. Workers that do not begin, or answer, within `--patience` have no figure.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from ashad_client.v1 import ashad_pb2 as pb

from bench.callers import STUDY
from bench.crew import Crew, Silent, expect, process
from bench.growth import fill
from bench.result import BUILD, aim, keep
from bench.servers import daemon

PEERS = Path(".venv-peers/optuna==5.0.0/bin/python")
WORKER = "bench/worker.py"
AIMS = {4: 30, 16: 60, 64: 150}  # times
SPEC = pb.StudySpec(
    metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=27, seed=1,
    space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
    asha=pb.Asha(variant=pb.ASHA_VARIANT_STOPPING, min_resource=1, eta=3),
    random_sampler=pb.RandomSampler(),  # as the peer draws
)  # fmt: skip


def main() -> int:
    """Measure, print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="*", default=list(AIMS))
    parser.add_argument("--trials", type=int, nargs="*", default=[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument(
        "--patience", type=float, default=240.0, help="seconds for a start or round"
    )
    options = parser.parse_args()
    if not PEERS.exists():
        parser.error("there is no environment with Optuna: make bench-peers")
    BUILD.mkdir(exist_ok=True)
    found: list[dict[str, Any]] = []
    print("| workers | finished trials | ashad: reports/s, p50, p99 | Optuna | times |")
    print("|---|---|---|---|---|")
    try:
        for trials in options.trials:
            with (
                tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder,
                ExitStack() as stack,
            ):
                services = _serve(stack, Path(folder), trials)
                for workers in options.workers:
                    found.append(_case(services, workers, options) | {"trials": trials})
                    print(_row(found[-1]), flush=True)
    finally:  # hours, perhaps: what was measured is not lost
        for case in found:
            _judge(case)
        keep(f"peers {options.trials}", found)
    return 0


def _serve(stack: ExitStack, folder: Path, trials: int) -> dict[str, list[str]]:
    """Start both services on files with so many finished trials; return how to work for each."""
    log = stack.enter_context((folder / "log").open("w"))
    asyncio.run(fill(folder / "ashad.db", trials, 0, SPEC))
    ours = daemon(stack, folder / "ashad.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [str(PEERS), "bench/optuna_server.py", f"{folder}/optuna.db", port, str(trials)]
    expect(stack.enter_context(process(command, log)), "listening on")
    return {
        "ashad": [sys.executable, WORKER, "ashad", ours.address],
        "optuna": [str(PEERS), WORKER, "optuna", port],
    }


def _case(
    services: dict[str, list[str]], workers: int, options: argparse.Namespace
) -> dict[str, Any]:
    """Let so many workers of each take turns; who stays silent has no figures."""
    found: dict[str, Any] = {"workers": workers, "rates": {}, "silent": []}
    with ExitStack() as stack:
        crews = {}
        for name, command in services.items():
            try:
                crews[name] = Crew(stack, [command] * workers, within=options.patience)
            except Silent:
                found["silent"].append(name)
        waits: dict[str, list[float]] = {name: [] for name in crews}
        for _ in range(options.rounds):
            for name in [name for name in crews if name not in found["silent"]]:
                try:
                    told = crews[name].ask(options.seconds, options.patience)
                except Silent:
                    found["silent"].append(name)
                    continue
                times = [[float(word) for word in line.split()] for line in told]
                rate = sum(len(own) / took for took, *own in times)
                found["rates"].setdefault(name, []).append(rate)
                waits[name] += [wait for _, *own in times for wait in own]
    for name, rates in found["rates"].items():
        found[name] = {"rate": median(rates), "p50_ms": 1e3 * median(waits[name]),
                       "p99_ms": 1e3 * quantiles(waits[name], n=100)[98]}  # fmt: skip
    return found


def _times(found: dict[str, Any]) -> list[float]:
    both = zip(found["rates"].get("ashad", []), found["rates"].get("optuna", []), strict=False)
    return [ours / theirs for ours, theirs in both]


def _row(found: dict[str, Any]) -> str:
    cells = []
    for name in ("ashad", "optuna"):
        figures = found.get(name)
        cells.append(
            f"{figures['rate']:,.0f}, {figures['p50_ms']:.1f} ms, {figures['p99_ms']:.0f} ms"
            if figures else "no answer in time"
        )  # fmt: skip
    times = _times(found)
    cells.append(f"{median(times):.0f}" if times else "-")
    return f"| {found['workers']} | {found['trials']:,} | {' | '.join(cells)} |"


def _judge(found: dict[str, Any]) -> None:
    times, wanted = _times(found), AIMS.get(found["workers"], 0)
    what = f"{found['workers']} workers, {found['trials']:,} trials"
    if found["silent"]:
        print(f"NO FIGURE   {what}: {', '.join(found['silent'])} gave no answer in time")
    if times:
        middle, spread = median(times), f"{min(times):.0f} to {max(times):.0f}"
        what = f"{what}, times Optuna's reports/s"
        aim(what, middle, f">= {wanted}", met=middle >= wanted, spread=spread)


if __name__ == "__main__":
    assert STUDY == "bench"  # as the workers know it
    sys.exit(main())
