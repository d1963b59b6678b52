"""The copy is in an object store: both machines are lost, and a third goes on from it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import ashad_client
import pytest

from tests.support import ROOT
from tests.support.cluster import free
from tests.support.replicas import BIN, WAIT_S, Machine, Worker, make_study, until
from tests.support.tools import run

pytest.importorskip("moto", reason="run by make test-fleets")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CONFIG = ROOT / "deploy" / "litestream" / "object-store.yml"


@pytest.fixture
def store() -> Iterator[str]:
    """Return where an S3 is that has a bucket `copies`."""
    (port,) = free(1)
    address = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until(lambda: _made(f"{address}/copies"), "no bucket")
        yield address
        server.terminate()


def _made(bucket: str) -> bool:
    with suppress(URLError):
        return bool(urlopen(Request(bucket, method="PUT", data=b"")).status == 200)
    return False


def test_what_was_acknowledged_is_there_on_a_third_machine(store: str, tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    ports = free(2)
    a = Machine(tmp_path / "a", tmp_path / "marks", ports[0])
    where = {"ASHAD_OBJECTS": "s3://copies/ashad", "ASHAD_OBJECTS_QUERY": f"?endpoint={store}"}
    a.env |= KEYS | where | {"ASHAD_LITESTREAM_CONFIG": str(CONFIG)}
    c = Machine(tmp_path / "c", tmp_path / "replica", ports[1])
    c.env.pop("ASHAD_REPLICA_SOCKET")
    for machine in (a, c):  # with a bundle of certificates Litestream 0.5.17 does not start
        machine.env.pop("AWS_CA_BUNDLE", None)
    c.env |= KEYS
    try:
        a.ashad("serve")
        a.replicate()
        both = f"{a.address},{c.address}"
        with ashad_client.connect(both) as client:
            make_study(client, 6)
        workers = [Worker(both, "s") for _ in range(2)]
        for worker in workers:
            worker.start()
        until(lambda: all(len(worker.acked) > 5 for worker in workers), "no reports")
        a.send("litestream", signal.SIGSTOP)  # what follows is in no copy
        before = sum(len(worker.acked) for worker in workers)
        until(lambda: sum(len(w.acked) for w in workers) > before + 12, "no more reports")
        a.kill()

        litestream = BIN / "litestream"
        source = f"s3://copies/ashad/epoch-1?endpoint={store}"
        run(litestream, "restore", "-o", c.folder / "copy.db", source, env=c.env)
        copy = f"file://{c.replica}/epoch-1"
        run(litestream, "replicate", "-once", c.folder / "copy.db", copy, env=c.env)
        c.ashad("standby", "--now")
        for worker in workers:
            worker.join(WAIT_S)
            assert not worker.is_alive()
        with ashad_client.connect(c.address) as client:
            counts = client.study("s").counts
            known = {
                (number, report.attempt, report.resource, report.value)
                for number in range(6)
                for report in client.list_reports("s", number)
            }
    finally:
        a.kill()
        c.kill()
    assert {report for worker in workers for report in worker.acked} - known == set()
    assert counts.completed + counts.stopped == 6
    assert "ATTEMPT_LOST" not in [end for worker in workers for end in worker.ends]
