"""Reports a second beside Optuna's gRPC storage proxy, as users run both: blocking Python workers.

    python -m bench.peers [--workers 4 16 64] [--trials 0]

Optuna with SQLite behind its proxy and its successive-halving pruner, in an environment of its own
(`make bench-peers`). Each worker is a process; for each number of them and of finished trials, the
two services take turns, and the ratio is that of neighbours.
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
from bench.crew import Crew, expect, process
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
)  # fmt: skip


def main() -> int:
    """Measure, print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="*", default=list(AIMS))
    parser.add_argument("--trials", type=int, nargs="*", default=[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    if not PEERS.exists():
        parser.error("there is no environment with Optuna: make bench-peers")
    BUILD.mkdir(exist_ok=True)
    found = []
    print("| workers | finished trials | ashad: reports/s, p50, p99 | Optuna | times |")
    print("|---|---|---|---|---|")
    for trials in options.trials:
        with (
            tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder,
            ExitStack() as stack,
        ):
            crews = _serve(stack, Path(folder), trials, max(options.workers))
            for workers in options.workers:
                found.append(_compare(crews, workers, options) | {"trials": trials})
                print(_row(found[-1]), flush=True)
    for case in found:
        _judge(case)
    keep(f"peers {options.trials}", found)
    return 0


def _serve(stack: ExitStack, folder: Path, trials: int, workers: int) -> dict[str, Crew]:
    """Start both services on files with so many finished trials, and workers of each."""
    log = stack.enter_context((folder / "log").open("w"))
    asyncio.run(fill(folder / "ashad.db", trials, 0, SPEC))
    ours = daemon(stack, folder / "ashad.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [str(PEERS), "bench/optuna_server.py", f"{folder}/optuna.db", port, str(trials)]
    expect(stack.enter_context(process(command, log)), "listening on")
    return {
        "ashad": Crew(stack, [[sys.executable, WORKER, "ashad", ours.address]] * workers),
        "optuna": Crew(stack, [[str(PEERS), WORKER, "optuna", port]] * workers),
    }


def _compare(crews: dict[str, Crew], workers: int, options: argparse.Namespace) -> dict[str, Any]:
    rates: dict[str, list[float]] = {"ashad": [], "optuna": []}
    waits: dict[str, list[float]] = {"ashad": [], "optuna": []}
    for _ in range(options.rounds):
        for name, crew in crews.items():
            told = crew.ask(options.seconds, workers)
            done = [float(word) for line in told for word in line.split()]
            rates[name].append(len(done) / options.seconds)
            waits[name] += done
    return {"workers": workers, "rates": rates, **{
        name: {"rate": median(rates[name]), "p50_ms": 1e3 * median(times),
               "p99_ms": 1e3 * quantiles(times, n=100)[98]}
        for name, times in waits.items()
    }}  # fmt: skip


def _times(found: dict[str, Any]) -> list[float]:
    both = zip(found["rates"]["ashad"], found["rates"]["optuna"], strict=True)
    return [ours / theirs for ours, theirs in both]


def _row(found: dict[str, Any]) -> str:
    cells = [
        f"{figures['rate']:,.0f}, {figures['p50_ms']:.1f} ms, {figures['p99_ms']:.0f} ms"
        for figures in (found["ashad"], found["optuna"])
    ]
    times = median(_times(found))
    return f"| {found['workers']} | {found['trials']:,} | {cells[0]} | {cells[1]} | {times:.0f} |"


def _judge(found: dict[str, Any]) -> None:
    low, middle, high = quantiles(_times(found), n=4)
    wanted = AIMS.get(found["workers"], 0)
    aim(
        f"{found['workers']} workers, {found['trials']:,} trials, times Optuna's reports/s", middle,
        f">= {wanted}", met=middle >= wanted, spread=f"{low:.0f} to {high:.0f}",
    )  # fmt: skip


if __name__ == "__main__":
    assert STUDY == "bench"  # as the workers know it
    sys.exit(main())
