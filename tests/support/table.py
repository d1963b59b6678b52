"""The table of what was done: rows by what they are about, each with its date and commit.

ASHAD_TORTURE_TABLE names the file. A run of some of the tests replaces their rows in it and keeps
the others.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_ROWS: list[tuple[str, ...]] = []
_HEAD = """# Torture

Written by `make torture`: real processes, files and connections.

| what | how many | result | seed | seconds | date | commit |
|---|---|---|---|---|---|---|
"""


def teller() -> Callable[..., None]:
    """Return what adds a row: what, how many, result, seed; it takes the time from now on."""
    begun = time.monotonic()

    def add(what: str, many: object, result: str, seed: object = "-") -> None:
        took = f"{time.monotonic() - begun:.0f}"
        _ROWS.append(
            (what, str(many), result, str(seed), took, time.strftime("%Y-%m-%d"), _commit())
        )

    return add


def write() -> None:
    """Write the table, where one is asked for."""
    table = os.environ.get("ASHAD_TORTURE_TABLE")
    if table and _ROWS:
        path = Path(table)
        rows = _known(path) | {row[0]: row for row in _ROWS}
        lines = [f"| {' | '.join(rows[what])} |\n" for what in sorted(rows)]
        last = f"\n{os.cpu_count()} cores. A test that fails leaves no row.\n"
        path.write_text(_HEAD + "".join(lines) + last, encoding="utf-8")


def _known(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the rows of the table as it stands, by what they are about."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [tuple(line.strip("| ").split(" | ")) for line in lines if line.startswith("| ")]
    return {row[0]: row for row in cells if len(row) == 7 and row[0] != "what"}


def _commit() -> str:
    line = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "-"
