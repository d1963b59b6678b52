"""What many tests share: daemons of their own or of a module."""

# ruff: noqa: E402 - asserts of what is shared are rewritten before it is imported
from __future__ import annotations

import signal
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")

from tests.support import ROOT
from tests.support.daemon import Daemon
from tests.support.wire import Wire

KINDS = ("unit", "contract", "faults", "system")


def pytest_configure() -> None:
    """Undo what a shell does to its background jobs: what is tested would ignore SIGINT too."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder."""
    for item in items:
        kind = item.path.relative_to(ROOT / "tests").parts[0]
        if kind in KINDS:
            item.add_marker(kind)


@pytest.fixture(scope="session")
def new_daemon() -> type[Daemon]:
    """For tests that start their own: one for a whole module, or several."""
    return Daemon


@pytest.fixture
def daemon(tmp_path: Path):
    started = Daemon(tmp_path).start()
    yield started
    if started.process is not None and started.process.poll() is None:
        started.stop()


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """One daemon for each file of tests; every test has studies of its own."""
    daemon = Daemon(tmp_path_factory.mktemp("service")).start()
    yield (started := Wire(daemon))
    started.channel.close()
    if daemon.process.poll() is None:
        assert daemon.stop() == 0
