"""A study beside a real daemon, and ranks of programs that train it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ashad_client
import pytest

from tests.support import ROOT
from tests.support.daemon import clean

os.environ.setdefault("KERAS_BACKEND", "jax")  # the one that is installed
HERE = Path(__file__).parent
DEADLINE_S = 120
STUDY = {
    "metric": "error",
    "goal": "minimize",
    "max_resource": 4,
    "space": {"rate": {"float": [0.01, 0.1], "log": True}},
    "algorithm": {"type": "asha", "eta": 2},
    "limits": {"max_trials": 4},
}


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


@pytest.fixture
def study(client):
    """Make the study of a test; return its name."""

    def make(name: str = "s", **changes: Any) -> str:
        client.create_study(name, {**STUDY, **changes})
        return name

    return make


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def environment(address: str, **more: str) -> dict[str, str]:
    """Return what a program is told: where the daemon is, and to use one thread and no network."""
    return clean() | {
        "ASHAD_ADDRESS": address, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false", "KERAS_BACKEND": "jax", "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(ROOT), "TORCH_CPP_LOG_LEVEL": "ERROR",
    } | more  # fmt: skip


class Crew:
    """Ranks of one program."""

    def __init__(self, server: subprocess.Popen[str], folder: Path) -> None:
        self.server, self.folder = server, folder
        self.pids: list[int] = []

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps(question) + "\n")
        self.server.stdin.flush()
        line = self.server.stdout.readline()
        assert line, "the process that forks has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def start(self, program: Path, *arguments: str, address: str, size: int = 2) -> None:
        port = str(free_port())
        for rank in range(size):
            env = environment(
                address, RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(size),
                LOCAL_WORLD_SIZE=str(size), MASTER_ADDR="127.0.0.1", MASTER_PORT=port,
            )  # fmt: skip
            argv, out = [str(program), *arguments], str(self.folder / f"rank{rank}.txt")
            self.pids.append(self.ask(argv=argv, env=env, out=out)["pid"])

    def wait(self, deadline_s: float = DEADLINE_S) -> list[int | None]:
        """Return how each rank ended; None of one that still runs at the deadline."""
        end, found = time.monotonic() + deadline_s, [None] * len(self.pids)
        while None in found and time.monotonic() < end:
            for rank, pid in enumerate(self.pids):
                if found[rank] is None:
                    found[rank] = self.ask(wait=pid)["status"]
            time.sleep(0.02)
        self.pids = [pid for pid, status in zip(self.pids, found, strict=True) if status is None]
        return found

    def until(self, rank: int, begins: str) -> None:
        """Wait for a line that a rank prints."""
        end = time.monotonic() + DEADLINE_S
        while not any(line.startswith(begins) for line in self.printed(rank)):
            assert time.monotonic() < end, self.printed(rank)
            time.sleep(0.02)

    def printed(self, rank: int) -> list[str]:
        path = self.folder / f"rank{rank}.txt"
        return path.read_text().splitlines() if path.exists() else []

    def kill(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        self.wait()


@pytest.fixture(scope="session")
def torch_server():
    """A process with torch in it, which forks ranks."""
    modules = (
        "torch", "torch._dynamo", "torch.distributed", "torch.nn.parallel", "ashad_client",
        "transformers.trainer", "skorch.hf",
    )  # fmt: skip
    with subprocess.Popen(
        [sys.executable, str(HERE / "ranks.py"), *modules], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env=environment(""),
    ) as server:  # fmt: skip
        yield server
        server.stdin.close()
        server.wait(30)


@pytest.fixture
def crew(torch_server, tmp_path):
    crew = Crew(torch_server, tmp_path)
    yield crew
    crew.kill()


@pytest.fixture
def run(daemon, tmp_path):
    """Run a command to its end; return what it printed."""

    def run_(*command: Any, **more: str) -> str:
        done = subprocess.run(
            [str(word) for word in command], cwd=tmp_path, env=environment(daemon.address, **more),
            capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_
