"""A worker that only calls and prints what it is told, one line a call, until told to stop."""

from __future__ import annotations

import sys
import time
import uuid

import grpc

from tests.support.harness import OPTIONS, Stubs


def main() -> None:
    address, study, verb = sys.argv[1:]
    with Stubs(grpc.insecure_channel(address, options=OPTIONS)) as stubs:
        reply = stubs.suggest(study, uuid.uuid4().hex)
        a, at = reply.assignment, 0
        print(a.trial, reply.commit_seq, "ASSIGNED", flush=True)
        while True:
            at += 1
            answer = stubs.heartbeat(a) if verb == "Heartbeat" else stubs.report(a, at, -1.0 * at)
            print(at, answer.commit_seq, answer.decision.reason, flush=True)
            if answer.decision.action != 1:
                return
            time.sleep(0.1)  # the pace of its training


if __name__ == "__main__":
    main()
