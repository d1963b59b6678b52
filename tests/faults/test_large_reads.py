"""Heartbeats and reports go before reads: large lists by many callers hold up neither.

Compared with the lists themselves, not with a clock: a list waits for the lists before it, and a
heartbeat for none of them.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
CONNECTIONS, LISTS, TRIALS = 4, 20, 600
MEMORY = 400  # MiB that the daemon may have at most; it had over 900


def memory(pid: int) -> int:
    """The most memory that a process has had, in MiB."""
    (line,) = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line
    ]
    return int(line.split()[1]) // 1024


async def fill(channel: grpc.aio.Channel) -> pb.Assignment:
    """Make a study of many trials; return one that is still running."""
    spec = pb.StudySpec(
        metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=9, random=pb.RandomSearch(),
        limits=pb.StudyLimits(max_trials=10 * TRIALS),
    )  # fmt: skip
    for name in "abcdefghij":
        spec.space.add(name=name).float_range.high = 1
    studies = rpc.StudyServiceStub(channel)
    await studies.CreateStudy(pb.CreateStudyRequest(study="s", spec=spec))
    scheduler = rpc.SchedulerServiceStub(channel)
    held = []
    for first in range(0, TRIALS, 100):  # a connection has 200 calls under way at most
        asked = [
            scheduler.Suggest(pb.SuggestRequest(study="s", worker=f"w{n}", request_id=f"r{n}"))
            for n in range(first, first + 100)
        ]
        held += await asyncio.gather(*asked)
    return held[0].assignment


async def test_heartbeats_do_not_wait_for_large_lists(new_daemon, tmp_path) -> None:
    with new_daemon(tmp_path).start() as daemon:
        channels = [
            grpc.aio.insecure_channel(daemon.address, options=OPTIONS)
            for _ in range(CONNECTIONS + 1)
        ]
        held = await fill(channels[0])
        scheduler = rpc.SchedulerServiceStub(channels[0])
        key = {
            "study": "s", "trial": held.trial, "attempt": held.attempt,
            "lease_token": held.lease_token,
        }  # fmt: skip
        lists: list[float] = []
        beats: list[float] = []

        async def read(studies: rpc.StudyServiceStub) -> None:
            began = time.monotonic()
            page = await studies.ListTrials(pb.ListTrialsRequest(study="s", page_size=TRIALS))
            lists.append(time.monotonic() - began)
            assert len(page.trials) == TRIALS

        async def beat() -> None:
            resource = 0
            while not reading.done():
                began = time.monotonic()
                if resource < 9:
                    resource += 1
                    metrics = [pb.Metric(name="loss", value=1.0)]
                    await scheduler.Report(
                        pb.ReportRequest(**key, resource=resource, metrics=metrics)
                    )
                else:
                    await scheduler.Heartbeat(pb.HeartbeatRequest(**key))
                beats.append(time.monotonic() - began)
                await asyncio.sleep(0)

        stubs = [rpc.StudyServiceStub(channel) for channel in channels[1:]]
        reading = asyncio.gather(*(read(stub) for stub in stubs for _ in range(LISTS)))
        await asyncio.gather(reading, beat())
        most = memory(daemon.process.pid)
        for channel in channels:
            await channel.close()
        assert daemon.stop() == 0
    lists.sort()
    beats.sort()
    told = f"lists {lists[len(lists) // 2]:.2f} s, heartbeats {beats[len(beats) // 2]:.3f} s"
    assert beats[len(beats) // 2] < lists[len(lists) // 2] / 10, told
    # One may wait for a core that somebody else has; if lists held them up, each list would.
    assert beats[-2] < lists[len(lists) // 2], f"{told}, at most {beats[-2:]} s"
    assert most < MEMORY, f"{most} MiB"
