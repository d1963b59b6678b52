"""Agents in processes of their own, with all that they start under a mark."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

MARK = "ASHAD_TEST_MARK"


@dataclasses.dataclass
class Ran:
    """What an agent did."""

    code: int
    out: bytes
    err: str


class Agents:
    """Starts agents against one daemon; each and all that it starts carries a mark."""

    def __init__(self, address, folder):
        self.address, self.folder = address, folder
        self.mark = uuid.uuid4().hex
        # Output is held back in a pipe unless the agent sees to it: never by grace of this run.
        drop = ("PYTHONUNBUFFERED", "CUDA_VISIBLE_DEVICES")
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("ASHAD_") and key not in drop
        } | {"ASHAD_ADDRESS": address, "XDG_STATE_HOME": str(folder / "state"), MARK: self.mark}
        self._started = []

    def start(self, study, *command, options=(), env=None, module="ashad_client", **popen):
        arguments = [sys.executable, "-m", module, "run", *map(str, options), study]
        process = subprocess.Popen(
            [*arguments, "--", *map(str, command)] if command else arguments,
            cwd=self.folder,
            env=self.environment | (env or {}),
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen},
        )
        self._started.append(process)
        return process

    def finish(self, process, seconds=120):
        """Wait for its end; nothing of it may be left."""
        out, err = process.communicate(timeout=seconds)
        assert self.left() == [], "processes outlived the agent"
        return Ran(process.returncode, out or b"", (err or b"").decode("utf-8", "replace"))

    def __call__(self, study, *command, check=0, **options):
        """Run one to its end."""
        ran = self.finish(self.start(study, *command, **options))
        if check is not None:
            assert ran.code == check, ran.err
        return ran

    def left(self):
        """Return the command lines of all living processes that carry the mark."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    line = (entry / "cmdline").read_bytes()
                    if self.mark.encode() in line + (entry / "environ").read_bytes() and line:
                        found.append((int(entry.name), line.replace(b"\0", b" ").decode()))
        return found

    def end(self):
        for process in self._started:
            if process.poll() is None:
                process.kill()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()
        for pid, _ in self.left():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
