"""A blocking caller in a process of its own: the generated Python stub, one call at a time.

    python -m bench.caller ashad|echo ADDRESS NAME

Its trials are leased between the rounds. For each line `SECONDS` on its input it says `ready`, and
with the next line, whatever it says, reports for so long and prints a line of JSON: the seconds of
each call, and the key of each report that was answered.
"""

from __future__ import annotations

import json
import sys
import time
from random import Random

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from bench.callers import Key, Leases, reports

OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
ENDINGS_A_SECOND = 100  # trials that one caller ends a second, at most


def main() -> None:
    kind, address, name = sys.argv[1:]
    leases = Leases(address if kind == "ashad" else None, worker=name)
    channel = grpc.insecure_channel(address, options=OPTIONS)
    stub = ashad_pb2_grpc.SchedulerServiceStub(channel)  # type: ignore[no-untyped-call]
    random = Random(name)
    bodies = reports(leases.take(), random)
    print("ready", flush=True)
    for line in sys.stdin:
        seconds = float(line)
        leases.prepare(2 + round(ENDINGS_A_SECOND * seconds))
        print("ready", flush=True)
        sys.stdin.readline()
        waits: list[float] = []
        keys: list[Key] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            found = next(bodies, None)
            if found is None:
                bodies = reports(leases.take(), random)
                found = next(bodies)
            key, body = found
            request = pb.ReportRequest.FromString(body)
            begun = time.perf_counter()
            answer = stub.Report(request, timeout=30)
            waits.append(time.perf_counter() - begun)
            keys.append(key)
            if answer.decision.action != pb.ACTION_CONTINUE:
                bodies = reports(leases.take(), random)
        print(json.dumps({"waits": waits, "keys": keys}), flush=True)


if __name__ == "__main__":
    main()
