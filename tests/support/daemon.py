"""Real daemon processes: forked from one that has imported all, or started by a command line."""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, Self

import grpc
from ashad_client.v1 import ashad_pb2_grpc

from tests.support import ROOT

MUTANTS = ROOT / "tests" / "faults" / "mutants" / "site"


def clean() -> dict[str, str]:
    """Return the environment without the settings of the developer; no page is served."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
    return kept | {"ASHAD_WEB": "off"}


class ForkServer:
    """A process that forks daemons, those of a mutant, or with the library `preload` loaded."""

    def __init__(self, mutant: str | None = None, preload: Path | None = None) -> None:
        self._env = clean()
        if mutant is not None:
            self._env |= {"PYTHONPATH": str(MUTANTS), "MUTANT": mutant}
        if preload is not None:
            self._env["LD_PRELOAD"] = str(preload)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "support" / "fork_server.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._env,
        )  # fmt: skip

    def start(self, argv: list[str], out: Path, log: Path, **more: Any) -> int:
        """Fork a daemon with this command line; return its process id."""
        env = more.pop("env", {})
        asked = {
            "argv": argv, "out": str(out), "log": str(log), "cwd": str(Path.cwd()),
            "env": clean() | self._env | env, **more,
        }  # fmt: skip
        pid: int = self._ask(start=asked)["pid"]
        return pid

    def poll(self, pid: int) -> int | None:
        """Return the exit status of a daemon, or None where it still runs; to be asked once."""
        status: int | None = self._ask(poll=pid)["status"]
        return status

    def wait(self, pid: int, seconds: float) -> int | None:
        """Return the exit status of a daemon, or None where it runs on for so long."""
        end = time.monotonic() + seconds
        while (status := self.poll(pid)) is None and time.monotonic() < end:
            time.sleep(0.002)
        return status

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, **question: Any) -> dict[str, Any]:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, "the fork server ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@cache
def fork_server() -> ForkServer:
    """Return that of this process."""
    server = ForkServer()
    atexit.register(server.close)
    return server


class Process:
    """A forked daemon, with the ways of a `Popen`."""

    def __init__(
        self, argv: list[str], out: Path, log: Path, env: dict[str, str] | None = None
    ) -> None:
        self.server = fork_server()
        self.returncode: int | None = None
        self.pid = self.server.start(argv, out, log, env=env or {})
        self.stdout = out.open()

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.server.poll(self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("ashad", timeout)
            time.sleep(0.002)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def first_line(self) -> str:
        """Return what it prints first, or nothing where it ends before that."""
        line = ""
        while not line.endswith("\n"):
            ended = self.poll() is not None
            line += self.stdout.readline()
            if ended:
                break
            time.sleep(0.002)
        return line


class Daemon:
    """One daemon process; it keeps its port and its file over restarts."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "ashad.db"
        self.log = folder / "daemon.log"
        self.out = folder / "daemon.out"
        self.address = "127.0.0.1:0"
        self.process: subprocess.Popen[str] | Process | None = None
        self.before: list[str] = []  # a program that runs the daemon, such as strace

    def start(self, *options: str, **environment: str) -> Daemon:
        """Start it and wait until it listens; in a fresh interpreter where more is asked for."""
        argv = ["--address", self.address, "--db", str(self.db), "--log-format", "json", *options]
        if self.before or environment:
            with self.log.open("a") as log:
                self.process = subprocess.Popen(
                    [*self.before, sys.executable, "-m", "ashad", *argv],
                    stdout=subprocess.PIPE, stderr=log, text=True, env=clean() | environment,
                )  # fmt: skip
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
        else:
            self.out.unlink(missing_ok=True)
            self.process = Process(argv, self.out, self.log)
            line = self.process.first_line()
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
        elif self.process is not None:
            assert self.process.stdout is not None
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
