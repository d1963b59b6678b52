"""What a study's age costs: durable reports a second with many finished trials, against with none.

    python -m bench.growth [--trials 0 1000 10000 100000] [--full] [--rounds 12]

Daemons on files of finished trials, and one on a file of a thousand studies, take turns under the
same load of 64 callers; the figure is the median of the ratios to the first, which is empty unless
`--trials` says otherwise. The files are made by the real scheduler, without waiting for the disk.
`--full`: a million trials too, with ten reports before their first rung, so that there are more
than 10^7 reports; minutes to make. The run fails unless the rows are the reports answered.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from ashad.core.engine.suggest import Assignment
from ashad.core.history.records import ReportContent
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service.messages import from_proto
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

from bench.callers import SPEC, STUDY
from bench.load import Load
from bench.result import BUILD, aim, keep
from bench.servers import WARM_UP_S, Server, compare, daemon, memory, stop

CALLERS = 64
STUDIES = 1_000
TOGETHER = 2_000  # trials of one commit
AIMS = {"studies": 0.9, "trials": 0.95}
MILLION, EARLY = 10**6, 10  # with --full: reports of each trial before the first rung
AIM_START_S, AIM_MIB, AIM_BYTES = 10.0, 600, 70.0


class Clock:
    """Time that goes by the call."""

    now = 1_800_000_000_000_000

    def wall(self) -> int:
        """Return microseconds since 1970."""
        self.now += 1000
        return self.now

    def monotonic(self) -> float:
        """Return seconds."""
        return 1.0


@dataclass
class Case:
    """One file and its daemon."""

    name: str
    kind: str  # trials or studies
    server: Server
    load: Load
    start_s: float
    bytes_a_report: float
    trials: int  # that are in the file before
    ratios: list[float] = field(default_factory=list)


async def fill(
    path: Path, trials: int, studies: int, search: pb.StudySpec = SPEC, early: int = 0
) -> None:
    """Let the real scheduler make so many studies, and search in the load's own.

    A trial reports at each rung, and `early` times before the first.
    """
    store, reader = Writer(path), Reader(path)
    store.connection.execute("PRAGMA synchronous = OFF")  # only while the file is made
    scheduler = Scheduler(store, reader, InlineExecutor(), Clock(), lambda *_, **__: None, _raise)
    spec, random = from_proto.spec(search), Random(1)
    for number in range(studies):
        scheduler.create(f"other-{number}", spec, validate_only=False)
        scheduler.suggest(f"other-{number}", "w", "r")
    made, _ = scheduler.create(STUDY, spec, validate_only=False)
    levels = [*range(1, early + 1), *made.state.brackets[0].levels]
    for number in range(trials):
        held, _ = scheduler.suggest(STUDY, f"old{number}", f"old{number}")
        assert isinstance(held, Assignment)
        floor = random.random()
        for level in levels:
            told, _ = scheduler.report(STUDY, held.key, ReportContent(level, floor + 1 / level))
            if told.action != "CONTINUE":
                break
        if number % TOGETHER == TOGETHER - 1:
            await scheduler.drain()
    await scheduler.drain()
    reader.close()
    store.close()


def main() -> int:
    """Make the files, let the daemons take turns, print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="*", default=[0, 1_000, 10_000, 100_000])
    parser.add_argument("--full", action="store_true", help="10^6 trials too; slow to make")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of each daemon")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round")
    options = parser.parse_args()
    sizes = [*options.trials, *([MILLION] if options.full else [])]
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        files = [(f"{trials:,} trials", trials, 0) for trials in sizes]
        files.append((f"{STUDIES:,} studies", 0, STUDIES))
        for name, trials, studies in files:  # all before the first daemon: it pings who idles
            early = EARLY if trials >= MILLION else 0
            asyncio.run(fill(_db(Path(folder), name), trials, studies, early=early))
        cases = [_case(stack, Path(folder), name, trials) for name, trials, _ in files]
        for case in cases:
            case.load.prepare(WARM_UP_S)
            case.load.run(WARM_UP_S)
            case.server.rounds.clear()
        for number in range(options.rounds):
            for case in cases if number % 2 else reversed(cases):  # no place in the row is better
                case.server.run(case.load, options.seconds)
            for case in cases:
                case.ratios.append(case.server.rounds[-1].rate / cases[0].server.rounds[-1].rate)
        print("| file | start | memory | bytes a report | reports a second | to the first |")
        print("|---|---|---|---|---|---|")
        found = {case.name: _row(case) for case in cases}
        for case in cases[1:]:
            _judge(case, found[case.name])
        keep("growth", found)
        for case in cases:
            case.load.close()
            stop(case.server.process)
            compare(_db(Path(folder), case.name), case.load.acknowledged(), case.trials)
    return 0


def _db(folder: Path, name: str) -> Path:
    return folder / f"{name.replace(',', '').replace(' ', '-')}.db"


def _case(stack: ExitStack, folder: Path, name: str, trials: int) -> Case:
    db = _db(folder, name)
    size = _bytes_a_report(db)
    begun = time.perf_counter()
    server = daemon(stack, db)
    took = time.perf_counter() - begun
    load = Load(server.address, CALLERS, server.leases)
    return Case(name, name.rpartition(" ")[2], server, load, took, size, trials)


def _bytes_a_report(db: Path) -> float:
    """Return what reports, their entries in rungs and indices take for each; 0 without any."""
    with sqlite3.connect(db) as connection:
        (reports,) = connection.execute("SELECT count(*) FROM report").fetchone()
        (size,) = connection.execute(
            "SELECT sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) "
            "WHERE tbl_name IN ('report', 'entry')"
        ).fetchone()
    connection.close()
    return size / reports if reports else 0.0


def _row(case: Case) -> dict[str, Any]:
    """Print one line of the table; return its figures."""
    low, middle, high = quantiles(case.ratios, n=4)
    rates = [done.rate for done in case.server.rounds]
    size = memory(case.server.process) >> 20
    print(
        f"| {case.name} | {case.start_s:.1f} s | {size} MiB | {case.bytes_a_report:.0f} | "
        f"{median(rates):,.0f} | {middle:.2f} ({low:.2f} to {high:.2f}) |"
    )
    return {
        "rates": rates, "ratio": middle, "quartiles": [low, high], "start_s": case.start_s,
        "memory_mib": size, "bytes_a_report": case.bytes_a_report,
        "p99_ms": [1e3 * quantiles(done.waits, n=100)[98] for done in case.server.rounds],
    }  # fmt: skip


def _judge(case: Case, found: dict[str, Any]) -> None:
    wanted, ratio, (low, high) = AIMS[case.kind], found["ratio"], found["quartiles"]
    what, spread = f"{case.name}, reports/s to the first", f"{low:.2f} to {high:.2f}"
    aim(what, ratio, f">= {wanted}", met=ratio >= wanted, spread=spread)
    if case.name.startswith(f"{MILLION:,}"):
        start, size, each = found["start_s"], found["memory_mib"], found["bytes_a_report"]
        aim(f"{case.name}, start in s", start, f"<= {AIM_START_S}", met=start <= AIM_START_S)
        aim(f"{case.name}, memory in MiB", size, f"<= {AIM_MIB}", met=size <= AIM_MIB)
        aim(f"{case.name}, bytes a report", each, f"<= {AIM_BYTES}", met=each <= AIM_BYTES)


def _raise(error: BaseException) -> None:
    raise error


if __name__ == "__main__":
    sys.exit(main())
