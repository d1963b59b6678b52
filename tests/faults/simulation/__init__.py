"""Deterministic simulation: real scheduler, core and store; all around them comes from one seed.

fault_config  what a seed chooses: which studies, which faults, how often
network       requests and replies that are lost, late, doubled, out of order or cut
disk          commits that take long, storage that is full or broken
daemon        the daemon's wiring, with crashes, slow commits, full disks and stalls
worker        training processes, good and bad
operators     limits, pauses, cancellations, and someone who repeats old calls
journal       what was acknowledged, and what must therefore hold: checked at every call
ledger        the file read by another author: the naive oracle decides every row again
world         one run: trouble, then healing, then everything must have ended

`python -m tests.faults.simulation SEED` runs one seed and prints its trace with `--trace`.
"""
