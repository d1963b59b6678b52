"""What many tests share: daemons of their own or of a module."""

# ruff: noqa: E402 - asserts of what is shared are rewritten before it is imported
from __future__ import annotations

import gc
import os
import shutil
import signal
from pathlib import Path

import hypothesis
import pytest

pytest.register_assert_rewrite("tests.support")

from tests.support import ROOT, size
from tests.support.daemon import Daemon
from tests.support.wire import Wire

# A property is tried on few examples, and on many in `make torture`; nothing is timed.
hypothesis.settings.register_profile("ashad", max_examples=size(25, 1000), deadline=None)
hypothesis.settings.load_profile("ashad")

KINDS = ("unit", "contract", "faults", "system")
PROCESSES = {"daemon", "new_daemon", "wire"}  # fixtures that start some
BUILT = {"go", "cpp", "typescript", "java", "rust"}  # parameters of tests that build a client
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # bytes


# The modules and tests that a run collects stay: looking through them again and again for garbage
# is a third of the time that it takes. Tests have the collector as it is.
COLLECTOR = gc.get_threshold()
gc.set_threshold(100_000, *COLLECTOR[1:])


def pytest_configure() -> None:
    """Undo what a shell does to its background jobs: what is tested would ignore SIGINT too.

    Temporary files lie in memory where there is room, since a test's daemon waits for the disk more
    than it computes. What survives a loss of power is judged on an ext4 image of its own.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM and not _noexec(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    # What a test installs is imported once: only what is imported is worth compiling.
    os.environ.setdefault("PIP_NO_COMPILE", "1")


def _noexec(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_NOEXEC)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(*COLLECTOR)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder, as slow what starts a daemon, and what builds a client."""
    for item in items:
        kind = item.path.relative_to(ROOT / "tests").parts[0]
        if kind in KINDS:
            item.add_marker(kind)
        if PROCESSES & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if any(isinstance(one, str) and one in BUILT for one in parameters):
            item.add_marker("languages")


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
