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
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from ashad_client.v1 import ashad_pb2 as pb

from bench.growth import fill
from bench.load import STUDY
from bench.reports import started
from bench.result import BUILD, FILE, keep

PEERS = Path(".venv-peers/bin/python")
AIMS = {4: 30, 16: 60, 64: 150}  # times
SPEC = pb.StudySpec(
    metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=27, seed=1,
    space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
    asha=pb.Asha(variant=pb.ASHA_VARIANT_STOPPING, min_resource=1, eta=3),
)  # fmt: skip


class Crew:
    """Worker processes of one service."""

    def __init__(self, stack: ExitStack, python: Path, service: str, place: str, size: int) -> None:
        command = [str(python), "bench/worker.py", service, place]
        self.members = [
            stack.enter_context(_process(command, subprocess.DEVNULL)) for _ in range(size)
        ]
        for member in self.members:
            _expect(member, "ready")

    def work(self, seconds: float) -> list[float]:
        """Let all work; return the seconds of each report."""
        for member in self.members:
            assert member.stdin is not None
            member.stdin.write(f"{seconds}\n")
            member.stdin.flush()
        return [float(word) for member in self.members for word in _line(member).split()]


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
    print(f"raw numbers: {FILE}")
    return 0


def _serve(stack: ExitStack, folder: Path, trials: int) -> tuple[str, str]:
    """Start both services on files with so many finished trials; return where they are."""
    log = stack.enter_context((folder / "log").open("w"))
    asyncio.run(fill(folder / "ashad.db", trials, 0, SPEC))
    arguments = ["-m", "ashad", "--address", "127.0.0.1:0", "--db", str(folder / "ashad.db")]
    daemon = stack.enter_context(started("daemon", arguments, log))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [str(PEERS), "bench/optuna_server.py", f"{folder}/optuna.db", port, str(trials)]
    _expect(stack.enter_context(_process(command, log)), "listening on")
    return daemon.address, port


def _compare(address: str, port: str, workers: int, options: argparse.Namespace) -> dict[str, Any]:
    rates: dict[str, list[float]] = {"ashad": [], "optuna": []}
    waits: dict[str, list[float]] = {"ashad": [], "optuna": []}
    with ExitStack() as stack:
        crews = {
            "ashad": Crew(stack, Path(sys.executable), "ashad", address, workers),
            "optuna": Crew(stack, PEERS, "optuna", port, workers),
        }
        for _ in range(options.rounds):
            for name, crew in crews.items():
                done = crew.work(options.seconds)
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


@contextmanager
def _process(command: list[str], log: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _expect(process: subprocess.Popen[str], word: str) -> None:
    line = _line(process)
    if word not in line:
        raise RuntimeError(f"{process.args!r} said {line!r}")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


if __name__ == "__main__":
    assert STUDY == "bench"  # as the workers know it
    sys.exit(main())
