"""Ten thousand workers that stay connected and report now and then.

    python -m bench.crowd [--workers 10000] [--rate 1000] [--minutes 1]

Each has a connection and a trial of its own; together they report so often a second, in turn, and
who is told to stop asks for another trial. Leases are those of the default, 90 s, and are renewed
by the reports alone. A wait counts from when the report was due. The run fails unless the rows in
the file are the reports answered. Ten minutes are a run by hand: `--minutes 10`.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median, quantiles

from ashad_client.v1 import ashad_pb2 as pb

from bench.callers import SPEC, STUDIES, STUDY, Member
from bench.load import Load
from bench.result import BUILD, aim, keep
from bench.servers import Server, compare, daemon, memory, stop
from bench.wire import Connection

AIM_TAIL_MS, AIM_MIB = 50.0, 1536
SLICE_S = 5.0
SPARE_FILES = 500


class Crowd(Load):
    """Members of one server."""

    def __init__(self, server: Server, workers: int, kind: type[Member] = Member) -> None:
        super().__init__(server.address, workers, server.leases)
        spec = pb.StudySpec()
        spec.CopyFrom(SPEC)
        spec.ClearField("lease")
        server.leases.create(STUDY, spec)
        random = Random(workers)
        self._made = lambda: kind(server.address, server.leases, random)

    def suggests(self) -> list[float]:
        """Return the seconds of each Suggest."""
        members = [caller for caller in self.callers if isinstance(caller, Member)]
        return [wait for member in members for wait in member.suggests]


def main() -> int:
    """Connect all, let them report, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=1000.0, help="reports a second of all")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long they report")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < options.workers + SPARE_FILES:
        parser.error(f"--workers: this process may open {most} files; raise that: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the daemon inherits it
    BUILD.mkdir(exist_ok=True)
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        db = Path(folder) / "ashad.db"
        server = daemon(stack, db)
        crowd = Crowd(server, options.workers)
        begun = time.perf_counter()
        crowd.pace(options.rate, options.workers / options.rate)  # each takes its first trial
        print(f"{options.workers} connected and at work in {time.perf_counter() - begun:.0f} s")
        waits, sizes, began = list[float](), [memory(server.process)], server.processor_seconds()
        slices = max(1, round(60 * options.minutes / SLICE_S))
        for _ in range(slices):
            waits += crowd.pace(options.rate, 60 * options.minutes / slices).waits
            sizes.append(memory(server.process))
        cost = (server.processor_seconds() - began) / len(waits)
        lost = lost_leases(server.address)
        suggests = crowd.suggests()
        answered = crowd.acknowledged()
        crowd.close()
        stop(server.process)
        reports = compare(db, answered)
    tail, size = 1e3 * quantiles(waits, n=100)[98], max(sizes) >> 20
    print(
        f"{len(waits)} reports: p50 {1e3 * median(waits):.1f} ms, the slowest "
        f"{1e3 * max(waits):.0f} ms; Suggest p50 {1e3 * median(suggests):.1f} ms; "
        f"processor time of the daemon {1e6 * cost:.0f} us a report"
    )
    of = f"{options.workers} workers, {options.rate:.0f} reports/s for {options.minutes:g} min"
    aim(f"{of}, p99 in ms", tail, f"<= {AIM_TAIL_MS}", met=tail <= AIM_TAIL_MS)
    aim(f"{of}, memory in MiB", size, f"<= {AIM_MIB}", met=size <= AIM_MIB)
    aim(f"{of}, leases lost", lost, "0", met=lost == 0)
    keep(
        "crowd",
        {
            "workers": options.workers, "rate": options.rate, "minutes": options.minutes,
            "reports": reports, "p50_ms": 1e3 * median(waits), "p99_ms": tail, "lost": lost,
            "slowest_ms": 1e3 * max(waits), "memory": sizes, "server_cpu_us": 1e6 * cost,
        },
    )  # fmt: skip
    return 0


def lost_leases(address: str) -> int:
    """Return how many leases were lost."""
    with Connection(address, f"{STUDIES}GetStudy") as connection:
        request = pb.GetStudyRequest(study=STUDY)
        answer = pb.GetStudyResponse.FromString(connection.ask(request.SerializeToString()))
    return answer.study.counts.lost_leases


if __name__ == "__main__":
    sys.exit(main())
