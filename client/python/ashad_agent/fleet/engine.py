"""What an engine is, and the programs by which it is told: sbatch, ssh, kubectl.

Each is run once; what it refuses is told in its own words. Nothing here retries.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol

from ashad_agent.fleet.order import Order
from ashad_client.errors import Error

TIMEOUT_S = 120.0


class Engine(Protocol):
    """Starts workers, restarts them, and ends them, in its own way."""

    # Flags that mean nothing to it, as fields of `Order`, and what to do instead.
    CANNOT: Mapping[str, str]

    @staticmethod
    def check(order: Order) -> None:
        """Refuse what it cannot do. Raises `Error`."""

    @staticmethod
    def text(order: Order) -> str:
        """Write what is submitted."""

    @staticmethod
    def submit(order: Order) -> list[str]:
        """Submit it; return what a person wants to know. Raises `Error`."""


def refused(engine: str, program: str, words: str, left: str = "nothing was submitted") -> Error:
    """Make the error of a program that refused: in its own words, and what is left behind."""
    said = "; ".join(line.strip() for line in words.splitlines() if line.strip())
    message = f"{engine}: {program}: {said or 'it failed and said nothing'}; {left}"
    return Error(message, code="ABORTED", reason="NOT_LAUNCHED")


def call(engine: str, words: Sequence[str], given: str, left: str = "nothing was submitted") -> str:
    """Run a program with text as its standard input; return what it printed. Raises `Error`."""
    program = words[0]
    if shutil.which(program) is None:
        lacks = f"there is no such program here: launch where {engine}'s commands are, or --dry-run"
        raise refused(engine, program, lacks, left)
    try:
        done = subprocess.run(  # noqa: S603  # no shell reads the words
            list(words), input=given, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        unsure = f"no answer within {TIMEOUT_S:g} s"
        raise refused(engine, program, unsure, "whether it was submitted is not known") from None
    except OSError as error:
        raise refused(engine, program, str(error.strerror), left) from None
    if done.returncode:
        raise refused(engine, program, done.stderr or done.stdout, left)
    return done.stdout.strip()
