"""Run seeds: `python -m tests.faults.simulation SEED [--count N] [--trace]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from .world import simulate


def main() -> int:
    """Run the seeds asked for; return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation")
    parser.add_argument("seed", type=int, help="the first seed")
    parser.add_argument("--count", type=int, default=1, help="how many seeds (default 1)")
    parser.add_argument("--trace", action="store_true", help="print every event")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    failed: list[int] = []
    began = time.perf_counter()
    for seed in range(options.seed, options.seed + options.count):
        result = simulate(seed, verbose=options.trace)
        total += result.counts
        if options.count == 1:
            print(result.digest)
        if result.failures:
            failed.append(seed)
            print(f"seed {seed}:", *result.failures[:3], sep="\n    ", flush=True)
    for what, times in sorted(total.items()):
        print(f"{times:>9}  {what}")
    took = time.perf_counter() - began
    print(f"{options.count} seeds in {took:.1f} s, {len(failed)} failed: {failed[:50]}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
