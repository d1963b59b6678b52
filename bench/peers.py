"""Reports a second beside Optuna's gRPC storage proxy, as users run both: blocking Python workers.

    python -m bench.peers [--workers 4 16 64] [--trials 0 10000]

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
from bench.result import BUILD, keep
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
    parser.add_argument("--trials", type=int, nargs="*", default=[0, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    if not PEERS.exists():
        parser.error("there is no environment with Optuna: make bench-peers")
    BUILD.mkdir(exist_ok=True)
    found = []
    print("| workers | finished trials | ashad: reports/s, p50, p99 | Optuna | times | aim |")
    print("|---|---|---|---|---|---|")
    for trials in options.trials:
        with (
            tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder,
            ExitStack() as stack,
        ):
            address, port = _serve(stack, Path(folder), trials)
            for workers in options.workers:
                found.append(_compare(address, port, workers, options))
                found[-1]["trials"] = trials
                print(_row(found[-1]), flush=True)
    keep("peers", found)
    return 0


def _serve(stack: ExitStack, folder: Path, trials: int) -> tuple[str, str]:
    """Start both services on files with so many finished trials; return where they are."""
    log = stack.enter_context((folder / "log").open("w"))
    asyncio.run(fill(folder / "ashad.db", trials, 0, SPEC))
    ours = daemon(stack, folder / "ashad.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [str(PEERS), "bench/optuna_server.py", f"{folder}/optuna.db", port, str(trials)]
    expect(stack.enter_context(process(command, log)), "listening on")
    return ours.address, port


def _compare(address: str, port: str, workers: int, options: argparse.Namespace) -> dict[str, Any]:
    rates: dict[str, list[float]] = {"ashad": [], "optuna": []}
    waits: dict[str, list[float]] = {"ashad": [], "optuna": []}
    with ExitStack() as stack:
        crews = {
            "ashad": Crew(stack, [[sys.executable, WORKER, "ashad", address]] * workers),
            "optuna": Crew(stack, [[str(PEERS), WORKER, "optuna", port]] * workers),
        }
        for _ in range(options.rounds):
            for name, crew in crews.items():
                done = [float(word) for told in crew.ask(options.seconds) for word in told.split()]
                rates[name].append(len(done) / options.seconds)
                waits[name] += done
    return {"workers": workers, "rates": rates, **{
        name: {"rate": median(rates[name]), "p50_ms": 1e3 * median(times),
               "p99_ms": 1e3 * quantiles(times, n=100)[98]}
        for name, times in waits.items()
    }}  # fmt: skip


def _row(found: dict[str, Any]) -> str:
    both = zip(found["rates"]["ashad"], found["rates"]["optuna"], strict=True)
    times = median(ours / theirs for ours, theirs in both)
    aim = AIMS.get(found["workers"], 0)
    cells = [
        f"{figures['rate']:,.0f}, {figures['p50_ms']:.1f} ms, {figures['p99_ms']:.0f} ms"
        for figures in (found["ashad"], found["optuna"])
    ]
    met = "met" if times >= aim else "**missed**"
    return (
        f"| {found['workers']} | {found['trials']:,} | {cells[0]} | {cells[1]} | "
        f"{times:.0f} | {aim}: {met} |"
    )


if __name__ == "__main__":
    assert STUDY == "bench"  # as the workers know it
    sys.exit(main())
