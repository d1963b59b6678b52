"""What a process does to a client: forks, environment, ends."""

from __future__ import annotations

import pickle
import subprocess
import sys

import ashad_client
import pytest

LOOP = """
import sys
import ashad_client
client = ashad_client.connect()
def train(study, how):
    for trial in client.trials(study):
        trial.report(1, loss=1.0)
        if how == "raise": raise ValueError("in the loop")
        if how == "exit": sys.exit(3)
        if how == "interrupt": raise KeyboardInterrupt
        break
how = sys.argv[2]
if how == "wrapped":
    try: train(sys.argv[1], "raise")
    except ValueError as error: raise RuntimeError("outside") from error
train(sys.argv[1], how)
if how == "later": raise RuntimeError("after the loop")
"""


@pytest.mark.parametrize(
    ("how", "state", "message"),
    [
        ("raise", "FAILED", "ValueError: in the loop"),
        ("wrapped", "FAILED", "ValueError: in the loop"),
        ("exit", "QUEUED", ""),
        ("interrupt", "QUEUED", ""),
        ("break", "QUEUED", ""),
        ("later", "QUEUED", ""),
    ],
)
def test_end_of_the_program(run_script, make_study, state_of, client, how, state, message):
    study = make_study()
    run_script(LOOP, study, how)
    assert state_of(study, 0) == state
    assert client.get_trial(study, 0).message == message


def test_proxy_in_the_environment(run_script, make_study, state_of):
    study = make_study()
    proxy = "http://127.0.0.1:9"
    run_script(
        LOOP,
        study,
        "break",
        env={"http_proxy": proxy, "https_proxy": proxy, "grpc_proxy": proxy, "no_proxy": ""},
        check=0,
    )
    assert state_of(study, 0) == "QUEUED"


# gRPC takes a fork ill while others of its threads are at work: a child of pytest, which has many,
# would hang now and then. So each of these is a process with one client, as a user's is.
IN_CHILD = """
import multiprocessing, os, sys, warnings
import ashad_client
warnings.simplefilter("ignore", DeprecationWarning)  # forks and threads, since 3.12
study = sys.argv[1]
def in_child(function):
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=lambda: answers.put(function()))
    child.start()
    child.join(20)
    assert child.exitcode == 0, child.exitcode
    return answers.get()
client = ashad_client.connect(worker=sys.argv[2] if sys.argv[2:] else None)
"""

CHILDREN = """
parent = client.worker
for trial in client.trials(study):
    for epoch in trial.steps():
        if epoch % 5 == 0:
            assert in_child(lambda: sum(range(1000))) == 499_500
            assert in_child(trial.should_stop) is False
            assert in_child(lambda: client.worker) != parent
        trial.report(epoch, loss=1.0)
"""


def test_forked_children(run_script, client, make_study):
    study = make_study(
        max_resource=20,
        lease={"duration": 60, "heartbeat_interval": 0.1},
        limits={"max_trials": 2},
    )
    run_script(IN_CHILD + CHILDREN, study, check=0)
    assert [r.resource for r in client.list_reports(study, 0)] == list(range(1, 21))
    counts = client.study(study).counts
    assert (counts.completed, counts.lost_leases, counts.released) == (2, 0, 0)


A_WORKER = """
trial = client.suggest(study)
def work():
    mine = client.suggest(study)
    mine.report(1, loss=1.0)
    mine.release()
    client.close()
    return mine.number
assert in_child(work) == 1
assert trial.report(1, loss=1.0).action == "CONTINUE"
"""


def test_forked_child_is_a_worker_of_its_own(run_script, make_study):
    run_script(IN_CHILD + A_WORKER, make_study(), check=0)


EXITS = """
trial = client.suggest(study)
child = os.fork()
if child == 0:
    client.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
asker = ashad_client.connect()
assert asker.get_trial(study, 0).state == ashad_client.v1.ashad_pb2.TRIAL_STATE_RUNNING
assert trial.report(1, loss=1.0).action == "CONTINUE"
"""


def test_forked_child_that_exits_leaves_the_trial(run_script, make_study):
    run_script(IN_CHILD + EXITS, make_study(), check=0)


STABLE = """
assert client.worker == "slot-7"
def work():
    try:
        client.suggest(study)
    except ashad_client.Error as error:
        return error.reason
assert in_child(work) == "WORKER_FORKED"
"""


def test_stable_worker_stays_with_the_parent(run_script, make_study):
    run_script(IN_CHILD + STABLE, make_study(), "slot-7", check=0)


def test_import_is_light():
    source = "import sys, ashad_client; print([m for m in sys.modules if m.split('.')[0] in "
    source += "('numpy', 'ashad', 'click', 'torch', 'pydantic')])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_errors_survive_pickling():

    error = ashad_client.Error("no", code="NOT_FOUND", reason="STUDY_NOT_FOUND")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.code, copy.reason) == (str(error), "NOT_FOUND", "STUDY_NOT_FOUND")
