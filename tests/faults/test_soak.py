"""Half an hour of workers that come, die and come again, and studies that are made and deleted.

Memory after warm-up, file descriptors, threads and the log beside the file must stay flat. The
small run shows that the machinery counts; half an hour shows a leak.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import grpc
import pytest
from ashad.store import audit
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.harness import OPTIONS, Daemon, curve, report_of, spec

WORKERS, STUDIES = 60, 6
OLD = 60  # trials after which a study is deleted and made anew
WAL = 64 << 20
PAUSE = 0.1  # seconds of an epoch


class Churn:
    """Workers of one daemon until a deadline."""

    def __init__(self, daemon: Daemon, end: float, seed: int) -> None:
        self.daemon, self.end, self.seed = daemon, end, seed
        self.done = dict.fromkeys(("reports", "deaths", "lives", "studies"), 0)

    async def worker(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        while time.monotonic() < self.end:
            self.done["lives"] += 1
            async with grpc.aio.insecure_channel(self.daemon.address, options=OPTIONS) as channel:
                stub = rpc.SchedulerServiceStub(channel)
                for _ in range(chance.randrange(1, 8)):
                    if time.monotonic() > self.end or not await self._trial(stub, chance):
                        break

    async def _trial(self, stub: rpc.SchedulerServiceStub, chance: random.Random) -> bool:
        """Train one trial; return whether the worker is still alive."""
        name = f"s{chance.randrange(STUDIES)}"
        try:
            asked = pb.SuggestRequest(
                study=name, worker=f"w{chance.random()}", request_id=f"r{chance.random()}"
            )
            reply = await stub.Suggest(asked, timeout=30)
            a = reply.assignment
            for resource in range(a.start_resource + 1, a.target_resource + 1):
                await asyncio.sleep(PAUSE * chance.random())
                if chance.random() < 0.03:
                    self.done["deaths"] += 1
                    return False
                told = await stub.Report(
                    report_of(a, resource, curve(a.trial, resource)), timeout=30
                )
                self.done["reports"] += 1
                if told.decision.action != pb.ACTION_CONTINUE:
                    break
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:  # the study was deleted meanwhile
                raise
        return True

    async def gardener(self) -> None:
        """Delete a study that has grown, and make it anew."""
        async with grpc.aio.insecure_channel(self.daemon.address, options=OPTIONS) as channel:
            stub = rpc.StudyServiceStub(channel)
            while time.monotonic() < self.end:
                for i in range(STUDIES):
                    request = pb.CreateStudyRequest(
                        study=f"s{i}", spec=spec(max_resource=27, promotion=i % 2 == 1, lease=3)
                    )
                    study = (await stub.CreateStudy(request, timeout=30)).study
                    if study.counts.created > OLD:
                        self.done["studies"] += 1
                        gone = pb.DeleteStudyRequest(study=f"s{i}", force=True)
                        await stub.DeleteStudy(gone, timeout=60)
                await asyncio.sleep(0.2)


def _standing(daemon: Daemon) -> dict[str, int]:
    process = Path(f"/proc/{daemon.pid}")
    wal = Path(f"{daemon.db}-wal")
    return {
        "memory": int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
        "files": sum(1 for _ in (process / "fd").iterdir()),
        "threads": sum(1 for _ in (process / "task").iterdir()),
        "wal": wal.stat().st_size if wal.exists() else 0,
    }


def _slope(values: list[int], seconds: float) -> float:
    """Return the least-squares slope, in units an hour."""
    n = len(values)
    times = [i * seconds / n for i in range(n)]
    middle, mean = sum(times) / n, sum(values) / n
    over = sum((t - middle) * (v - mean) for t, v in zip(times, values, strict=True))
    return over / sum((t - middle) ** 2 for t in times) * 3600


@pytest.mark.timeout(7_200)
async def test_nothing_grows(hurt: Daemon, size, tell) -> None:
    seconds, seed = size(12, 1_800), random.randrange(10**6)
    await asyncio.to_thread(hurt.start)
    began = time.monotonic()
    churn = Churn(hurt, began + seconds, seed)
    gardener = asyncio.create_task(churn.gardener())
    await asyncio.sleep(0.5)  # the studies are there
    workers = [asyncio.create_task(churn.worker(i)) for i in range(WORKERS)]
    samples = []
    while time.monotonic() < churn.end:
        await asyncio.sleep(0.5)
        samples.append(_standing(hurt))
    await asyncio.wait_for(asyncio.gather(gardener, *workers), 120)
    warm = samples[len(samples) // 3 :]
    memory = [sample["memory"] for sample in warm]
    slope = _slope(memory, seconds * 2 / 3)
    most = {what: max(sample[what] for sample in warm) for what in warm[0]}
    text = f"seed {seed}: {churn.done}, {most}, memory {slope / 2**20:+.1f} MiB an hour"
    assert min(churn.done.values()) > 0, text
    assert churn.done["reports"] > seconds * 5, text
    assert most["wal"] <= WAL, text
    assert most["files"] < WORKERS * 2 + 60, text
    assert most["threads"] <= warm[0]["threads"] + 2, text
    if seconds >= 1_800:
        assert max(memory) <= memory[0] * 1.05 + (4 << 20), text
        assert slope <= 4 << 20, text
    assert hurt.stop() == 0
    assert list(audit(hurt.db)) == []
    tell("soak with churn", f"{seconds} s, {churn.done}",
         f"memory {memory[0] >> 20} to {memory[-1] >> 20} MiB ({slope / 2**20:+.1f} MiB an hour), "
         f"at most {most['files']} files, {most['threads']} threads, WAL {most['wal'] >> 20} MiB",
         seed)  # fmt: skip
