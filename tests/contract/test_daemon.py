"""The daemon as an operator meets it: starting, refusing to start, ending."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import uuid
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import grpc
import pytest
from ashad.security.limits import DEFAULTS, transport
from ashad_client.transport.channel import options
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc
from google.protobuf.duration_pb2 import Duration
from grpc._cython import cygrpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

pytestmark = pytest.mark.slow

ASHAD = [sys.executable, "-m", "ashad"]
DATA, UNAVAILABLE, IO, BUSY, CONFIG = 65, 69, 74, 75, 78
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(5000)


def environment(**extra):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASHAD_", "XDG_"))}
    return kept | extra


def start(db, *words, address="127.0.0.1:0", seconds=60, **options):
    """Run a daemon that is refused its start; return (exit status, what it said)."""
    ran = subprocess.run(
        [*ASHAD, "--address", address, "--db", str(db), *words],
        capture_output=True, text=True, timeout=seconds, check=False,
        env=options.pop("env", environment()), **options,
    )  # fmt: skip
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stderr


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


@pytest.fixture
def made(new_daemon, tmp_path):
    """Make daemons; end what is left of them."""
    daemons = []

    def make(folder="d"):
        (tmp_path / folder).mkdir(exist_ok=True)
        daemons.append(new_daemon(tmp_path / folder))
        return daemons[-1]

    yield make
    for one in daemons:
        if one.process is not None and one.process.poll() is None:
            one.kill()
        elif one.process is not None:
            one.process.stdout.close()


def search(daemon, **limits):
    """Make a study of ten thousand epochs, and return the first trial of it."""
    name = f"s{uuid.uuid4().hex[:8]}"
    spec = pb.StudySpec(
        metric="loss", goal=1, max_resource=10_000, asha=pb.Asha(max_rungs=1), seed=1,
        space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
        limits=pb.StudyLimits(**limits),
    )  # fmt: skip
    daemon.studies().CreateStudy(pb.CreateStudyRequest(study=name, spec=spec), timeout=9)
    message = pb.SuggestRequest(study=name, worker="w", request_id="r")
    return daemon.scheduler().Suggest(message, timeout=9).assignment


def report(held, epoch):
    return pb.ReportRequest(
        study=held.study, trial=held.trial, attempt=held.attempt, lease_token=held.lease_token,
        resource=epoch, metrics=[pb.Metric(name="loss", value=epoch / 7)],
    )  # fmt: skip


# --- starting --------------------------------------------------------------------------------


def test_no_arguments_and_an_empty_home(tmp_path):
    env = environment(
        HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data"), ASHAD_ADDRESS="127.0.0.1:0"
    )
    with subprocess.Popen(
        ASHAD, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=0
    ) as daemon:
        line = daemon.stdout.readline()
        db = tmp_path / "data" / "ashad" / "ashad.db"
        assert re.fullmatch(rf"ashad: listening on 127\.0\.0\.1:\d+, database {db}\n", line)
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in db.parent.iterdir()}
        assert stat.S_IMODE(db.parent.stat().st_mode) == 0o700
        assert modes["ashad.db"] == 0o600
        assert set(modes.values()) == {0o600}, modes
        daemon.send_signal(signal.SIGTERM)
        out, err = daemon.communicate(timeout=20)
        assert (daemon.returncode, out) == (0, "")
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert events[-2:] == ["draining", "stopped"]


@pytest.mark.parametrize(
    "extra",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "1"},
     {"TMPDIR": "/nowhere", "HOME": "/nowhere", "PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu"}],
)  # fmt: skip
def test_surroundings_change_no_decision(made, extra):
    first, second = made("a").start(), made("b").start(**extra)
    one, other = search(first), search(second)
    assert list(one.params) == list(other.params)
    assert one.seed == other.seed


def test_a_file_of_no_bytes_is_a_new_one(made, tmp_path):
    daemon = made()
    daemon.db.touch()
    assert search(daemon.start())


def test_a_first_start_that_was_killed_is_begun_again(made):
    """What is there then is a database without a table, which is nobody's."""
    daemon = made()
    with closing(sqlite3.connect(daemon.db)) as file:
        file.execute("PRAGMA journal_mode = WAL")
    assert daemon.db.stat().st_size > 0
    assert search(daemon.start())


def test_few_descriptors(made):
    """With 64 of them it starts; a crowd is turned away, and then it serves again."""
    daemon = made()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    held = search(daemon)
    host, port = daemon.address.rsplit(":", 1)
    with ExitStack() as crowd:
        for _ in range(100):
            crowd.enter_context(socket.create_connection((host, int(port)), timeout=5))
    answer = daemon.scheduler().Report(report(held, 1), timeout=9, wait_for_ready=True)
    assert answer.decision.action == pb.ACTION_CONTINUE
    assert daemon.process.poll() is None


# --- refusing to start -----------------------------------------------------------------------


def test_a_second_daemon_on_the_same_file(made):
    daemon = made().start()
    held = search(daemon)
    for _ in range(3):
        code, said = start(daemon.db)
        assert (code, str(daemon.db) in said, "another" in said) == (BUSY, True, True)
    assert daemon.scheduler().Report(report(held, 1), timeout=9).commit_seq == 3


def test_of_many_daemons_at_once_one_wins(tmp_path):
    words = [*ASHAD, "--address", "127.0.0.1:0", "--db", str(tmp_path / "x.db")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    many = [subprocess.Popen(words, **pipes, env=environment()) for _ in range(5)]
    until(lambda: sum(one.poll() is not None for one in many) == 4, 30)
    assert sorted(one.returncode or 0 for one in many) == [0, BUSY, BUSY, BUSY, BUSY]
    (winner,) = [one for one in many if one.poll() is None]
    assert winner.stdout.readline().startswith(b"ashad: listening")
    winner.terminate()
    assert winner.wait(20) == 0
    for one in many:
        one.stdout.close()


def test_a_second_daemon_on_the_same_port(made, tmp_path):
    daemon = made().start()
    code, said = start(tmp_path / "other.db", address=daemon.address)
    assert (code, daemon.address in said, "--address" in said) == (BUSY, True, True)
    assert search(daemon)


def test_a_second_daemon_by_another_name_of_the_same_file(made, tmp_path):
    daemon = made().start()
    link = tmp_path / "link.db"
    link.symlink_to(daemon.db)
    code, said = start(link)
    assert (code, "another" in said) == (BUSY, True)


def test_the_port_of_another_program(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, said = start(tmp_path / "x.db", address=address)
    assert (code, address in said) == (BUSY, True)


@pytest.mark.parametrize(
    ("address", "code", "word"),
    [
        ("0.0.0.0:0", CONFIG, "--tls-cert"), ("[::]:0", CONFIG, "--tls-cert"),
        ("0:0", CONFIG, "--tls-cert"), ("192.0.2.1:0", CONFIG, "--tls-cert"),
        ("no-such-host.invalid:0", CONFIG, "no-such-host.invalid"),
        ("127.0.0.1:70000", 2, "70000"), ("127.0.0.1", 2, "HOST:PORT"), ("", 2, "HOST:PORT"),
        ("127.0.0.1:-1", 2, "HOST:PORT"), ("127.0.0.1:http", 2, "HOST:PORT"),
    ],
)  # fmt: skip
def test_addresses(tmp_path, address, code, word):
    found, said = start(tmp_path / "x.db", address=address)
    assert found == code
    assert word in said


@pytest.mark.parametrize("words", [["--bogus"], ["--log-level", "loud"], ["--db"]])
def test_unknown_flags(tmp_path, words):
    code, said = start(tmp_path / "x.db", *words)
    assert code == 2
    assert words[0] in said


@pytest.mark.parametrize("text", ['dbb = "x"', "db = 1", "db = ", 'token = "secret"'])
def test_unknown_keys_of_the_file_of_settings(tmp_path, text):
    config = tmp_path / "config.toml"
    config.write_text(text)
    code, said = start(tmp_path / "x.db", "--config", str(config))
    assert code == 2
    assert str(config) in said
    assert not (tmp_path / "x.db").exists()


def _sqlite(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for statement in statements:
            file.execute(statement)


def foreign(path):
    _sqlite(path, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")


def foreign_wal(path):
    _sqlite(path, "PRAGMA journal_mode = WAL", "CREATE TABLE theirs (x)")


def foreign_hostile(path):
    _sqlite(
        path, "CREATE TABLE study (x)",
        "CREATE TRIGGER t AFTER INSERT ON study BEGIN DELETE FROM study; END",
        "CREATE VIEW report AS SELECT * FROM study",
    )  # fmt: skip


def picture(path):
    path.write_bytes(PNG)


def text(path):
    path.write_text("hello\n")


@pytest.mark.parametrize("make", [foreign, foreign_wal, foreign_hostile, picture, text])
def test_a_file_that_is_not_ours_is_refused_and_left_alone(tmp_path, make):
    path = tmp_path / "theirs.db"
    make(path)
    before = hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns
    code, said = start(path)
    assert (code, str(path) in said) == (DATA, True)
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
    assert said.count("\n") == 1


def test_a_newer_schema_is_refused_by_both_numbers_and_left_alone(made):
    daemon = made().start()
    search(daemon)
    assert daemon.stop() == 0
    _sqlite(daemon.db, "PRAGMA user_version = 99")
    before = daemon.db.read_bytes()
    code, said = start(daemon.db)
    assert code == DATA
    assert "99" in said
    assert "newer" in said
    assert daemon.db.read_bytes() == before


def test_a_trigger_that_somebody_added_is_refused_by_name(made):
    daemon = made().start()
    search(daemon)
    assert daemon.stop() == 0
    trigger = "CREATE TRIGGER theirs AFTER INSERT ON report BEGIN DELETE FROM report; END"
    _sqlite(daemon.db, trigger)
    before = daemon.db.read_bytes()
    code, said = start(daemon.db)
    assert (code, "trigger theirs" in said) == (DATA, True)
    assert daemon.db.read_bytes() == before


def directory(path):
    path.mkdir()


def fifo(path):
    os.mkfifo(path)


def loop(path):
    path.symlink_to(path)


def device(path):
    path.symlink_to("/dev/null")


def below_a_file(path):
    path.parent.mkdir()
    path.parent.rmdir()
    path.parent.write_text("a file")


@pytest.mark.parametrize("make", [directory, fifo, loop, device, below_a_file])
def test_a_path_that_is_no_file(tmp_path, make):
    path = tmp_path / "sub" / "x.db" if make is below_a_file else tmp_path / "x.db"
    make(path)
    before = sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock"))
    code, said = start(path)
    assert code in (DATA, IO, CONFIG)
    assert str(path) in said
    assert said.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")) == before


def test_a_folder_that_cannot_be_written(tmp_path):
    if os.geteuid() == 0:
        folder = Path("/sys")  # where not even root makes a file
    else:
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o500)
    for path in (folder / "x.db", folder / "sub" / "x.db"):
        code, said = start(path)
        assert (code, str(path) in said) == (IO, True), said


def test_a_home_that_cannot_be_written(tmp_path):
    env = environment(HOME="/sys", ASHAD_ADDRESS="127.0.0.1:0")
    ran = subprocess.run(ASHAD, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == IO
    assert "/sys" in ran.stderr
    assert "Traceback" not in ran.stderr


# --- ending ----------------------------------------------------------------------------------


def test_sigterm_answers_what_is_under_way_and_exits_0(made):
    daemon = made().start("--max-streams", "1000")
    held = search(daemon, max_concurrent_trials=1)
    scheduler = daemon.scheduler()
    waiting = [
        scheduler.Suggest.future(
            pb.SuggestRequest(
                study=held.study, worker=f"w{i}", request_id=f"r{i}",
                max_wait=Duration(seconds=60),
            ), timeout=70)
        for i in range(20)
    ]  # fmt: skip
    study = search(daemon).study
    asked = [
        scheduler.Suggest.future(
            pb.SuggestRequest(study=study, worker=f"n{i}", request_id=f"n{i}"), timeout=20
        )
        for i in range(500)
    ]
    # Of as many trials: the reports of one that come out of order are refused.
    trials = [call.result(20).assignment for call in asked]
    calls = [scheduler.Report.future(report(trial, 1), timeout=20) for trial in trials]
    calls[0].result(9)
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < 9
    # Whatever was not answered is told to come again: no other status would be tried again.
    codes = Counter(call.code() for call in calls)
    assert set(codes) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}, codes
    for call in waiting:  # in line: sent home with an answer
        assert call.result(9).wait.reason == "MAX_CONCURRENT_TRIALS"
    answered = [call for call in calls if call.code() == grpc.StatusCode.OK]
    acknowledged = {call.result().commit_seq for call in answered}
    assert acknowledged
    assert not Path(f"{daemon.db}-wal").exists()
    with closing(sqlite3.connect(daemon.db)) as file:
        stored = {seq for (seq,) in file.execute("SELECT seq FROM report")}
    assert acknowledged <= stored
    events = [json.loads(line)["event"] for line in daemon.log.read_text().splitlines()]
    assert events[-1] == "stopped"


def test_a_signal_the_moment_it_listens(made):
    for _ in range(3):
        assert made().start().stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(made, number):
    daemon = made().start()
    held = search(daemon)
    health = health_pb2_grpc.HealthStub(daemon.channel())
    watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=30)
    told = iter(watch)
    assert next(told).status == health_pb2.HealthCheckResponse.SERVING
    daemon.process.send_signal(signal.SIGTERM)
    assert next(told).status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert daemon.process.poll() is None  # it drains: the watch is a call under way
    began = time.monotonic()
    daemon.process.send_signal(number)
    assert daemon.process.wait(30) == UNAVAILABLE
    assert time.monotonic() - began < 8  # the watch is waited for as long as 10 s
    with pytest.raises(grpc.RpcError):
        next(told)
    daemon.process.stdout.close()
    daemon.start()
    assert daemon.scheduler().Report(report(held, 1), timeout=9)


@pytest.mark.parametrize("how", ["removed", "replaced", "renamed"])
def test_it_ends_when_its_file_is_gone(made, tmp_path, how):
    daemon = made().start()
    search(daemon)
    if how == "removed":
        daemon.db.unlink()
    elif how == "renamed":
        daemon.db.rename(tmp_path / "elsewhere.db")
    else:
        (tmp_path / "new.db").write_bytes(daemon.db.read_bytes())
        (tmp_path / "new.db").replace(daemon.db)
    assert daemon.process.wait(10) == IO
    last = json.loads(daemon.log.read_text().splitlines()[-1])
    assert "database_replaced" in last["event"]


# --- a fault inside --------------------------------------------------------------------------


def test_a_row_that_was_altered_tells_no_client_about_the_file(made):
    """A real fault of the daemon's own, planted from outside: its text stays in the log."""
    daemon = made().start()
    held = search(daemon)
    daemon.scheduler().Report(report(held, 1), timeout=9)
    with closing(sqlite3.connect(daemon.db, isolation_level=None)) as file:
        file.execute("UPDATE report SET metrics = 'password=hunter2'")
    with pytest.raises(grpc.RpcError) as caught:
        daemon.studies().ListReports(pb.ListReportsRequest(study=held.study), timeout=9)
    error = caught.value
    assert error.code() == grpc.StatusCode.DATA_LOSS
    assert ("ashad-reason", "STORAGE_DAMAGED") in error.trailing_metadata()
    sent = repr((error.details(), error.trailing_metadata()))
    for word in ("hunter2", "table", "DamagedError", "sqlite", "Traceback"):
        assert word not in sent
    until(lambda: "read_failed" in daemon.log.read_text())  # lines are written a moment later
    (line,) = [line for line in daemon.log.read_text().splitlines() if "read_failed" in line]
    assert "table report" in json.loads(line)["error"]
    assert "table report" in json.loads(line)["error"]
    health = health_pb2_grpc.HealthStub(daemon.channel())
    assert health.Check(health_pb2.HealthCheckRequest(), timeout=9)


def test_every_option_of_the_channel_is_one_that_grpc_knows():
    """It takes any name in silence: a wrong one cut the connection of each client that waited."""
    library = Path(cygrpc.__file__).read_bytes()

    for name, _ in (*transport(DEFAULTS), *options()):
        assert name.encode() + b"\0" in library, name


def test_a_pipe_that_nobody_reads_ends_no_daemon(tmp_path):
    """As under `ashad | head -1`, or a harness that reads where it listens and closes the pipe."""
    gone, pipe = os.pipe()
    os.close(gone)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["--address", address, "--web", "127.0.0.1:0", "--db", tmp_path / "ashad.db"]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ASHAD_", "XDG_"))}
    with subprocess.Popen([*ASHAD, *words], env=env, stdout=pipe, stderr=subprocess.PIPE) as daemon:
        os.close(pipe)
        with grpc.insecure_channel(address) as channel:
            stub = ashad_pb2_grpc.StudyServiceStub(channel)
            stub.ListStudies(pb.ListStudiesRequest(), timeout=60, wait_for_ready=True)
        daemon.terminate()
        said = daemon.stderr.read()
        assert daemon.wait(60) == 0, said
    assert b"Error" not in said
