"""What 10 to 10,000 connected workers take of one daemon: processor, memory, file.

    python -m bench.scale [--workers 10 100 1000 10000] [--minutes 2]

Each has a connection and a trial of its own, reports once a minute and beats four times, as the
clients do by default. All in turn, so that the load is even. A row is a daemon of its own. The run
fails where a lease is lost, or where the rows in the file are not the reports answered. A minute
of a few workers is too little to see a file grow: the bytes of a report are those of the last row.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sqlite3
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from statistics import median, quantiles

from ashad_client.v1 import ashad_pb2 as pb

from bench.callers import SCHEDULER, STUDY, Leases, Member
from bench.crowd import SPARE_FILES, Crowd, lost_leases
from bench.result import BUILD, keep
from bench.servers import Server, compare, daemon, memory, stop
from bench.wire import Connection

BEATS = 4  # between two reports
PERIOD_S = 60.0
CONNECTS_A_SECOND = 500.0
DAY_S = 86_400


class Worker(Member):
    """A member that beats between its reports."""

    def __init__(self, address: str, leases: Leases, random: Random) -> None:
        super().__init__(address, leases, random)
        self._turn = random.randrange(1 + BEATS)  # not all report in the same seconds
        self._beats = False  # a heartbeat is under way

    def send(self) -> None:
        """Report, or say that it lives."""
        held = self.held
        self._beats = held is not None and not self._asked and self._turn % (1 + BEATS) != 0
        if not self._beats or held is None:
            super().send()
            return
        beat = pb.HeartbeatRequest(
            study=STUDY, trial=held.trial, attempt=held.attempt, lease_token=held.token
        )
        self.connection.call(beat.SerializeToString(), other=2)

    def receive(self) -> bool:
        """Take in what came; return whether its turn is over."""
        over = self.connection.receive() is not None if self._beats else super().receive()
        self._turn += over
        return over

    def _connect(self, address: str, token: str) -> Connection:
        calls = (f"{SCHEDULER}{name}" for name in ("Suggest", "Report", "Heartbeat"))
        return Connection(address, next(calls), token, *calls)


def measure(workers: int, minutes: float, folder: Path) -> dict[str, float]:
    """Return what so many workers took of a daemon in so many minutes."""
    with ExitStack() as stack:
        db = folder / f"{workers}.db"
        server = daemon(stack, db)
        crowd = Crowd(server, workers, Worker)
        crowd.pace(CONNECTS_A_SECOND, workers / CONNECTS_A_SECOND)  # each takes its trial
        rate, before = workers * (1 + BEATS) / PERIOD_S, _look(server, db)
        reported = len(crowd.acknowledged())
        done = crowd.pace(rate, 60 * minutes)
        after = _look(server, db)
        reports = len(crowd.acknowledged()) - reported
        if lost := lost_leases(server.address):
            raise RuntimeError(f"{lost} leases were lost")
        answered = crowd.acknowledged()
        crowd.close()
        stop(server.process)
        compare(db, answered)
    return {
        "workers": workers, "reports_per_second": reports / done.seconds,
        "calls_per_second": done.reports / done.seconds,
        "cores": (after["cpu"] - before["cpu"]) / done.seconds,
        "mib": after["memory"] / 2**20, "p50_ms": 1e3 * median(done.waits),
        "p99_ms": 1e3 * quantiles(done.waits, n=100)[98] if len(done.waits) > 1 else 0.0,
        "bytes_a_report": (after["file"] - before["file"]) / max(1, reports),
        "load": os.getloadavg()[0],
    }  # fmt: skip


def _look(server: Server, db: Path) -> dict[str, float]:
    with closing(sqlite3.connect(db)) as file:
        pages, size = (
            file.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size")
        )
    return {
        "cpu": server.processor_seconds(),
        "memory": memory(server.process),
        "file": pages * size,
    }


def main() -> int:
    """Measure each number of workers and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--minutes", type=float, default=2.0, help="how long each is measured")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < max(options.workers) + SPARE_FILES:
        parser.error(f"--workers: this process may open {most} files; raise that: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the daemon inherits it
    BUILD.mkdir(exist_ok=True)
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        rows = [measure(many, options.minutes, Path(folder)) for many in options.workers]
    size = rows[-1]["bytes_a_report"]
    print("| workers | reports/s | calls/s | cores | memory | file, a day | p50, p99 | load |")
    for row in rows:
        a_day = size * row["workers"] * DAY_S / PERIOD_S / 1e6
        print(
            f"| {row['workers']} | {row['reports_per_second']:.1f} | {row['calls_per_second']:.1f} "
            f"| {row['cores']:.4f} | {row['mib']:.0f} MiB | {a_day:.1f} MB "
            f"| {row['p50_ms']:.1f}, {row['p99_ms']:.1f} ms | {row['load']:.1f} |"
        )
    print(f"{size:.0f} bytes a report")
    keep("scale", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
