"""`ashad db` beside real daemons: reports flow while it reads, and kill -9 strikes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import grpc
import pytest
from ashad.store import Reader, Writer, audit
from ashad.store.header import read_only
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from tests.support.command import piped
from tests.support.daemon import Process

pytestmark = pytest.mark.slow

STUDY = """
name = "digits"
metric = "loss"
goal = "minimize"
max_resource = 1000000
seed = 1
[algorithm]
type = "random"
[space]
rate = {float = [1e-4, 1e-1], log = true}
"""


@pytest.fixture
def daemon(request, tmp_path):
    """A daemon of one's own, with a study; it can be killed, stopped and started again."""
    live = Live(tmp_path)
    live.start()
    (tmp_path / "study.toml").write_text(STUDY)
    live.ok("study", "create", "-f", tmp_path / "study.toml")
    yield live
    if live.process.poll() is None:
        live.stop()


class Live:
    def __init__(self, folder: Path) -> None:
        self.folder, self.db, self.address = folder, folder / "live" / "ashad.db", "127.0.0.1:0"

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
        kept["XDG_CONFIG_HOME"] = str(self.folder)
        return kept | {"ASHAD_ADDRESS": self.address, "ASHAD_DB": str(self.db)}

    def start(self) -> None:
        self.process = Process([], self.folder / "out", self.folder / "log", self.environment())
        line = self.process.first_line()
        found = re.search(r"listening on ([^\s,]+)", line)
        assert found, (self.folder / "log").read_text()
        self.address = found[1]

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        status = self.process.wait(30)
        self.process.stdout.close()
        return status

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        assert self.end(signal.SIGTERM) == 0

    def spawn(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ashad", *map(str, words)], env=self.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: object) -> tuple[int, str, str]:
        ran = piped([*map(str, words)], self.environment(), Path.cwd())
        assert "Traceback" not in ran.err
        return ran.code, ran.out, ran.err

    def ok(self, *words: object) -> str:
        code, out, err = self.run(*words)
        assert (code, err) == (0, "")
        return out

    def told(self, words: str) -> object:
        return json.loads(self.ok(*words.split(), "-o", "json"))

    @contextlib.contextmanager
    def flow(self):
        """Let two workers report without a pause; yield their journal of acks."""
        acked: list[tuple[int, int]] = []
        ending, failures = threading.Event(), []
        threads = [
            threading.Thread(target=self._work, args=(acked, ending, failures)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        try:
            yield acked
        finally:
            ending.set()
            for thread in threads:
                thread.join(30)
        assert failures == []

    def _work(self, acked, ending, failures) -> None:
        try:
            with grpc.insecure_channel(self.address) as channel:
                stub = ashad_pb2_grpc.SchedulerServiceStub(channel)
                request = pb.SuggestRequest(
                    study="digits", worker=str(uuid.uuid4()), request_id=str(uuid.uuid4())
                )
                lease = stub.Suggest(request, timeout=30).assignment
                resource = 0
                while not ending.wait(0.001):  # as fast as a machine that has more to do
                    resource += 1
                    metric = pb.Metric(name="loss", value=1 / resource)
                    stub.Report(
                        pb.ReportRequest(
                            study="digits", trial=lease.trial, attempt=lease.attempt,
                            lease_token=lease.lease_token, resource=resource, metrics=[metric],
                        ),
                        timeout=30,
                    )  # fmt: skip
                    acked.append((lease.trial, resource))
        except grpc.RpcError as error:
            failures.append(error)


def until(condition) -> None:
    """Wait for what another process or thread brings about."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.0005)


def written(path: Path) -> int:
    """How much there is of a file that may come and go meanwhile; -1 where it is not."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def reports(path: Path) -> set[tuple[int, int]]:
    with contextlib.closing(read_only(path)) as connection:
        return set(connection.execute("SELECT trial, resource FROM report"))


def test_a_backup_has_every_report_acknowledged_before_it_began(daemon):
    backups = []
    with daemon.flow() as acked:
        for n in range(3):
            until(lambda: len(acked) > 100 * (n + 1))  # noqa: B023 - it runs now
            before = set(acked)
            out = daemon.ok("db", "backup", daemon.folder / f"{n}.db")
            assert "all right" in out
            backups.append((before, n))

    for before, n in backups:
        assert before <= reports(daemon.folder / f"{n}.db")
        assert list(audit(daemon.folder / f"{n}.db")) == []
    daemon.stop()
    assert set(acked) <= reports(daemon.db)
    assert list(audit(daemon.db)) == []


def test_check_beside_a_daemon_that_writes(daemon):
    with daemon.flow() as acked:
        for n in range(3):
            until(lambda: len(acked) > 50 * (n + 1))  # noqa: B023 - it runs now
            out = daemon.ok("db", "check")
            assert re.search(
                r"1 study, 2 trials, [\d,]+ reports, [\d,]+ decisions replayed: all right", out
            )


def test_the_daemon_ends_well_while_somebody_reads(daemon):
    with daemon.flow() as acked:
        until(lambda: len(acked) > 20)
    reader = Reader(daemon.db)
    reader.connection.execute("BEGIN")
    assert reader.studies()
    daemon.stop()
    reader.close()

    assert set(acked) <= reports(daemon.db)
    daemon.start()
    assert daemon.told("study list")[0]["name"] == "digits"


def test_after_kill_9_a_backup_is_whole_and_the_log_is_left_to_the_daemon(daemon):
    with contextlib.suppress(AssertionError), daemon.flow() as acked:  # the kill fails the flow
        until(lambda: len(acked) > 200)
        daemon.kill()
    before = daemon.db.read_bytes(), Path(f"{daemon.db}-wal").read_bytes()
    assert before[1]

    daemon.ok("db", "backup", daemon.folder / "out.db")
    daemon.ok("db", "check")

    assert (daemon.db.read_bytes(), Path(f"{daemon.db}-wal").read_bytes()) == before
    assert set(acked) <= reports(daemon.folder / "out.db")


@pytest.mark.parametrize("n", range(4))
def test_kill_9_of_a_backup_while_reports_flow(daemon, n):
    out, work = daemon.folder / "out.db", daemon.folder / ".out.db.partial"
    with daemon.flow() as acked:
        until(lambda: len(acked) > 100)
        process = daemon.spawn("db", "backup", out)
        # On a busy machine it may have ended before this process looks again.
        until(lambda: written(work) >= min(n, 1) or process.poll() is not None)
        for _ in range(n * 2000):
            os.sched_yield()
        process.kill()
        process.communicate()
        if out.exists():  # it had ended: then it is whole
            assert list(audit(out)) == []
        daemon.ok("db", "backup", out, "--force")
    assert not work.exists()
    assert list(audit(out)) == []
    daemon.stop()
    assert set(acked) <= reports(daemon.db)
    assert list(audit(daemon.db)) == []


def test_a_restore_beside_a_daemon_is_refused(daemon):
    daemon.ok("db", "backup", daemon.folder / "out.db")

    code, _, err = daemon.run("db", "restore", daemon.folder / "out.db")

    assert code == 75
    assert str(daemon.db) in err
    assert sorted(p.name for p in daemon.db.parent.glob("*")) == [
        "ashad.db", "ashad.db-shm", "ashad.db-wal", "ashad.db.lock",
    ]  # fmt: skip


def test_a_restored_daemon_serves_the_state_of_the_backup(daemon):
    with daemon.flow() as acked:
        until(lambda: len(acked) > 20)
    daemon.ok("db", "backup", daemon.folder / "out.db")
    then = daemon.told("study list"), daemon.told("trial list digits")
    with daemon.flow() as more:
        until(lambda: len(more) > 20)
    daemon.kill()
    assert Path(f"{daemon.db}-wal").stat().st_size

    out = daemon.ok("db", "restore", daemon.folder / "out.db")
    daemon.start()

    assert f"the replaced file is {daemon.db}.before-restore-1" in out
    assert still(daemon.told("study list"), daemon.told("trial list digits")) == still(*then)
    assert set(acked) == reports(daemon.db)
    assert set(acked) | set(more) <= reports(Path(f"{daemon.db}.before-restore-1"))
    with daemon.flow() as after:
        until(lambda: len(after) > 20)
    daemon.stop()
    assert list(audit(daemon.db)) == []


def still(studies, trials) -> str:
    """What does not move with the clock."""
    moving = r'"(?:\w*(?:time|age|elapsed|expire|since)\w*)": ("[^"]*"|[0-9.]+)'
    return re.sub(moving, "", json.dumps([studies, trials]))


def test_kill_9_of_a_restore_and_the_daemon_starts(daemon):
    daemon.ok("db", "backup", daemon.folder / "out.db")
    with daemon.flow() as acked:
        until(lambda: len(acked) > 50)
    daemon.stop()
    new, old = reports(daemon.folder / "out.db"), reports(daemon.db)
    assert old != new
    work = daemon.db.with_name(".ashad.db.partial")
    kept = daemon.db.with_name("ashad.db.before-restore-1")
    for moment in (work.exists, kept.exists):
        process = daemon.spawn("db", "restore", daemon.folder / "out.db")
        until(lambda: moment() or process.poll() is not None)  # noqa: B023 - it runs now
        process.kill()
        process.communicate()

        daemon.start()
        assert daemon.told("study list")[0]["name"] == "digits"
        daemon.stop()
        assert reports(daemon.db) in (old, new)
        assert list(audit(daemon.db)) == []
    daemon.ok("db", "restore", daemon.folder / "out.db")
    assert reports(daemon.db) == new


def test_two_restores_at_once(daemon):
    daemon.ok("db", "backup", daemon.folder / "out.db")
    with daemon.flow() as acked:
        until(lambda: len(acked) > 50)
    daemon.kill()
    both = [daemon.spawn("db", "restore", daemon.folder / "out.db") for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
    codes = sorted(process.returncode for process in both)

    assert codes in ([0, 0], [0, 75])
    assert reports(daemon.db) == set()
    assert set(acked) <= reports(Path(f"{daemon.db}.before-restore-1"))

    with Path(f"{daemon.db}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert daemon.run("db", "restore", daemon.folder / "out.db")[0] == 75


def test_an_altered_row_is_named_and_neither_backed_up_nor_restored(daemon):
    with daemon.flow() as acked:
        until(lambda: len(acked) > 20)
    daemon.stop()
    before = daemon.folder / "bad.db"
    before.write_bytes(daemon.db.read_bytes())
    with contextlib.closing(sqlite3.connect(before, isolation_level=None)) as connection:
        connection.execute("UPDATE report SET value = value + 1 WHERE seq = 9")

    for words in (["check", before], ["backup", "--db", before, daemon.folder / "out.db"],
                  ["restore", before]):  # fmt: skip
        code, _, err = daemon.run("db", *words)
        assert code == 65
        assert re.search(
            r"error: table report, study 1, seq 9: the row is not what was written", err
        )
    assert not (daemon.folder / "out.db").exists()
    assert set(acked) == reports(daemon.db)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("db check nowhere.db", 65, "missing or empty"),
        ("db check --db nowhere.db", 65, "missing or empty"),
        ("--db nowhere.db db check", 65, "missing or empty"),
        ("--log-level info db check", 2, "--log-level is for the daemon"),
        ("db check text", 65, "not a database"),
        ("db backup out.db", 2, "there is no database at"),
        ("db backup nowhere/out.db --db good.db", 74, "No such file"),
        ("db backup text --db good.db", 2, "already there"),
        ("db backup good.db --db good.db --force", 2, "belongs to the database"),
        ("db restore text --db good.db", 65, "not a database"),
        ("db restore nowhere.db --db good.db", 65, "missing or empty"),
        ("db restore good.db --db good.db", 2, "belongs to the database"),
        ("db restore good.db --db folder", 78, "not a file"),
    ],
)
def test_what_is_refused(tmp_path, words, code, told):
    Writer(tmp_path / "good.db").close()
    (tmp_path / "text").write_text("text")
    (tmp_path / "folder").mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "ashad", *words.split()], cwd=tmp_path, check=False,
        env=os.environ | {"ASHAD_DB": str(tmp_path / "none.db"), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True, text=True,
    )  # fmt: skip

    assert ran.returncode == code, ran.stderr
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(audit(tmp_path / "good.db")) == []
    assert not (tmp_path / "none.db").exists()
