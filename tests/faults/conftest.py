"""Daemons for the fault tests, and their size: ASHAD_TORTURE=1 takes the large figures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support import size as figure
from tests.support.daemon import ForkServer, fork_server
from tests.support.harness import Daemon
from tests.support.table import teller, write


@pytest.fixture(scope="session")
def server() -> ForkServer:
    return fork_server()


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """A server whose daemons can be given failing storage."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no failing storage: it needs a C compiler, cc")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    source = ROOT / "tests" / "support" / "shim.c"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    made = ForkServer(preload=library)
    yield made
    made.close()


@pytest.fixture
def daemons(server: ForkServer) -> Iterator[Callable[..., Daemon]]:
    """Makes daemons, and ends them after the test."""
    made: list[Daemon] = []

    def make(folder: Path, db: Path | None = None, of: ForkServer | None = None) -> Daemon:
        made.append(Daemon(of or server, folder, db))
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
    return figure


@pytest.fixture
def tell() -> Callable[..., None]:
    """Adds a row to the table: what, how many, result, seed."""
    return teller()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    write()
