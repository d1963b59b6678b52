"""How long a worker takes to begin: the import of the thin client, and the first Suggest.

    python -m bench.cold [--rounds 20]

Each round is a process of its own, its files in the page cache. The import is what `import
ashad_client` takes in it; the first Suggest is all from the moment at which the process was asked
for, interpreter and import included, until it has a trial.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from bench.callers import SPEC, STUDY
from bench.result import BUILD, aim, keep
from bench.servers import daemon

AIM_IMPORT_S, AIM_SUGGEST_S = 0.25, 0.5
PROGRAM = f"""
import os, sys, time
begun = time.perf_counter()
import ashad_client
imported = time.perf_counter() - begun
trial = next(iter(ashad_client.connect(sys.argv[1]).trials({STUDY!r})))
print(imported, time.time(), flush=True)
os._exit(0)  # without goodbye: only the beginning is measured
"""


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="processes")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    imports, suggests = [], []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        server = daemon(stack, Path(folder) / "ashad.db")
        server.leases.create(STUDY, SPEC)
        for number in range(options.rounds + 1):
            begun = time.time()
            command = [sys.executable, "-c", PROGRAM, server.address]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            imported, ended = map(float, done.stdout.split())
            if number:  # the first fills the page cache
                imports.append(imported)
                suggests.append(ended - begun)
    _judge("import of the thin client, s", imports, AIM_IMPORT_S)
    _judge("first Suggest from a cold process, s", suggests, AIM_SUGGEST_S)
    keep("cold", {"import_s": imports, "suggest_s": suggests})
    return 0


def _judge(what: str, times: list[float], wanted: float) -> None:
    low, _, high = quantiles(times, n=4)
    middle, spread = median(times), f"{low:.2f} to {high:.2f}"
    aim(what, middle, f"<= {wanted}", met=middle <= wanted, spread=spread)


if __name__ == "__main__":
    sys.exit(main())
