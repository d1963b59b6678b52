"""Deterministic simulation: real scheduler, core and store; all around them comes from one seed.

loop       an event loop whose time leaps to the next event
knobs      what a seed chooses: which studies, which faults, how often
network    requests and replies that are lost, late, doubled, out of order or cut
daemon     the daemon's wiring, with crashes, slow commits, full disks and stalls
worker     training processes, good and bad
people     limits, pauses, cancellations, and someone who repeats old calls
journal    what was acknowledged, and what must therefore hold: checked at every call
ledger     the file read by another author: the naive oracle decides every row again
world      one run: trouble, then healing, then everything must have ended

`python -m tests.simulation SEED` runs one seed and prints its trace with `--trace`.
"""

import sys
from pathlib import Path

# The naive oracle stands beside the tests of the core, which import it by its plain name too.
sys.path.append(str(Path(__file__).parent.parent / "core"))
