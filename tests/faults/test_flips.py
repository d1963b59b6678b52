"""An altered byte of the file: refused by name, or without any effect; never a wrong answer.

Each flip is tried on the real store and scheduler; a few of them on a real daemon as well.
"""

from __future__ import annotations

import os
import random
import shutil
import uuid
from pathlib import Path

import pytest
from ashad.core.history.records import ReportContent
from ashad.core.recovery.restore import snapshot
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.store import DamagedError, Reader, StoreError, Writer, audit, verify

from tests.support.harness import Daemon, Stubs, curve


class Frozen:
    def wall(self) -> int:
        return 2_000_000_000_000_000

    def monotonic(self) -> float:
        return 1.0


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory) -> Path:
    """A file with some of everything in it."""
    daemon = Daemon(server, tmp_path_factory.mktemp("whole")).start()
    with Stubs(daemon.channel()) as stubs:
        for name, promotion in (("stopping", False), ("promotion", True)):
            stubs.create(name, promotion=promotion)
            for i in range(40):
                a = stubs.suggest(name, f"w{i}").assignment
                for resource in range(a.start_resource + 1, a.target_resource + 1):
                    reply = stubs.report(a, resource, curve(a.trial, resource))
                    if reply.decision.action != 1:
                        break
                    if i % 7 == 6:
                        break
    assert daemon.stop() == 0
    assert list(audit(daemon.db)) == []
    return daemon.db


async def _answers(path: Path) -> str:
    """All that a file says: lists, states, the next assignments and decisions."""
    said = []
    store = Writer(path)
    try:
        reader = Reader(path)
        try:
            verify(reader)
            said += await _ask(store, reader)
        finally:
            reader.close()
    finally:
        store.connection.close()
    return "\n".join(said)


async def _ask(store: Writer, reader: Reader) -> list[str]:
    def fatal(error: BaseException) -> None:
        raise error

    scheduler = Scheduler(store, reader, InlineExecutor(), Frozen(), lambda *_, **__: None, fatal)
    said = [repr(scheduler.names())]
    for name in scheduler.names():
        number = scheduler.entry(name).number
        said.append(repr(snapshot(scheduler.study(name).state)))
        said += map(repr, reader.trials(number))
        said += map(repr, reader.reports(number))
        said += map(repr, reader.changes(number))
        for i in range(6):
            outcome, seq = scheduler.suggest(name, f"new{i}", f"new{i}")
            said.append(repr((outcome, seq)))
            for resource in range(outcome.start + 1, outcome.target + 1):
                decision, seq = scheduler.report(
                    name, outcome.key, ReportContent(resource, curve(outcome.trial, resource))
                )
                said.append(repr((decision, seq)))
                if decision.action != "CONTINUE":
                    break
    await scheduler.drain()
    return said


async def _verdict(path: Path, due: str) -> str:
    try:
        said = await _answers(path)
    except (StoreError, DamagedError):
        return "refused"
    if said == due:
        return "unchanged"
    return "named" if list(audit(path)) else "wrong"


def _fresh(whole: Path, path: Path) -> None:
    """Put the whole file in the place of what was there."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(whole, path)


def _flip(path: Path, at: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        old = file.read(1)[0]
        file.seek(at)
        file.write(bytes([old ^ bit]))


@pytest.mark.timeout(7_200)
async def test_no_altered_byte_gives_a_wrong_answer(whole, tmp_path, size, tell) -> None:
    seed, flips = random.randrange(10**6), size(50, 5_000)
    chance, length = random.Random(seed), whole.stat().st_size
    path = tmp_path / "a.db"
    shutil.copy(whole, path)
    due = await _answers(path)
    found = {"refused": 0, "unchanged": 0, "named": 0}
    for i in range(flips):
        # A tenth in the header and the schema, where a byte means most.
        at, bit = chance.randrange(length if i % 10 else 8192), 1 << chance.randrange(8)
        _fresh(whole, path)
        _flip(path, at, bit)
        verdict = await _verdict(path, due)
        assert verdict != "wrong", f"seed {seed}: byte {at} ^ {bit} of {whole} goes unnoticed"
        found[verdict] += 1
    assert found["refused"] > flips // 5
    tell("byte flips", f"{flips} of {length} bytes", f"{found}, none wrong", seed)


@pytest.mark.timeout(7_200)
async def test_no_truncated_file_gives_a_wrong_answer(whole, tmp_path, size, tell) -> None:
    cuts, length = size(25, 1_000), whole.stat().st_size
    path = tmp_path / "a.db"
    shutil.copy(whole, path)
    due = await _answers(path)
    found = {"refused": 0, "unchanged": 0}
    for i in range(cuts):
        _fresh(whole, path)
        os.truncate(path, max(1, length * i // cuts))
        found[await _verdict(path, due)] += 1
    assert found["refused"] > cuts * 9 // 10
    tell("truncated file", f"{cuts} lengths", f"{found}, none wrong")


async def test_unverified_an_altered_state_goes_unnoticed(whole, tmp_path, monkeypatch) -> None:
    """The control: a state that is only counted is altered, and without `verify` it is believed."""
    path = tmp_path / "a.db"
    shutil.copy(whole, path)
    due = await _answers(path)
    shutil.copy(whole, path)
    at = path.read_bytes().index(b"STOPPED")
    _flip(path, at, 1)
    with pytest.raises(DamagedError, match="not what was written"):
        await _answers(path)
    monkeypatch.setitem(globals(), "verify", lambda reader: None)
    monkeypatch.setattr(Reader, "trials", lambda *_, **__: [])
    try:
        assert await _answers(path) != due
    except (StoreError, DamagedError):
        pytest.fail("it was noticed without `verify`: the control controls nothing")


def test_a_daemon_refuses_a_damaged_file_by_name(whole, daemons, tmp_path) -> None:
    text = whole.read_bytes()
    for spot in (b"STOPPED", b"CREATE INDEX report_trial", b"SQLite format", b"BELOW_CUTOFF"):
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        daemon = daemons(folder)
        shutil.copy(whole, daemon.db)
        _flip(daemon.db, text.index(spot), 1)
        daemon.launch()
        assert daemon.listens() is None
        assert daemon.wait() == 65
        said = daemon.log.read_text()
        assert str(daemon.db) in said
        assert "Traceback" not in said
