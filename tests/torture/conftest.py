"""Daemons for the fault tests, their size, and the table of what was done.

ASHAD_TORTURE=1 takes the large figures; ASHAD_TORTURE_TABLE names the file that the table goes to.
A run of some of the tests replaces their rows in it and keeps the others; each row has its date and
commit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Daemon, Nursery

LARGE = os.environ.get("ASHAD_TORTURE") == "1"
_ROWS: list[tuple[str, ...]] = []
_HEAD = """# Torture

Written by `make torture`: real processes, files and connections.

| what | how many | result | seed | seconds | date | commit |
|---|---|---|---|---|---|---|
"""


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A nursery whose daemons can be given failing storage."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no failing storage: it needs a C compiler, cc")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).parent / "shim.c"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    made = Nursery(preload=library)
    yield made
    made.close()


@pytest.fixture
def daemons(nursery: Nursery) -> Iterator[Callable[..., Daemon]]:
    """Makes daemons, and ends them after the test."""
    made: list[Daemon] = []

    def make(folder: Path, db: Path | None = None, of: Nursery | None = None) -> Daemon:
        made.append(Daemon(of or nursery, folder, db))
        return made[-1]

    yield make
    for daemon in made:
        daemon.end()


@pytest.fixture
def hurt(daemons: Callable[..., Daemon], tmp_path: Path) -> Daemon:
    """One daemon, not started."""
    return daemons(tmp_path)


@pytest.fixture
def size() -> Callable[[int, int], int]:
    """Return the small figure, or the large one under ASHAD_TORTURE=1."""
    return lambda small, large: large if LARGE else small


@pytest.fixture
def tell() -> Callable[..., None]:
    """Adds a row to the table: what, how many, result, seed."""
    begun = time.monotonic()

    def add(what: str, many: object, result: str, seed: object = "-") -> None:
        took = f"{time.monotonic() - begun:.0f}"
        _ROWS.append(
            (what, str(many), result, str(seed), took, time.strftime("%Y-%m-%d"), _commit())
        )

    return add


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
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
