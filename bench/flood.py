"""How much a hostile peer slows the others: reports a second beside it, against those without.

    python -m bench.flood [--kinds calls,resets] [--rounds 20] [--with-token]

A daemon that asks for tokens, callers with one, and a hostile peer (`hostile.py`) in a process of
its own; the figure is the mean rate of 30 s beside it, against the 10 s before and after. The peer
is nice 19: it stands for another machine, whose processor time is not the daemon's. On a machine
that others use, look at the second figure, which they hardly move: of how much processor time
a second the peer robs the daemon, beyond what its reports take without it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

from ashad.security import TokenFile

from bench.callers import Leases
from bench.hostile import KINDS
from bench.load import Load
from bench.result import BUILD, keep
from bench.servers import LISTENING, stop

AIM = 2 / 3
ROUND_S = 0.5


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument(
        "--rounds", type=int, default=20, help="before and after; beside it three times as many"
    )
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--with-token", action="store_true", help="the peer has one of its own")
    parser.add_argument("--daemon", default="", help="more options of the daemon")
    options = parser.parse_args()
    gc.disable()
    BUILD.mkdir(exist_ok=True)
    found = {kind: measure(kind, options) for kind in options.kinds.split(",")}
    keep("flood", found)
    return 0


def measure(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """Call before, beside and after the peer; return what came of it."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as name:
        folder = Path(name)
        tokens = TokenFile(folder / "tokens")
        mine, theirs = tokens.create("admin")[1], tokens.create("worker")[1]
        daemon = subprocess.Popen(
            [sys.executable, "-m", "ashad", "--address", "127.0.0.1:0", "--db",
             str(folder / "ashad.db"), "--require-tokens", "--tokens", str(folder / "tokens"),
             "--log-level", "warning", *options.daemon.split()],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert daemon.stdout is not None
        address = daemon.stdout.readline().partition(LISTENING)[2].split(",")[0]
        leases = Leases(address, mine)
        leases.prepare(6000)  # first: a connection that says nothing for long is closed
        load = Load(address, options.callers, leases)
        rounds(load, 2)
        before, cost_before, _ = phase(load, options.rounds, daemon.pid)
        peer = subprocess.Popen(
            [sys.executable, "-m", "bench.hostile", address, kind,
             "--connections", str(options.connections),
             *(["--token", theirs] if options.with_token else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.nice(19),  # noqa: PLW1509 - there are no threads yet
        )  # fmt: skip
        assert peer.stdout is not None
        assert peer.stdin is not None
        peer.stdout.readline()
        beside, cost, busy = phase(load, 3 * options.rounds, daemon.pid)
        peer.stdin.close()
        did = json.loads(peer.stdout.readline())
        peer.wait(30)
        after, cost_after, _ = phase(load, options.rounds, daemon.pid)
        load.close()
        stop(daemon)
    ratio = 2 * mean(beside) / (mean(before) + mean(after))
    robbed = busy * (1 - min(1.0, (cost_before + cost_after) / 2 / cost))
    print(
        f"  {kind:11} {ratio:.2f} of the rate without it: {mean(before):.0f}, {mean(beside):.0f}, "
        f"{mean(after):.0f} reports a second before, beside, after; slowest round "
        f"{min(beside):.0f}; robbed of {robbed:.2f} s a second; the peer: {did}",
        flush=True,
    )
    return {
        "of the rate without": ratio,
        "robbed": robbed,
        "rates": [before, beside, after],
        "peer": did,
    }


def phase(load: Load, many: int, daemon: int) -> tuple[list[float], float, float]:
    """Run some rounds; return their rates, and the daemon's processor time: a report, a second."""
    seconds, cpu = time.monotonic(), processor(daemon)
    reports = len(load.acknowledged())
    rates = rounds(load, many)
    cpu = processor(daemon) - cpu
    return (
        rates, cpu / (len(load.acknowledged()) - reports), cpu / (time.monotonic() - seconds)
    )  # fmt: skip


def processor(daemon: int) -> float:
    """Return the seconds of processor time that a process has taken, all its threads together."""
    fields = Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rounds(load: Load, many: int) -> list[float]:
    """Return the reports a second of some short rounds, one behind the other."""
    return [load.run(ROUND_S).rate for _ in range(many)]


if __name__ == "__main__":
    sys.exit(main())
