"""The last release and this one work with each other, whichever end is the older one.

The last release is taken from the history, at the commit below: a clone without it fails here, and
says what is missing. Both clients run one program against both daemons; what comes of it depends on
the daemon alone. At each release LAST moves on, and what the dialect of the older one wants goes.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import ExitStack, closing
from io import BytesIO

import ashad_client
import pytest
from ashad.store import schema

from tests.support import ROOT, older
from tests.support.daemon import Daemon, clean
from tests.support.tools import run, tool

pytestmark = pytest.mark.slow
LAST = "ca6785efc4add39aa3e9a36229c9f957872b4c0e"  # 0.1.0
DATABASES = sorted((ROOT / "tests" / "data").glob("*.db.gz"))
SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 9, "seed": 7, "limits": {"max_trials": 9},
    "algorithm": {"type": "asha", "eta": 3, "variant": "promotion"},
}  # fmt: skip
OLD_SPEC = {key: value for key, value in SPEC.items() if key != "algorithm"}
OLD_SPEC["asha"] = {"eta": 3, "variant": "promotion"}
# Every call of the client, of both dialects; `half` waits for the test.
PROGRAM = """
import json, sys, ashad_client

spec, half = json.loads(sys.argv[1]), sys.argv[2:] == ["half"]
rate, units = ashad_client.loguniform(1e-4, 1.0), ashad_client.integer(1, 64)
spec["space"] = {"rate": rate, "units": units}
said = []
with ashad_client.connect(worker="one") as client:
    client.create_study("s", spec)
    client.create_study("s", spec)
    try:
        client.create_study("s", {**spec, "seed": 8})
    except ashad_client.Error as error:
        said.append(error.reason)
    said.append(client.enqueue_trial("s", {"rate": 0.5}).trial)
    said.append(client.enqueue_trial("s", {"rate": 0.25}).trial)
    client.cancel_trial("s", 1)
    client.pause_study("s")
    client.resume_study("s")
    client.update_study("s", max_trials=10)
    for trial in client.trials("s"):
        said.append([trial.number, trial.attempt, trial.start_resource, trial.resume_checkpoint])
        for step in trial.steps():
            if half and trial.number == 3:
                print("half", flush=True)
                half = sys.stdin.readline() == ""
            trial.report(step, loss=trial.params["rate"] / step, checkpoint=f"file:///{step}")
        said.append(str(trial.decision.reason))
    said += [[one.trial, one.state, one.resource] for one in client.list_trials("s")]
    said.append(len(list(client.list_reports("s"))))
    said.append(client.explain_trial("s", 0).trial.trial)
    best = client.best("s")
    said.append([best.trial, best.value, best.params])
    said.append(client.should_stop("s", 0, 1) is not None)
    client.stop_study("s")
    try:
        client.get_trial("s", 99)
    except ashad_client.Error as error:
        said.append(error.reason)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def last(tmp_path_factory):
    """Take the daemon and the client of the last release out of the history."""
    git = tool("git")
    asked = [git, "archive", LAST, "server/ashad", "client/python"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, (
        f"the last release, commit {LAST}, is not in this clone, so nothing was compared; "
        f"git fetch --unshallow brings it: {done.stderr.decode()}"
    )
    folder = tmp_path_factory.mktemp("last")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as packed:
        packed.extractall(folder, filter="data")
    return {"PYTHONPATH": f"{folder / 'server'}{os.pathsep}{folder / 'client/python'}"}


def program(daemon, environment, spec, *words, **more):
    line = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(spec), *words]
    here = clean() | environment | {"ASHAD_ADDRESS": daemon.address}
    return subprocess.Popen(line, env=here, stdout=subprocess.PIPE, text=True, **more)


def outcome(process):
    with process:
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    return json.loads(out.splitlines()[-1])


def version(daemon):
    with ashad_client.connect(daemon.address) as client:
        list(client.list_studies())
    said = run(sys.executable, "-m", "ashad", "--address", daemon.address, "--version")
    return said.rsplit(maxsplit=1)[-1]


@pytest.mark.parametrize("older_daemon", [False, True])
def test_what_comes_of_a_study_depends_on_the_daemon_alone(last, older_daemon, tmp_path):
    said = []
    for number, (environment, spec) in enumerate(((last, OLD_SPEC), ({}, SPEC))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Daemon(folder) as daemon:
            daemon.start(**(last if older_daemon else {"PYTHONPATH": ""}))
            assert (version(daemon) == "0.1.0") == older_daemon
            said.append(outcome(program(daemon, environment, spec)))

    assert said[0] == said[1]
    assert said[0][0] == "STUDY_EXISTS"
    assert said[0][-1] == "TRIAL_NOT_FOUND"
    assert len(said[0]) > 20


def test_a_worker_of_the_last_release_rides_through_the_upgrade(last, tmp_path):
    with ExitStack() as stack, Daemon(tmp_path) as daemon:
        daemon.start(**last)
        worker = stack.enter_context(program(daemon, last, OLD_SPEC, "half", stdin=subprocess.PIPE))
        stack.callback(worker.kill)
        assert worker.stdout.readline() == "half\n"
        assert daemon.stop() == 0

        daemon.start()
        assert version(daemon) == ashad_client.__version__
        worker.stdin.write("go on\n")
        said = outcome(worker)

        assert said[-1] == "TRIAL_NOT_FOUND"
        with ashad_client.connect(daemon.address) as client:
            assert sum(trial.attempt == 1 for trial in client.list_trials("s")) > 0
            assert client.get_study("s").counts.created == 10
        run(sys.executable, "-m", "ashad", "db", "check", "--db", daemon.db)


def opens(path, folder):
    with closing(sqlite3.connect(path)) as file:
        (version,) = file.execute("PRAGMA user_version").fetchone()
        names = {name for (name,) in file.execute("SELECT name FROM study") if ":" not in name}
    with Daemon(folder) as daemon:
        daemon.db = path
        daemon.start()
        with ashad_client.connect(daemon.address) as client:
            assert {study.name for study in client.list_studies()} == names
            assert all(list(client.list_trials(name)) for name in names)
        assert daemon.stop() == 0
    run(sys.executable, "-m", "ashad", "db", "check", "--db", path)
    return version, names


@pytest.mark.parametrize("packed", DATABASES, ids=lambda path: path.name)
def test_a_database_of_an_earlier_commit_opens(packed, tmp_path):
    path = tmp_path / "ashad.db"
    with gzip.open(packed) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)

    assert opens(path, tmp_path)[1]


def test_there_is_a_database_of_each_earlier_schema(tmp_path):
    schemas = {opens(older.written(tmp_path / "ashad.db"), tmp_path)[0]}
    for packed in DATABASES:
        with gzip.open(packed) as source:
            schemas.add(int.from_bytes(source.read(64)[60:64]))

    assert set(range(1, schema.VERSION)) <= schemas
