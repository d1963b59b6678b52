"""What a report costs in the file, by b-tree, and in processor time to be written.

    python -m bench.size [--reports 200000]

64 workers take turns, a report each, as in an ordinary search: every resource is reported, a trial
that is stopped is followed by another. The real scheduler makes the file, without waiting for the
disk; it is measured after a checkpoint (dbstat, pages as they are, unused bytes included). The time
is that of the rows of these reports: built and put into a fresh file, 64 in a commit.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from random import Random

from ashad.core.engine.suggest import Assignment
from ashad.core.history.records import ReportContent
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service.messages import from_proto
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

from bench.callers import SPEC, STUDY
from bench.growth import CALLERS, Clock
from bench.result import BUILD, keep


def _digits() -> pb.StudySpec:
    """Return the search of the README: a sixth of its reports reaches a rung."""
    spec = pb.StudySpec()
    spec.CopyFrom(SPEC)
    spec.max_resource, spec.asha.min_resource = 81, 3
    return spec


SEARCHES = {"81 epochs from 3": _digits(), "270 epochs from 30": SPEC}


async def fill(path: Path, reports: int, search: pb.StudySpec) -> None:
    """Let 64 workers search until there are so many reports."""
    store, reader = Writer(path), Reader(path)
    store.connection.execute("PRAGMA synchronous = OFF")  # only while the file is made
    scheduler = Scheduler(store, reader, InlineExecutor(), Clock(), lambda *_, **__: None, _raise)
    scheduler.create(STUDY, from_proto.spec(search), validate_only=False)
    random, done, asked = Random(1), 0, 0
    live: dict[int, tuple[Assignment, int, float]] = {}
    while done < reports:
        for worker in range(CALLERS):
            if worker not in live:
                asked += 1
                held, _ = scheduler.suggest(STUDY, f"worker-{worker}", f"request-{asked}")
                assert isinstance(held, Assignment)
                live[worker] = held, 0, random.random()
            held, at, floor = live[worker]
            at += 1
            told, _ = scheduler.report(
                STUDY, held.key, ReportContent(at, floor + random.random() / at)
            )
            live[worker] = held, at, floor
            if told.action != "CONTINUE":
                del live[worker]
            done += 1
        await scheduler.drain()
    reader.close()
    store.close()


def sizes(path: Path) -> dict[str, float]:
    """Return bytes a report of each b-tree, and of the whole file."""
    with closing(sqlite3.connect(path)) as file:
        (reports,) = file.execute("SELECT count(*) FROM report").fetchone()
        found = file.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC")
        trees = {name: round(size / reports, 1) for name, size in found if size > reports / 10}
    return trees | {"file": round(path.stat().st_size / reports, 1)}


def micros(path: Path, folder: Path) -> float:
    """Return microseconds of processor time a report to build its rows and insert them."""
    with closing(Reader(path)) as reader:
        records = list(reader.reports(1))
    store = Writer(folder / "again.db")
    store.connection.execute("PRAGMA synchronous = OFF")
    begun = time.thread_time()
    for first in range(0, len(records), CALLERS):
        batch = store.batch()
        for record in records[first : first + CALLERS]:
            batch.add(1, (record,))
        store.commit(batch)
    took = time.thread_time() - begun
    store.connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{store.path}{suffix}").unlink(missing_ok=True)
    return 1e6 * took / len(records)


def main() -> int:
    """Measure both searches and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=200_000)
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    kept = {}
    for name, search in SEARCHES.items():
        with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
            path = Path(folder) / "size.db"
            asyncio.run(fill(path, options.reports, search))
            found = sizes(path)
            took = sorted(micros(path, Path(folder)) for _ in range(3))
        kept[name] = {"bytes": found, "micros": [round(t, 2) for t in took]}
        print(f"{name}: bytes a report", *(f"{tree} {size}" for tree, size in found.items()))
        print(f"  {took[1]:.2f} µs a report ({took[0]:.2f} to {took[2]:.2f})")
    keep("size", kept)
    return 0


def _raise(error: BaseException) -> None:
    raise error


if __name__ == "__main__":
    sys.exit(main())
