"""Insert-and-decide in a rung of 10^6 and of 10^7 entries; who is next among a million who wait.

    python -m bench.rung [--entries 1000000 10000000] [--more 100000]

Each case fills a rung in a process of its own, then measures the next entries: the processor time
of each of twenty parts, of which the median counts, then the tail over as many again, in processor
time and by the clock, which also shows whom else the machine served. With promotion, deciding
includes the question who goes on next, and sending that one on. Up to a million the entries come
one by one; more are put in at once, as at a start of the daemon, since it is what comes then that
counts.

The second part has a ladder whose lowest rung holds trials that wait: the question who is promoted
next, answered and carried out; the same where nobody may go on; and the removal of an infeasible
trial with the question who is promotable then.
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
from statistics import median, quantiles
from typing import Any

import numpy as np
from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.entry import OUT, PROMOTED, WAITING
from ashad.core.brackets.plan import Plan
from ashad.core.brackets.rung import Rung

from bench.result import aim, keep

ETA = Fraction(3)
ORDERS = ("random", "sorted", "reversed", "all equal")
AIM_BYTES, AIM_TAIL_US = 20.0, 100.0
AIM_JOB_US, AIM_REMOVAL_US = 10.0, 1000.0
ONE_BY_ONE = 10**6  # more entries than these are put in at once
LADDER = Plan(levels=(1, 3, 9, 27, 81), trials=None, rungs=5)
_PAGE = 4096
_JOBS, _REMOVALS = 20_000, 200
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


def filled(values: array[float], entries: int, *, promotion: bool) -> Rung:
    """Return a rung of the first entries, the best of which went on."""
    rung = Rung(ETA, min_quota=0 if promotion else 1)
    if entries <= ONE_BY_ONE:
        decide = decider(rung, promotion=promotion)
        for trial in range(entries):
            decide(values[trial], trial)
        return rung
    best = np.argsort(np.frombuffer(values, count=entries), kind="stable")[: int(entries / ETA)]
    fates = np.full(entries, WAITING if promotion else OUT, np.uint8)
    fates[best] = PROMOTED
    rung.fill(values[:entries], array("I", range(entries)), bytearray(fates.tobytes()))
    return rung


def measure(case: tuple[str, str, int, int]) -> dict[str, Any]:
    """Measure one case."""
    variant, order, entries, more = case
    promotion = variant == "promotion"
    values = scores(order, entries + 2 * more)
    filled(values, 10, promotion=promotion)
    before = _resident()
    rung = filled(values, entries, promotion=promotion)
    size = (_resident() - before) / entries
    decide = decider(rung, promotion=promotion)
    means = []
    for at in range(entries, entries + more, more // _PARTS):
        start = time.thread_time_ns()
        for trial in range(at, at + more // _PARTS):
            decide(values[trial], trial)
        means.append((time.thread_time_ns() - start) * _PARTS / more)
    waits, works = array("q", bytes(8 * more)), array("q", bytes(8 * more))
    for at in range(more):
        trial = entries + more + at
        begun, start = time.thread_time_ns(), time.perf_counter_ns()
        decide(values[trial], trial)
        waits[at] = time.perf_counter_ns() - start
        works[at] = time.thread_time_ns() - begun
    late = more * 999 // 1000
    return {
        "variant": variant, "order": order, "entries": entries, "mean_us": median(means) / 1000,
        "p99_9_us": sorted(works)[late] / 1000, "p99_9_clock_us": sorted(waits)[late] / 1000,
        "bytes": size,
    }  # fmt: skip


def ladder(entries: int, share: float) -> Bracket:
    """Return a ladder of promotion; `share` of who may go on from the lowest rung went on."""
    made = Bracket(LADDER, ETA, promotion=True)
    values = scores("random", entries)
    fates = np.full(entries, WAITING, np.uint8)
    best = np.argsort(np.frombuffer(values), kind="stable")[: int(share * (entries // ETA))]
    fates[best] = PROMOTED
    made.rungs[0].fill(values, array("I", range(entries)), bytearray(fates.tobytes()))
    for number, trial in enumerate(best):  # they are under way to the next rung, or came there
        if number % 2:
            made.rungs[1].enter(values[trial], int(trial), OUT)
    return made


def jobs(waiting: int) -> dict[str, Any]:
    """Measure who is next, with so many trials that wait: microseconds, medians of parts."""
    entries = waiting * 6 // 5  # half of those who may go on did
    asked, none, removed = ladder(entries, 0.5), ladder(entries, 1.0), ladder(entries, 0.9)

    def job() -> None:
        found = asked.promotable()
        assert found is not None
        asked.rungs[found[0]].promote()

    def removal(trial: int) -> None:
        removed.remove(trial)
        removed.promotable()

    before, times = asked.rungs[0].waiting, min(_JOBS, waiting // 10) // _PARTS
    parts = [_micros(job, times) for _ in range(_PARTS)]
    idle = [_micros(none.promotable, times) for _ in range(_PARTS)]
    gone = np.random.default_rng(3).permutation(entries)[:_REMOVALS].tolist()
    each = [_micros(lambda trial=trial: removal(trial), 1) for trial in gone]  # type: ignore[misc]
    return {
        "waiting": before, "job_us": median(parts), "none_us": median(idle),
        "removal_us": median(each), "removal_p99_us": quantiles(each, n=100)[98],
    }  # fmt: skip


def main() -> int:
    """Measure all cases, print and keep what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, nargs="*", default=[10**6, 10**7], help="of a rung")
    parser.add_argument("--more", type=int, default=100_000, help="entries measured after these")
    parser.add_argument("--waiting", type=int, default=10**6, help="trials that wait, part two")
    options = parser.parse_args()
    cases = [
        (variant, order, entries, options.more)
        for entries in options.entries
        for variant in ("stopping", "promotion")
        for order in ORDERS
    ]
    found = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for done in pool.imap(measure, cases, chunksize=1):
            found.append(done)
            _judge(done)
        waits = pool.apply(jobs, (options.waiting,))
    what = f"who is next of {waits['waiting']:,} that wait, us"
    spread = f"{waits['none_us']:.2f} if nobody may"
    job = waits["job_us"]
    aim(what, job, f"<= {AIM_JOB_US}", met=job <= AIM_JOB_US, spread=spread)
    took = waits["removal_us"]
    aim(
        "removal of an infeasible one and who is next then, us", took, f"<= {AIM_REMOVAL_US}",
        met=took <= AIM_REMOVAL_US, spread=f"99 % within {waits['removal_p99_us']:.0f}",
    )  # fmt: skip
    keep("rung", {"cases": found, "waiting": waits})
    return 0


def _judge(done: dict[str, Any]) -> None:
    mean, tail, size = done["mean_us"], done["p99_9_us"], done["bytes"]
    wanted = 4.0 if done["entries"] <= 10**6 else 6.0
    aim(
        f"{done['variant']}, {done['entries']:.0e} entries {done['order']}, mean us", mean,
        f"<= {wanted}, 99.9 % within {AIM_TAIL_US} us, {AIM_BYTES} bytes an entry",
        met=mean <= wanted and tail <= AIM_TAIL_US and size <= AIM_BYTES,
        spread=f"99.9 % within {tail:.0f} us, {done['p99_9_clock_us']:.0f} by the clock, "
        f"{size:.1f} bytes",
    )  # fmt: skip


def _micros(call: Callable[[], object], times: int) -> float:
    """Return the microseconds of processor time that a call takes, in the mean of so many."""
    start = time.thread_time_ns()
    for _ in range(times):
        call()
    return (time.thread_time_ns() - start) / times / 1000


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


if __name__ == "__main__":
    sys.exit(main())
