"""What `ashad launch kubernetes` makes, on a real control plane, with processes as pods."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ashad_client.v1 import ashad_pb2 as pb

from tests.kubernetes.control_plane import until
from tests.kubernetes.process_kubelet import first_of

KEY = "batch.kubernetes.io/"


def launched(place, *flags, **more):
    done = place.launch(*flags, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def training(place, workers):
    until(lambda: len(place.attempts()) == workers, place.cluster.said)


def finished(place):
    place.go()
    until(lambda: place.has("Complete"), lambda: str(place.pods()))
    study = place.client.study("digits")
    assert (study.state, study.counts.failed) == (pb.STUDY_STATE_FINISHED, 0)
    return place.job()["status"]


def process_of(place, pod):
    """Return the process 1 of a pod."""
    mark = f"/{pod['metadata']['uid']}/".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes() and Path(path.parent, "comm").read_text() == "unshare\n":
                return first_of(int(path.parent.name))
        except OSError:
            continue
    raise AssertionError("no such process")


def test_pods_train_and_the_job_completes_with_the_study(digits):
    printed = launched(digits, "-n", "2", "--gpus", "1", "--memory", "1G")
    assert "job ashad-digits: 2 workers" in printed
    training(digits, 2)
    assert set(digits.attempts()) == {f"k8s-{digits.name}-ashad-digits-{one}" for one in (0, 1)}
    status = finished(digits)
    assert (status["succeeded"], status["completedIndexes"]) == (2, "0,1")
    assert status.get("failed", 0) == 0


def test_the_token_is_in_a_secret_and_nowhere_else(digits):
    launched(digits, "-n", "1")
    training(digits, 1)
    (pod,) = digits.pods()["0"]
    assert digits.secret not in str(digits.look("jobs,pods,events,configmaps"))
    pid = process_of(digits, pod)
    for name in ("cmdline", "environ"):
        assert digits.secret.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
    assert set(digits.look("secret", "ashad-digits")["data"]) == {"token", "ca.pem"}
    finished(digits)


def test_what_is_printed_is_accepted_strictly(digits):
    printed = digits.launch("-n", "4", "--at-most", "2", "--queue", "team", "--dry-run").stdout
    words = ("create", "--dry-run=server", "--validate=strict", "-f", "-")
    assert "job.batch/ashad-digits created" in digits.kubectl(*words, given=printed)
    wrong = printed.replace("backoffLimitPerIndex", "backoffLimitPerIndices")
    assert 'unknown field "spec.backoffLimitPerIndices"' in digits.kubectl(
        *words, given=wrong, check=False
    )


def test_an_evicted_pod_comes_back_under_its_index(digits):
    """No failure is counted, of the index or of the trial, which goes on as the next attempt."""
    launched(digits, "-n", "2")
    training(digits, 2)
    worker = f"k8s-{digits.name}-ashad-digits-1"
    trial, _ = digits.attempts()[worker]
    (pod,) = digits.pods()["1"]
    at = {name: pod["metadata"][name] for name in ("name", "namespace")}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": at}
    path = f"/api/v1/namespaces/{at['namespace']}/pods/{at['name']}/eviction"
    digits.kubectl("create", "--raw", path, "-f", "-", given=eviction)
    until(lambda: digits.attempts().get(worker) == (trial, 2), lambda: str(digits.pods()))
    new = digits.pods()["1"][-1]
    assert new["metadata"]["uid"] != pod["metadata"]["uid"]
    notes = new["metadata"]["annotations"]
    assert notes[KEY + "job-index-failure-count"] == "0"
    assert notes[KEY + "job-index-ignored-failure-count"] == "1"
    status = finished(digits)
    assert status["completedIndexes"] == "0,1"
    assert (status.get("failed", 0), status.get("failedIndexes", "")) == (0, "")


def test_a_pod_that_is_killed_comes_back_and_is_counted(digits):
    """As one that takes too much memory is: after the index's own back-off, and others go on."""
    launched(digits, "-n", "2")
    training(digits, 2)
    worker = f"k8s-{digits.name}-ashad-digits-0"
    trial, _ = digits.attempts()[worker]
    (pod,), (other,) = digits.pods()["0"], digits.pods()["1"]
    os.kill(process_of(digits, pod), signal.SIGKILL)
    until(lambda: digits.attempts().get(worker) == (trial, 2), lambda: str(digits.pods()))
    new = next(one for one in digits.pods()["0"] if one["status"]["phase"] == "Running")
    assert new["metadata"]["annotations"][KEY + "job-index-failure-count"] == "1"
    assert [one["metadata"]["uid"] for one in digits.pods()["1"]] == [other["metadata"]["uid"]]
    status = finished(digits)
    assert status["failed"] == 1
    assert status.get("failedIndexes", "") == ""


def test_the_grace_of_a_pod_outlasts_that_of_its_agent(digits):
    """A program that hears nothing is ended by the agent, which gives the trial back: no KILL."""
    deaf = (sys.executable, "train.py", "deaf")
    launched(digits, "-n", "1", "--grace", "1", command=deaf)
    training(digits, 1)
    (pod,) = digits.pods()["0"]
    assert pod["spec"]["terminationGracePeriodSeconds"] == 61
    digits.kubectl("patch", "job", "ashad-digits", "-p", '{"spec":{"suspend":true}}')
    until(lambda: not digits.pods(), seconds=60)  # before the KILL of the kubelet
    counts = digits.client.study("digits").counts
    assert (counts.running, counts.queued, counts.lost_leases, counts.failed) == (0, 1, 0, 0)


def test_fewer_and_more_at_a_time_while_it_runs(digits):
    launched(digits, "-n", "2", "--at-most", "1")
    training(digits, 1)

    def at_a_time(number):
        patch = f'{{"spec":{{"parallelism":{number}}}}}'
        digits.kubectl("patch", "job", "ashad-digits", "-p", patch)

        def there():
            running = [p for of in digits.pods().values() for p in of
                       if "deletionTimestamp" not in p["metadata"]]  # fmt: skip
            return len(running) == number == digits.client.study("digits").counts.running

        until(there, lambda: f"{digits.pods()} {digits.client.study('digits')}")

    at_a_time(2)
    at_a_time(1)
    status = finished(digits)
    assert (status["succeeded"], status.get("failed", 0)) == (2, 0)
