"""Heartbeats go before lists: however many are asked for, a healthy worker keeps its lease."""

from __future__ import annotations

import threading
import time

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.wire import spec

CONNECTIONS, UNDER_WAY, TRIALS = 4, 20, 1500
BEATS = 8
LEASE_S = 3


@pytest.mark.timeout(240)
def test_a_healthy_worker_keeps_its_lease_beside_eighty_lists(daemon):
    work, studies = daemon.scheduler(), daemon.studies()
    made = spec()
    made.lease.duration.FromSeconds(LEASE_S)
    made.lease.heartbeat_interval.FromSeconds(1)
    studies.CreateStudy(pb.CreateStudyRequest(study="s", spec=made))
    for start in range(0, TRIALS, 100):
        calls = [
            studies.EnqueueTrial.future(pb.EnqueueTrialRequest(study="s", request_id=str(n)))
            for n in range(start, start + 100)
        ]
        for one in calls:
            one.result()
    held = work.Suggest(pb.SuggestRequest(study="s", worker="w", request_id="r")).assignment

    done = threading.Event()

    def reads(channel: grpc.Channel) -> None:
        stub, read = rpc.StudyServiceStub(channel), pb.ListTrialsRequest(study="s", page_size=1000)
        under_way = [stub.ListTrials.future(read) for _ in range(UNDER_WAY)]
        while not done.is_set():
            under_way.pop(0).result()
            under_way.append(stub.ListTrials.future(read))
        for call in under_way:
            call.cancel()

    options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(daemon.address, options) for _ in range(CONNECTIONS)]
    readers = [threading.Thread(target=reads, args=(channel,)) for channel in channels]
    for reader in readers:
        reader.start()
    key = {
        "study": "s", "trial": held.trial, "attempt": held.attempt,
        "lease_token": held.lease_token,
    }  # fmt: skip
    took = []
    try:
        for _ in range(BEATS):
            began = time.monotonic()
            told = work.Heartbeat(pb.HeartbeatRequest(**key), timeout=30).decision
            took.append(time.monotonic() - began)
            assert told.action == pb.ACTION_CONTINUE, told
            done.wait(max(0.0, 1.0 - took[-1]))
        counts = studies.GetStudy(pb.GetStudyRequest(study="s")).study.counts
        assert counts.lost_leases == 0
    finally:
        done.set()
        for reader in readers:
            reader.join()
        for channel in channels:
            channel.close()
    print("heartbeats:", " ".join(f"{each:.2f}" for each in took))
    assert sorted(took)[len(took) // 2] < LEASE_S / 2
