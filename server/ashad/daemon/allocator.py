"""How large blocks of memory are given back: to the system, as soon as they are free.

glibc serves ever larger blocks from its arenas once some were freed, and keeps them there, for each
thread. What a read of a million trials needs for milliseconds would stay with the daemon for good.
"""

from __future__ import annotations

import ctypes
import os

LARGE = 1 << 20  # bytes of a block that has pages of its own
_M_MMAP_THRESHOLD = -3  # of mallopt(3)


def return_large_blocks() -> None:
    """Have it so from now on, where the C library can and the operator says nothing else."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
