"""A real daemon process, which can be killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import grpc
from ashad_client.v1 import ashad_pb2_grpc


class Daemon:
    """One daemon process; it keeps its port and its file over restarts."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "ashad.db"
        self.log = folder / "daemon.log"
        self.address = "127.0.0.1:0"
        self.process: subprocess.Popen[str] | None = None
        self.before: list[str] = []  # a program that runs the daemon, such as strace

    def start(self, *options: str, **environment: str) -> Daemon:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.before, sys.executable, "-m", "ashad", "--address", self.address,
                 "--db", str(self.db), "--log-format", "json", *options],
                stdout=subprocess.PIPE, stderr=log, text=True, env=clean | environment,
            )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"listening on (\S+),", line)
        assert found, f"the daemon did not start: {line!r}; log: {self.log.read_text()[-2000:]}"
        self.address = found[1]
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind, whatever became of the test."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        elif self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def kill(self) -> None:
        """Kill it with -9, as a crash would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; return its exit status."""
        return self._signal(signal.SIGTERM)

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address, options=[("grpc.enable_http_proxy", 0)])

    def scheduler(self) -> ashad_pb2_grpc.SchedulerServiceStub:
        return ashad_pb2_grpc.SchedulerServiceStub(self.channel())

    def studies(self) -> ashad_pb2_grpc.StudyServiceStub:
        return ashad_pb2_grpc.StudyServiceStub(self.channel())

    def _signal(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status
