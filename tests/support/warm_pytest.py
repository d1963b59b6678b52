"""A process that imports pytest once, then forks one run of it for each line it reads.

A line names a mutant, a log, and the words of the command line. What may be mutated is imported by
the children only.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

import google.protobuf.message
import grpc.aio
import hypothesis
import numpy as np
import pytest

from tests.faults.mutants.patch import install

IMPORTED = (google.protobuf.message, grpc.aio, hypothesis, np)
KNOWN = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # they are here already


def _run(asked: dict[str, object]) -> None:
    log = os.open(str(asked["log"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.setsid()
    status = 99
    try:
        if asked["mutant"]:
            os.environ["MUTANT"] = str(asked["mutant"])
            install(os.environ["MUTANT"])
        status = pytest.main([*KNOWN, *asked["words"]])
    except BaseException:  # noqa: BLE001 - the process ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(asked)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
