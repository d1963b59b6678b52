"""Insert-and-decide in a rung of a million entries: time, its tail, and bytes an entry.

    python -m bench.rung [--entries 1000000] [--more 100000]

Each case fills a rung in a process of its own, then measures the next entries: the processor time
of each of twenty parts, of which the median counts, then the tail over as many again, each timed by
the clock on the wall. With promotion, deciding includes the question who goes on next, and sending
that one on.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from array import array
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from statistics import median

import numpy as np
from ashad.core.rung import Rung

from bench.result import keep

ETA = Fraction(3)
ORDERS = ("random", "sorted", "reversed", "all equal")
AIM_BYTES = 20.0
_PAGE = 4096
_PARTS = 20


def scores(order: str, size: int) -> array[float]:
    """Return the scores in the order in which they arrive."""
    found = np.random.default_rng(7).random(size)
    if order in ("sorted", "reversed"):
        found.sort()
    if order == "reversed":
        found = found[::-1]
    if order == "all equal":
        found[:] = 0.5
    return array("d", found.tobytes())


def decider(rung: Rung, *, promotion: bool) -> Callable[[float, int], object]:
    """Return what is measured: one entry and its decision."""
    if not promotion:
        return rung.enter

    def enter(score: float, trial: int) -> None:
        rung.enter(score, trial)
        if rung.best_waiting() is not None:
            rung.promote()

    return enter


def measure(case: tuple[str, str, int, int]) -> dict[str, object]:
    """Measure one case."""
    variant, order, entries, more = case
    promotion = variant == "promotion"
    values = scores(order, entries + 2 * more)
    before = _resident()
    rung = Rung(ETA, at_least=0 if promotion else 1)
    decide = decider(rung, promotion=promotion)
    for trial in range(entries):
        decide(values[trial], trial)
    size = (_resident() - before) / entries
    means = []
    for at in range(entries, entries + more, more // _PARTS):
        start = time.thread_time_ns()
        for trial in range(at, at + more // _PARTS):
            decide(values[trial], trial)
        means.append((time.thread_time_ns() - start) * _PARTS / more)
    each = array("q", bytes(8 * more))
    for at in range(more):
        trial = entries + more + at
        start = time.perf_counter_ns()
        decide(values[trial], trial)
        each[at] = time.perf_counter_ns() - start
    tail = sorted(each)
    return {
        "variant": variant, "order": order, "entries": entries, "mean_us": median(means) / 1000,
        "p50_us": tail[more // 2] / 1000, "p99_9_us": tail[more * 999 // 1000] / 1000,
        "bytes": size,
    }  # fmt: skip


def main() -> int:
    """Measure all cases, print and keep what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of the full rung")
    parser.add_argument("--more", type=int, default=100_000, help="entries measured after these")
    options = parser.parse_args()
    cases = [
        (variant, order, options.entries, options.more)
        for variant in ("stopping", "promotion")
        for order in ORDERS
    ]
    aim_us = 4.0 if options.entries <= 10**6 else 6.0
    print(f"a rung of {options.entries} entries; aim: {aim_us} us, {AIM_BYTES} bytes")
    found = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for done in pool.imap(measure, cases, chunksize=1):
            found.append(done)
            print(
                f"  {done['variant']:9} {done['order']:9}  mean {done['mean_us']:5.2f} us  "
                f"99.9 % within {done['p99_9_us']:6.1f} us  {done['bytes']:4.1f} bytes an entry",
                flush=True,
            )
    keep("rung", found)
    return 0


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


if __name__ == "__main__":
    sys.exit(main())
