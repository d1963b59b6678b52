"""Durable reports a second, against an empty echo on the same kind of server in the same run.

    python -m bench.reports [--seconds 0.5] [--rounds 20] [KIND ...]

A kind is a number of callers, or `16x10`: 16 streams with 10 reports in each message.

Short rounds of the daemon and of the echo take turns, so that whatever else the machine does falls
on both; the figure is the median of the ratios of neighbours. The daemon is the real one, on a real
file with synchronous=FULL. The run fails unless the rows in the file are the reports answered.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.load import Leases, Load, Round
from bench.result import BUILD, FILE, keep

# What part of the rate of the typed echo is wanted.
KINDS = {"1": 0.5, "16": 0.75, "64": 0.9, "16x1": 0.9, "16x10": 0.42, "16x100": 0.25}
WARM_UP_S = 1.0
LISTENING = "listening on "
_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A process that answers reports, and what it did with one number of callers."""

    name: str
    process: subprocess.Popen[str]
    address: str
    leases: Leases
    rounds: list[Round] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # processor time a call, by round
    acknowledged: list[tuple[int, int]] = field(default_factory=list)

    def run(self, load: Load, seconds: float) -> None:
        """Do one round."""
        load.prepare(seconds)
        before = self._processor_seconds()
        done = load.run(seconds)
        self.rounds.append(done)
        self.cpu.append((self._processor_seconds() - before) / done.reports)

    def figures(self) -> dict[str, float]:
        """Return medians over the rounds; times in microseconds."""
        own = [done.own_cpu / done.reports for done in self.rounds]
        return {
            "reports_per_second": round(median(done.rate for done in self.rounds)),
            "p50_us": _micros(median(median(done.waits) for done in self.rounds)),
            "p99_us": _micros(median(quantiles(done.waits, n=100)[98] for done in self.rounds)),
            "server_cpu_us": _micros(median(self.cpu)),
            "load_cpu_us": _micros(median(own)),
        }

    def _processor_seconds(self) -> float:
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) * _TICK


def main() -> int:
    """Run, print, and fail if an answered report is not in the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round")
    parser.add_argument("--rounds", type=int, default=20, help="rounds of each server")
    options = parser.parse_args()
    options.kinds = options.kinds or list(KINDS)
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    BUILD.mkdir(exist_ok=True)
    gc.disable()  # the load keeps every message it is sent anyway
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        db = Path(folder) / "ashad.db"
        log = stack.enter_context((Path(folder) / "ashad.log").open("w"))
        programs = {
            "ashad": ["-m", "ashad", "--address", "127.0.0.1:0", "--db", str(db)],
            "echo": ["-m", "bench.echo"],
            "raw echo": ["-m", "bench.echo", "--raw"],
        }
        servers = [
            stack.enter_context(started(name, arguments, log))
            for name, arguments in programs.items()
        ]
        numbers = [measure(servers, kind, options) for kind in options.kinds]
        size = db.stat().st_size
        stop(servers[0].process)
        missing = compare(db, servers[0].acknowledged)
    if missing:
        print(f"FAILED: {missing}")
        return 1
    reports = len(servers[0].acknowledged)
    print(f"{reports} reports answered, the same {reports} in the file")
    keep("reports", {"kinds": numbers, "reports": reports, "bytes_of_file": size})
    print(f"raw numbers: {FILE}")
    return 0


def measure(servers: list[Server], kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """Let the servers take turns; print and return what came of it."""
    callers, _, batch = kind.partition("x")
    if batch:
        servers = servers[:2]  # there is no stream of raw bytes
    loads = [
        Load(server.address, int(callers), server.leases, int(batch or 0)) for server in servers
    ]
    for load in loads:
        load.prepare(WARM_UP_S)
        load.run(WARM_UP_S)
    for server in servers:
        server.rounds, server.cpu = [], []
    for _ in range(options.rounds):
        for server, load in zip(servers, loads, strict=True):
            server.run(load, options.seconds)
    for server, load in zip(servers, loads, strict=True):
        server.acknowledged += load.acknowledged()
        load.close()
    ashad, *echoes = servers
    found: dict[str, Any] = {"kind": kind}
    what = f"streams, {batch} in a message" if batch else "callers"
    print(f"\n{callers} {what}, {options.rounds} rounds of {options.seconds} s each")
    for server in servers:
        figures = server.figures()
        found[server.name] = figures | {"rates": [round(r.rate) for r in server.rounds]}
        print(f"  {server.name:9}", *(f"{name} {value:6}" for name, value in figures.items()))
    for echo in echoes:
        ratios = [a.rate / e.rate for a, e in zip(ashad.rounds, echo.rounds, strict=True)]
        low, middle, high = quantiles(ratios, n=4)
        cost = median(a / e for a, e in zip(ashad.cpu, echo.cpu, strict=True))
        found[f"of {echo.name}"] = {"median": middle, "quartiles": [low, high], "cpu": cost}
        print(
            f"  rate against {echo.name}: {middle:.2f} (half the rounds {low:.2f} to {high:.2f}); "
            f"processor time {cost:.2f} times"
        )
    met = found["of echo"]["median"] >= KINDS[kind]
    print(f"  aim: {KINDS[kind]} of the echo: {'met' if met else 'missed'}")
    return found


@contextmanager
def started(name: str, arguments: Sequence[str], log: Any) -> Iterator[Server]:
    """Start a server and yield it once it says where it listens."""
    with subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if LISTENING not in line:
                raise RuntimeError(f"{name} did not start: {line}")
            address = line.partition(LISTENING)[2].split(",")[0].strip()
            yield Server(name, process, address, Leases(address if name == "ashad" else None))
        finally:
            stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a server gently and insist that it ends well."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        if process.wait(30) != 0:
            raise RuntimeError(f"a server ended with status {process.returncode}")


def compare(db: Path, acknowledged: list[tuple[int, int]]) -> str:
    """Return how the rows of the file and the answered reports differ, or nothing."""
    with sqlite3.connect(db) as connection:
        rows = connection.execute("SELECT trial, resource FROM report").fetchall()
    connection.close()
    kept, answered = set(rows), set(acknowledged)
    if len(answered) != len(acknowledged):
        return "a key was reported twice"
    if kept != answered or len(rows) != len(kept):
        lost, extra = len(answered - kept), len(kept - answered)
        return f"{lost} answered reports are not in the file, {extra} rows were never answered"
    return ""


def _micros(seconds: float) -> int:
    return round(1e6 * seconds)


if __name__ == "__main__":
    sys.exit(main())
