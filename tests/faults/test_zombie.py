"""A worker that slept past its lease is told to stop at first contact; nothing it says counts.

And the other way round: where it was the daemon that slept, nobody loses a lease.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
import uuid

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support import ROOT
from tests.support.harness import OPTIONS, Daemon, Stubs, losses, until

TOP = 100_000


def _zombie(daemon: Daemon, study: str, verb: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.zombie", daemon.address, study, verb],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def _line(process: subprocess.Popen[str]) -> tuple[int, int, str]:
    assert process.stdout is not None
    first, seq, reason = process.stdout.readline().split()
    return int(first), int(seq), reason


@pytest.mark.timeout(7_200)
def test_a_worker_that_outslept_its_lease_is_told_to_stop(hurt, size, tell) -> None:
    hurt.start()
    laps, many = size(1, 100), 5
    with Stubs(hurt.channel()) as stubs:
        for lap in range(laps):
            study = f"s{lap}"
            stubs.create(study, max_resource=TOP, min_resource=TOP, lease=1, beat=0.2,
                         max_trials=many)  # fmt: skip
            verbs = ["Heartbeat" if i % 2 else "Report" for i in range(many)]
            workers = [_zombie(hurt, study, verb) for verb in verbs]
            trials = [_line(worker)[0] for worker in workers]
            for worker in workers:
                for _ in range(3):  # it is well under way
                    assert _line(worker)[2] in ("BETWEEN_RUNGS", "ASSIGNED", "")
                worker.send_signal(signal.SIGSTOP)
            issued = _reissue(stubs, study, many)
            assert set(issued) == set(trials)
            for trial, worker in zip(trials, workers, strict=True):
                worker.send_signal(signal.SIGCONT)
                _told(worker, issued[trial][1])
            for report in stubs.reports(study):
                late = report.commit_seq > issued[report.trial][1]
                assert not (late and report.attempt == 1), "a zombie's report was counted"
            for a, _ in issued.values():
                reply = stubs.report(a, 1 + a.start_resource, 0.5)
                assert reply.decision.reason == "BETWEEN_RUNGS"
    # Those that took over were left alone afterwards, and lost theirs as well.
    assert losses(hurt.db, attempt=1) == laps * many
    tell("zombie worker: SIGSTOP past its lease", f"{laps * many} runs",
         "all told STOP/SUPERSEDED at first contact, no value counted")  # fmt: skip


def _reissue(stubs: Stubs, study: str, many: int) -> dict[int, tuple[pb.Assignment, int]]:
    """Take every trial over once its lease has run out."""
    issued = {}

    def take() -> bool:
        request = pb.SuggestRequest(
            study=study, worker=uuid.uuid4().hex, request_id=uuid.uuid4().hex
        )
        request.max_wait.FromSeconds(1)
        reply = stubs.scheduler.Suggest(request, timeout=10)
        if reply.WhichOneof("outcome") == "assignment":
            assert reply.assignment.attempt == 2
            issued[reply.assignment.trial] = reply.assignment, reply.commit_seq
        for a, _ in issued.values():
            assert stubs.heartbeat(a).decision.action == pb.ACTION_CONTINUE
        return len(issued) == many

    until("all leases have run out", take, 15)
    return issued


def _told(worker: subprocess.Popen[str], issued: int) -> None:
    """What it had been told before may still lie in its socket; the first new word is STOP."""
    while True:
        _, seq, reason = _line(worker)
        if reason == "SUPERSEDED":
            break
        assert seq < issued, f"told {reason} after its trial was another's"
    assert worker.wait(10) == 0
    assert worker.stdout is not None
    worker.stdout.close()


async def test_no_lease_is_lost_while_the_daemon_sleeps(hurt, size, tell) -> None:
    await asyncio.to_thread(hurt.start)
    laps, many = size(2, 50), 20
    with Stubs(hurt.channel()) as stubs:
        stubs.create("s", max_resource=TOP, min_resource=TOP, lease=1, beat=0.2)
        held = [stubs.suggest("s", f"w{i}").assignment for i in range(many)]
    ending = asyncio.Event()
    async with grpc.aio.insecure_channel(hurt.address, options=OPTIONS) as channel:
        stub = rpc.SchedulerServiceStub(channel)
        beats = [0] * many

        async def beat(i: int) -> None:
            a = held[i]
            while not ending.is_set():
                reply = await stub.Heartbeat(
                    pb.HeartbeatRequest(
                        study="s", trial=a.trial, attempt=a.attempt, lease_token=a.lease_token
                    ),
                    timeout=20,
                )
                assert reply.decision.action == pb.ACTION_CONTINUE
                beats[i] += 1
                await asyncio.sleep(0.2)

        tasks = [asyncio.create_task(beat(i)) for i in range(many)]
        for _ in range(laps):
            before = min(beats)
            hurt.signal(signal.SIGSTOP)
            await asyncio.sleep(2.5)  # the fault
            hurt.signal(signal.SIGCONT)
            end = time.monotonic() + 20
            while min(beats) < before + 8:  # well past the term of a lease
                assert time.monotonic() < end
                await asyncio.sleep(0.02)
        ending.set()
        await asyncio.gather(*tasks)
    with Stubs(hurt.channel()) as stubs:
        study = stubs.studies.GetStudy(pb.GetStudyRequest(study="s")).study
    assert losses(hurt.db) == 0
    assert study.counts.running == many
    tell("SIGSTOP of the daemon for 2.5 leases", f"{laps} times, {many} workers", "0 leases lost")


def test_a_restart_gives_every_lease_a_full_term(hurt: Daemon) -> None:
    hurt.start()
    with Stubs(hurt.channel()) as stubs:
        stubs.create("s", max_resource=TOP, min_resource=TOP, lease=3, beat=1, max_trials=1)
        a = stubs.suggest("s", "w").assignment
        hurt.kill()
        time.sleep(3.2)  # the fault: longer than the lease
        begun = time.monotonic()
        hurt.start()
        asked = 0
        while time.monotonic() < begun + 1.5:
            reply = stubs.suggest("s", "other")
            if time.monotonic() < begun + 2.9:
                assert reply.WhichOneof("outcome") != "assignment", "the trial was given away"
                asked += 1
        assert asked
        assert losses(hurt.db) == 0
        assert stubs.heartbeat(a).decision.action == pb.ACTION_CONTINUE
