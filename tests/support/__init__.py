"""What tests share."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
LARGE = os.environ.get("ASHAD_TORTURE") == "1"


def size(small: int, large: int) -> int:
    """Return the small figure, or the large one of `make torture`."""
    return large if LARGE else small


def patience_s() -> float:
    """Return how long to wait for what must come: less where a bug was put in that prevents it."""
    return 8.0 if "MUTANT" in os.environ else 30.0


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Keep the other processes of a run out: what is made once must not be made by two at once."""
    folder = ROOT / ".build"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
