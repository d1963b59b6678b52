"""More calls than can be served: refused before work is done, the important ones last.

A disk that does not answer holds commits up until thousands of calls wait. Reads are refused first;
reports, heartbeats and suggests are taken, and no lease expires. Then thousands of clients that
come back at once after a restart: all are served.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support import ROOT
from tests.support.harness import OPTIONS, Stubs, losses, report_of

READS = 5_000  # under way at most; further ones are refused


async def _ask(call: grpc.aio.UnaryUnaryCall) -> str:
    """Return what became of a call, in a word; a refusal must tell when to come again."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        known = dict(error.trailing_metadata() or ())
        told = error.code(), known.get("ashad-reason"), known.get("grpc-retry-pushback-ms", "0")
        if told[:2] == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED") and int(told[2]) > 0:
            return "refused"
        raise
    return "answered"


@pytest.mark.timeout(600)
async def test_reads_are_refused_before_suggests_and_reports(
    daemons, failing, tmp_path, tell
) -> None:
    daemon, gate = daemons(tmp_path, of=failing), tmp_path / "gate"
    await asyncio.to_thread(daemon.start, {"gate": str(gate)})
    with Stubs(daemon.channel()) as stubs:
        stubs.create("s", max_resource=9, min_resource=9, lease=30, beat=1)
        held = [stubs.suggest("s", f"w{i}").assignment for i in range(200)]
    # A connection has at most 200 calls under way.
    channels = [grpc.aio.insecure_channel(daemon.address, options=OPTIONS) for _ in range(90)]
    trials = [rpc.SchedulerServiceStub(channel) for channel in channels]
    studies = [rpc.StudyServiceStub(channel) for channel in channels]
    beats = [
        pb.HeartbeatRequest(study="s", trial=a.trial, attempt=1, lease_token=a.lease_token)
        for a in held
    ]
    found: dict[str, Counter[str]] = {}

    async def all_of(verb: str, calls: list) -> None:
        found[verb] = Counter(await asyncio.gather(*map(_ask, calls)))

    gate.touch()
    stuck = asyncio.create_task(all_of("first", [trials[87].Report(report_of(held[0], 1, 0.5))]))
    await asyncio.sleep(0.1)
    more = 1_000
    request = pb.GetStudyRequest(study="s")
    reads = [studies[i % 80].GetStudy(request, timeout=60) for i in range(READS + more)]
    reading = asyncio.create_task(all_of("reads", reads))
    end = asyncio.get_running_loop().time() + 60
    while sum(call.done() for call in reads) < more // 2:
        assert asyncio.get_running_loop().time() < end, "no read was refused"
        await asyncio.sleep(0.05)
    # The disk still hangs, the reads fill the daemon; what matters is taken.
    important = [
        asyncio.create_task(all_of("reports", [
            trials[80 + i % 3].Report(report_of(a, 2, 0.5), timeout=60)
            for i, a in enumerate(held)])),
        asyncio.create_task(all_of("heartbeats", [
            trials[83 + i % 3].Heartbeat(beat, timeout=60)
            for i, beat in enumerate(beats)])),
        asyncio.create_task(all_of("suggests", [
            trials[86].Suggest(
                pb.SuggestRequest(study="s", worker=f"n{i}", request_id=f"n{i}"), timeout=60)
            for i in range(50)])),
    ]  # fmt: skip
    late = [await _ask(studies[88].GetStudy(request, timeout=30)) for _ in range(20)]
    assert set(late) == {"refused"}
    gate.unlink()
    await asyncio.gather(stuck, reading, *important)
    for verb in ("first", "reports", "heartbeats", "suggests"):
        assert set(found[verb]) == {"answered"}, (verb, found[verb])
    assert found["reads"]["refused"] >= more // 2
    assert found["reads"]["answered"] >= READS - 300
    assert losses(daemon.db) == 0, "a lease ran out because the daemon was busy"
    for channel in channels:
        await channel.close()
    tell("overload: a disk that hangs", f"{READS + more} reads, {len(held) * 2 + 50} others",
         f"reads {dict(found['reads'])}, all others answered, 0 leases lost")  # fmt: skip


@pytest.mark.timeout(600)
def test_thousands_that_come_back_at_once_are_served(hurt, size, tell) -> None:
    processes, each = 2, size(1_000, 2_500)
    hurt.start()
    with Stubs(hurt.channel()) as stubs:
        stubs.create("s", max_resource=9, min_resource=9, lease=60)
        crowd = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.support.crowd", hurt.address, "s", str(i * each),
                 str(each)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            )
            for i in range(processes)
        ]  # fmt: skip
        try:
            for process in crowd:
                assert process.stdout.readline() == "ready\n"
            hurt.kill()
            for process in crowd:
                process.stdin.write("go\n")
                process.stdin.flush()
            hurt.start()
            told = [process.stdout.readline().split() for process in crowd]
            for process in crowd:
                assert process.wait(60) == 0
        finally:
            for process in crowd:
                process.kill()
                process.wait()
                process.stdin.close()
                process.stdout.close()
        counts = stubs.studies.GetStudy(
            pb.GetStudyRequest(study="s"), wait_for_ready=True, timeout=30
        ).study.counts
    assert sum(int(served) for served, _ in told) == processes * each
    slowest = max(float(seconds) for _, seconds in told)
    assert slowest < 30
    assert (counts.created, losses(hurt.db)) == (processes * each, 0)
    tell("clients that come back at once after kill -9", processes * each,
         f"all served within {slowest:.1f} s, 0 leases lost, 0 doubled")  # fmt: skip
