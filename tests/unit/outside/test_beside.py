"""A process beside the daemon: started without a fork, talked to, and gone when it has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ashad.outside import beside

# What is asked here runs as the daemon does, on uvloop; `forks` grows with each fork.
LOOP = """
import os, sys, uvloop
forks = []
os.register_at_fork(before=lambda: forks.append(1))
from ashad.outside import OwnSamplers
async def main():
    samplers = OwnSamplers({"mine": "random:Random"})
    print(await samplers.load("mine"), forks)
    await samplers.close()
uvloop.run(main())
"""


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def start(program, **more):
    words = (sys.executable, "-c", program)
    return beside.start(*words, env=os.environ, **more)


def test_the_daemon_is_not_forked_for_it():
    """What gRPC does in a forked child ended it by SIGSEGV where the cores were busy."""
    ran = subprocess.run(
        [sys.executable, "-c", LOOP], capture_output=True, text=True, timeout=60, check=True
    )
    assert "UnusableError" in ran.stdout  # random.Random has no ask: the process has answered
    assert ran.stdout.endswith(" []\n")


async def test_what_it_writes_is_returned_once_it_has_ended():
    child = await start(
        "import sys; said = sys.stdin.read(); print(len(said)); sys.exit(3)",
        complains=True,
    )
    assert await child.communicate(b"x" * 3_000_000) == b"3000000\n"
    assert child.returncode == 3


async def test_one_that_does_not_read_is_no_error():
    child = await start("print('done')")
    assert await child.communicate(b"x" * 3_000_000) == b"done\n"
    assert child.returncode == 0


async def test_one_that_runs_on_is_killed_and_its_pipes_are_closed():
    before = descriptors()
    child = await start("import time; print('here', flush=True); time.sleep(600)", alone=True)
    assert await child.stdout.readline() == b"here\n"
    assert (child.returncode, os.getsid(child.pid)) == (None, child.pid)
    child.kill()
    assert await child.wait() == -9
    child.close()
    await child.stdout.read()
    assert descriptors() == before


async def test_a_program_that_is_not_there_is_an_error_of_the_system():
    with pytest.raises(FileNotFoundError):
        await beside.start("/nowhere/to/be/found", env={})
