"""No answer before its sync: the system calls of a real daemon, in their order, prove it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from tests.support.harness import OPTIONS, Stubs, until

HEADERS = 1  # type of an HTTP/2 frame
_BYTES = re.compile(r'iov_base="((?:\\x[0-9a-f]{2})*)"')


def _replies(stream: bytearray) -> list[int]:
    """Take whole frames from the front of a stream; return the ids of streams they answer."""
    found = []
    while len(stream) >= 9:
        size = int.from_bytes(stream[:3], "big")
        if len(stream) < 9 + size:
            break
        if stream[3] == HEADERS:
            found.append(int.from_bytes(stream[5:9], "big"))
        del stream[: 9 + size]
    return found


def _events(trace: str) -> list[str]:
    """Return "sync" and "reply" in the order of the system calls; a sync counts once it is done."""
    events, streams, seen = [], {}, set()
    for line in trace.splitlines():
        if re.search(r"\bfdatasync\(\d+\)\s*= 0|fdatasync resumed>\)\s*= 0", line):
            events.append("sync")
        elif match := re.search(r"\bsendmsg\((\d+), ", line):
            stream = streams.setdefault(match[1], bytearray())
            for text in _BYTES.findall(line):
                stream += bytes.fromhex(text.replace("\\x", ""))
            for number in _replies(stream):
                if (match[1], number) not in seen:
                    seen.add((match[1], number))
                    events.append("reply")
    return events


def test_each_answer_leaves_after_the_sync_of_its_batch(tmp_path: Path, tell) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no order proof: it needs strace")
    trace, out = tmp_path / "trace", tmp_path / "out"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
    with out.open("w") as file:
        process = subprocess.Popen(
            [strace, "-f", "-qq", "-xx", "-s", "65536", "-e", "trace=fdatasync,sendmsg",
             "-e", "signal=none", "-o", trace, sys.executable, "-m", "ashad", "--address",
             "127.0.0.1:0", "--db", tmp_path / "ashad.db"],
            stdout=file, stderr=subprocess.DEVNULL, env=clean, start_new_session=True,
        )  # fmt: skip
    try:
        found = until("it listens", lambda: re.search(r"on (\S+),", out.read_text()), 60)
        with Stubs(grpc.insecure_channel(found[1], options=OPTIONS)) as stubs:
            stubs.create("s", max_resource=100, min_resource=100)
            a = stubs.suggest("s", "w").assignment
            for resource in range(1, 41):
                stubs.report(a, resource, 0.5)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)

    events = _events(trace.read_text())
    replies = [i for i, event in enumerate(events) if event == "reply"]
    assert len(replies) >= 42, "the trace does not show the replies"
    for before, after in zip([0, *replies], replies, strict=False):
        assert "sync" in events[before:after], "an answer left before its sync"
    tell("order of system calls (strace)", f"{len(replies)} replies", "each after its fdatasync")


def test_an_early_answer_is_seen() -> None:
    """The control: the reading of a trace in which one answer left too early."""
    reply = "".join(f"\\x{byte:02x}" for byte in b"\0\0\0\1\4\0\0\0\1")
    line = f'7 sendmsg(5, {{msg_iov=[{{iov_base="{reply}", iov_len=9}}]}}, 0) = 9'
    assert _events(f"8 fdatasync(4) = 0\n{line}") == ["sync", "reply"]
    assert _events(f"{line}\n8 <... fdatasync resumed>) = 0") == ["reply", "sync"]
