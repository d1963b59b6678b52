"""What the Python client costs: `bench.py ADDRESS COUNT ROUNDS`, as client/README.md says.

Reports COUNT times in a closed loop through the client, and as often through a bare generated stub,
in turn, ROUNDS times, each in a study of its own; prints reports a second, one line a round.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import grpc

import ashad_client
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = pb.StudySpec(
    metric="loss",
    goal=pb.GOAL_MINIMIZE,
    max_resource=10**12,
    random=pb.RandomSearch(),
    space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
)


def main() -> None:
    address, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    name = f"bench-python-{os.getpid()}"
    with ashad_client.connect(address) as client:
        for kind in ("wrapper", "bare"):
            client.create_study(f"{name}-{kind}", SPEC)
        wrapper, bare = through_the_client(client, name), through_a_stub(address, name)
        for at in range(rounds):
            steps = range(at * count + 1, at * count + count + 1)
            found = {}
            for report in (wrapper, bare) if at % 2 else (bare, wrapper):
                found[report] = rate(report, steps)
            print(f"wrapper {found[wrapper]:.0f} bare {found[bare]:.0f}", flush=True)


def rate(report: Callable[[int], object], steps: range) -> float:
    begun = time.perf_counter()
    for step in steps:
        report(step)
    return len(steps) / (time.perf_counter() - begun)


def through_the_client(client: ashad_client.Client, name: str) -> Callable[[int], object]:
    trial = client.suggest(f"{name}-wrapper")
    assert trial is not None
    return lambda step: trial.report(step, loss=0.5)


def through_a_stub(address: str, name: str) -> Callable[[int], object]:
    channel = grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)])
    stub = ashad_pb2_grpc.SchedulerServiceStub(channel)
    request = pb.SuggestRequest(study=f"{name}-bare", worker="bare", request_id="bare")
    held = stub.Suggest(request).assignment

    def report(step: int) -> object:
        request = pb.ReportRequest(
            study=held.study,
            trial=held.trial,
            attempt=held.attempt,
            lease_token=held.lease_token,
            resource=step,
            metrics=[pb.Metric(name="loss", value=0.5)],
        )
        return stub.Report(request, timeout=30)

    return report


if __name__ == "__main__":
    main()
