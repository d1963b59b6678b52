"""What tests share."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
LARGE = os.environ.get("ASHAD_TORTURE") == "1"


def size(small: int, large: int) -> int:
    """Return the small figure, or the large one of `make torture`."""
    return large if LARGE else small
