"""What a worker waits: blocking Python clients in a closed loop, and reports at a steady pace.

    python -m bench.blocking [--rounds 8] [--seconds 1]

Three parts, each against the empty echo in turn: four clients in processes of their own (rate); one
client alone, whose median wait may be that of the echo and two fdatasyncs of this disk, measured
between the same rounds; and an open loop of 1,000 reports a second over 64 connections, in which a
wait counts from when the report was due. The run fails unless the rows in the file are the reports
answered.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.crew import Crew
from bench.load import Load, Round
from bench.result import BUILD, aim, keep
from bench.servers import ECHO, Server, compare, daemon, micros, started, stop

CLIENTS, PART = 4, 0.75
SYNCS, SYNCS_A_ROUND, PAGE = 2, 100, 4096
CONNECTIONS, PACE, TAIL_MS = 64, 1000, 5.0


def main() -> int:
    """Run, print, and fail if an answered report is not in the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8, help="rounds of each server and part")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        db = Path(folder) / "ashad.db"
        log = stack.enter_context((Path(folder) / "echo.log").open("w"))
        ours, echo = daemon(stack, db), stack.enter_context(started("echo", ECHO, log))
        numbers = {
            "four": four(ours, echo, options),
            "one": one(ours, echo, Path(folder) / "disk", options),
            "paced": paced(ours, echo, options),
        }
        stop(ours.process)
        compare(db, ours.acknowledged)
    keep("blocking", numbers)
    return 0


def four(ours: Server, echo: Server, options: argparse.Namespace) -> dict[str, Any]:
    """Compare the rates of four clients."""
    with ExitStack() as stack:
        crews = [(server, _crew(stack, server, CLIENTS)) for server in (ours, echo)]
        rates: dict[str, list[float]] = {"ashad": [], "echo": []}
        for number in range(options.rounds + 1):
            for server, crew in crews:
                rate = len(_work(server, crew, options.seconds)) / options.seconds
                rates[server.name] += [rate] * (number > 0)  # the first warms up
    low, middle, high = quantiles(
        [a / b for a, b in zip(rates["ashad"], rates["echo"], strict=True)], n=4
    )
    print(f"{CLIENTS} clients: {median(rates['ashad']):.0f}/s, echo {median(rates['echo']):.0f}/s")
    spread, wanted = f"{low:.2f} to {high:.2f}", f">= {PART}"
    what = f"{CLIENTS} blocking Python clients, of the echo"
    aim(what, middle, wanted, met=middle >= PART, spread=spread)
    return {"rates": rates, "ratio": middle}


def one(ours: Server, echo: Server, disk: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Compare the median waits of one client, and look at the disk.

    The disk's figure is that of the fastest tenth: a busy machine wakes a writer late, and this
    must not count for us.
    """
    waits: dict[str, list[int]] = {"ashad": [], "echo": []}
    written: list[float] = []
    with ExitStack() as stack:
        crews = [(server, _crew(stack, server, 1)) for server in (ours, echo)]
        for number in range(options.rounds + 1):
            for server, crew in crews:
                wait = micros(median(_work(server, crew, options.seconds)))
                waits[server.name] += [wait] * (number > 0)
            written += syncs(disk)
    fast, middle = micros(quantiles(written, n=10)[0]), micros(median(written))
    print(
        f"one client, median wait: {median(waits['ashad']):.0f} us, echo "
        f"{median(waits['echo']):.0f}; fdatasync {middle}, the fastest tenth {fast}"
    )
    over = [a - b for a, b in zip(waits["ashad"], waits["echo"], strict=True)]
    low, middle_over, high = quantiles(over, n=4)
    wanted = SYNCS * fast
    aim(
        "one blocking client, median wait over the echo's, us",
        middle_over, f"<= {wanted}, {SYNCS} fdatasyncs",
        met=middle_over <= wanted, spread=f"{low:.0f} to {high:.0f}",
    )  # fmt: skip
    return {**waits, "fdatasync": middle, "fdatasync of the fastest tenth": fast}


def paced(ours: Server, echo: Server, options: argparse.Namespace) -> dict[str, Any]:
    """Report at a steady pace; the 99th percentile of the waits is the figure of a run."""
    found: dict[str, list[float]] = {"ashad": [], "echo": []}
    for server in (ours, echo):
        load = Load(server.address, CONNECTIONS, server.leases)
        for number in range(options.rounds + 1):
            load.prepare(PACE * options.seconds / 100)
            done: Round = load.pace(PACE, options.seconds)
            found[server.name] += [1e3 * quantiles(done.waits, n=100)[98]] * (number > 0)
        server.acknowledged += load.acknowledged()
        load.close()
    low, middle, high = quantiles(found["ashad"], n=4)
    print(f"{PACE}/s: p99 in ms {middle:.1f}, echo {median(found['echo']):.1f}")
    spread, wanted = f"{low:.1f} to {high:.1f}", f"<= {TAIL_MS}"
    aim(f"{PACE} reports/s, p99 in ms", middle, wanted, met=middle <= TAIL_MS, spread=spread)
    return found


def syncs(path: Path) -> list[float]:
    """Return the seconds that this disk takes to make a page safe, again and again.

    The page is written over, as SQLite does with its log once that was folded into the file.
    """
    waits = []
    page = os.urandom(PAGE)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, page * SYNCS_A_ROUND, 0)
        os.fsync(file)
        for number in range(SYNCS_A_ROUND):
            begun = time.perf_counter()
            os.pwrite(file, page, PAGE * number)
            os.fdatasync(file)
            waits.append(time.perf_counter() - begun)
    finally:
        os.close(file)
    return waits


def _crew(stack: ExitStack, server: Server, size: int) -> Crew:
    command = [sys.executable, "-m", "bench.caller", server.name, server.address]
    return Crew(stack, [[*command, f"b{size}-{number}-"] for number in range(size)])


def _work(server: Server, crew: Crew, seconds: float) -> list[float]:
    """Let all callers work at one time; return the seconds of each of their calls."""
    crew.ask(seconds)  # they lease what they will need
    done = [json.loads(told) for told in crew.ask("go")]
    server.acknowledged += [tuple(key) for part in done for key in part["keys"]]
    return [wait for part in done for wait in part["waits"]]


if __name__ == "__main__":
    sys.exit(main())
