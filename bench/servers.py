"""The servers under measurement: processes of their own, started, watched and ended here.

And whether a daemon's file holds the reports that it answered, those and no others.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.callers import Key, Leases
from bench.load import Load, Round
from bench.native import Native

WARM_UP_S = 1.0
LISTENING = "listening on "
ECHO = ["-m", "bench.echo"]
_CPUCLOCK_SCHED = 2  # as clock_getcpuclockid(3) makes it of a process: all its threads, exactly


@dataclass
class Server:
    """A process that answers reports, and what it did with one number of callers."""

    name: str
    process: subprocess.Popen[str]
    address: str
    leases: Leases
    rounds: list[Round] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # processor time a call, by round
    acknowledged: list[Key] = field(default_factory=list)

    def run(self, load: Load | Native, seconds: float) -> None:
        """Do one round."""
        load.prepare(seconds)
        before = self.processor_seconds()
        done = load.run(seconds)
        self.rounds.append(done)
        self.cpu.append((self.processor_seconds() - before) / done.reports)

    def figures(self) -> dict[str, float]:
        """Return medians over the rounds; times in microseconds."""
        own = [done.own_cpu / done.reports for done in self.rounds]
        return {
            "reports_per_second": round(median(done.rate for done in self.rounds)),
            "p50_us": micros(median(median(done.waits) for done in self.rounds)),
            "p99_us": micros(median(quantiles(done.waits, n=100)[98] for done in self.rounds)),
            "server_cpu_us": micros(median(self.cpu)),
            "load_cpu_us": micros(median(own)),
        }

    def processor_seconds(self) -> float:
        """Return the processor time that the process took so far."""
        return time.clock_gettime(~self.process.pid << 3 | _CPUCLOCK_SCHED)


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


def compare(db: Path, acknowledged: Iterable[Key], first: int = 0) -> int:
    """Return how many reports were answered and are in the file; raise if it is not the same.

    Trials below `first` were in the file before.
    """
    with sqlite3.connect(db) as connection:
        rows = connection.execute(
            "SELECT study.name, trial, resource FROM report JOIN study ON study.id = report.study "
            "WHERE trial >= ?",
            (first,),
        ).fetchall()
    connection.close()
    answers = list(acknowledged)
    kept, answered = set(rows), set(answers)
    if len(answered) != len(answers):
        raise RuntimeError("FAILED: a key was reported twice")
    if kept != answered or len(rows) != len(kept):
        lost, extra = len(answered - kept), len(kept - answered)
        raise RuntimeError(
            f"FAILED: {lost} answered reports are not in the file, {extra} rows were never answered"
        )
    print(f"{len(rows)} reports answered, the same {len(rows)} in the file")
    return len(rows)


def memory(process: subprocess.Popen[str]) -> int:
    """Return the most bytes that a process had in memory so far."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def daemon(stack: ExitStack, db: Path, *options: str) -> Server:
    """Start the daemon as a user does, on this file; it ends with the stack."""
    log = stack.enter_context(db.with_suffix(".log").open("w"))
    arguments = ["-m", "ashad", "--address", "127.0.0.1:0", "--db", str(db), *options]
    return stack.enter_context(started("ashad", arguments, log))


def micros(seconds: float) -> int:
    """Return whole microseconds."""
    return round(1e6 * seconds)
