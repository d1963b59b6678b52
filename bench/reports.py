"""Durable reports a second, against an empty echo on the same kind of server in the same run.

    python -m bench.reports [--client cheaper|wire|grpc] [--seconds 0.5] [--rounds 10] [KIND ...]

The load is the one of two that costs less: frames made by hand (`wire`) for single reports, and
C++ gRPC (`native`) for streams.

A kind is a number of callers, `16x10`: 16 streams with 10 reports in each message, or `64c`: 64
callers in cycles, Suggest and then Report of the fresh trial.

Short rounds of the daemon and of the echo take turns, so that whatever else the machine does falls
on both; the figure is the median of the ratios of neighbours. The daemon is the real one, on a real
file with synchronous=FULL. The run fails unless the rows in the file are the reports answered.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.load import Load
from bench.native import PROGRAM, Native
from bench.result import BUILD, aim, keep
from bench.servers import ECHO, WARM_UP_S, Server, compare, daemon, started, stop

# What part of the rate of the typed echo is wanted.
KINDS = {
    "1": 0.5, "16": 0.75, "64": 0.9, "16x1": 0.9, "16x10": 0.42, "16x100": 0.25, "64c": 0.45,
}  # fmt: skip
RAW, TAIL = 0.7, 2.0  # with 64 callers: of the rate of raw bytes; times the p99 of the typed echo


def main() -> int:
    """Run, print, and fail if an answered report is not in the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument(
        "--client", choices=("cheaper", "wire", "grpc"), default="cheaper",
        help="the load: frames made by hand, or C++ gRPC (make bench-load)",
    )  # fmt: skip
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each server")
    options = parser.parse_args()
    options.kinds = options.kinds or list(KINDS)
    if options.client == "grpc" and not PROGRAM.exists():
        parser.error(f"there is no {PROGRAM}: make bench-load")
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    BUILD.mkdir(exist_ok=True)
    gc.disable()  # the load keeps every message it is sent anyway
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        db = Path(folder) / "ashad.db"
        log = stack.enter_context((Path(folder) / "echo.log").open("w"))
        servers = [
            daemon(stack, db),
            stack.enter_context(started("echo", ECHO, log)),
            stack.enter_context(started("raw echo", [*ECHO, "--raw"], log)),
        ]
        numbers = [measure(servers, kind, options) for kind in options.kinds]
        size = db.stat().st_size
        stop(servers[0].process)
        reports = compare(db, servers[0].acknowledged)
    keep(
        "reports",
        {"client": options.client, "kinds": numbers, "reports": reports, "bytes_of_file": size},
    )
    return 0


def measure(servers: list[Server], kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """Let the servers take turns; print and return what came of it."""
    callers, _, batch = kind.removesuffix("c").partition("x")
    cycles = kind.endswith("c")
    if batch or cycles:
        servers = servers[:2]  # there is neither a stream nor a Suggest of raw bytes
    cheaper = "grpc" if batch and PROGRAM.exists() else "wire"
    client = cheaper if options.client == "cheaper" else options.client
    made = Native if client == "grpc" else Load
    loads = [
        made(server.address, int(callers), server.leases, int(batch or 0), cycles=cycles)
        for server in servers
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
    what = f"streams, {batch} in a message" if batch else "callers"
    what = f"{callers} {what}{' in cycles of Suggest and Report' if cycles else ''}"
    print(f"\n{what}, {options.rounds} rounds of {options.seconds} s each, load: {client}")
    found: dict[str, Any] = {"kind": kind, "client": client}
    for server in servers:
        figures = server.figures()
        found[server.name] = figures | {"rates": [round(r.rate) for r in server.rounds]}
        print(f"  {server.name:9}", *(f"{name} {value:6}" for name, value in figures.items()))
    ashad, *echoes = servers
    for echo in echoes:
        found[f"of {echo.name}"] = _against(ashad, echo)
    _judge(what, kind, found)
    return found


def _against(ashad: Server, echo: Server) -> dict[str, Any]:
    ratios = [a.rate / e.rate for a, e in zip(ashad.rounds, echo.rounds, strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    cost = median(a / e for a, e in zip(ashad.cpu, echo.cpu, strict=True))
    print(
        f"  rate against {echo.name}: {middle:.2f} (half the rounds {low:.2f} to {high:.2f}); "
        f"processor time {cost:.2f} times"
    )
    return {"median": middle, "quartiles": [low, high], "cpu": cost}


def _judge(what: str, kind: str, found: dict[str, Any]) -> None:
    """Hold the figures against what is wanted.

    A cycle is two calls. Its aim is in cycles a second of the daemon for each call a second of the
    echo, so that 0.45 leaves 0.9 of the cycles that the echo does.
    """
    part, wanted = found["of echo"], KINDS[kind]
    calls = 2 if kind.endswith("c") else 1
    rate, (low, high) = part["median"] / calls, (each / calls for each in part["quartiles"])
    of = "calls of the echo" if calls == 2 else "the echo"
    spread = f"{low:.2f} to {high:.2f}"
    aim(f"{what}, of {of}", rate, f">= {wanted}", met=rate >= wanted, spread=spread)
    if kind == "64":
        tail = found["ashad"]["p99_us"] / found["echo"]["p99_us"]
        aim(f"{what}, p99 in those of the echo", tail, f"<= {TAIL}", met=tail <= TAIL)
        part = found["of raw echo"]
        low, high = part["quartiles"]
        rate, spread = part["median"], f"{low:.2f} to {high:.2f}"
        aim(f"{what}, of raw bytes", rate, f">= {RAW}", met=rate >= RAW, spread=spread)


if __name__ == "__main__":
    sys.exit(main())
