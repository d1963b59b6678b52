"""The load in C++ gRPC, a process of its own, with the methods of `Load`: see load/load.cc.

`make bench-load` builds it; `PROGRAM` says whether it is there.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from bench.callers import CYCLES, CYCLES_SPEC, SPEC, STUDY, Key, Leases
from bench.crew import Crew, ask
from bench.load import Round

PROGRAM = Path(__file__).parents[1] / ".build/load/load"


class Native:
    """Callers of one server, in a process."""

    def __init__(
        self, address: str, callers: int, leases: Leases, batch: int = 0, *,
        cycles: bool = False,
    ) -> None:  # fmt: skip
        """As of `Load`; a single caller blocks, as clients do."""
        single = callers == 1 and not batch and not cycles
        kind = "block" if single else "cycle" if cycles else "stream" if batch else "report"
        leases.create(STUDY, SPEC)
        leases.create(CYCLES, CYCLES_SPEC)
        self._study = CYCLES if cycles else STUDY
        self._most = callers * max(1, batch)
        self._stack, self._keys = ExitStack(), list[Key]()
        command = [str(PROGRAM), address, leases.kind, kind, str(callers), str(batch)]
        (self._process,) = Crew(self._stack, [command], sys.stderr).members

    def prepare(self, seconds: float) -> None:
        """Lease the trials that a round of so many seconds will need."""
        ask(self._process, f"lease {2 * self._most + int(400 * seconds)}")

    def run(self, seconds: float) -> Round:
        """Let every caller call in a closed loop for so long."""
        return self._round(f"run {seconds}")

    def pace(self, rate: float, seconds: float) -> Round:
        """Report so often a second; a wait counts from when the report was due."""
        return self._round(f"pace {rate} {seconds}")

    def acknowledged(self) -> list[Key]:
        """Return the key of every report that was answered."""
        return self._keys

    def close(self) -> None:
        """End the process, which hangs up."""
        self._stack.close()

    def _round(self, words: str) -> Round:
        told = ask(self._process, words)
        if not told:
            raise RuntimeError("the load ended; it said why above")
        done = json.loads(told)
        trials, resources = done["keys"][::2], done["keys"][1::2]
        self._keys += [(self._study, *key) for key in zip(trials, resources, strict=True)]
        return Round(done["seconds"], len(trials), done["cpu"], done["waits"])
