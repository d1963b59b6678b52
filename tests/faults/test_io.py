"""The n-th write or sync of the database fails: the daemon ends at once, without an answer.

After a failed sync what SQLite shows and what the file holds may differ, so nothing may be
answered from it. A restart reads the file, a repeated call settles the rest. A disk that is full
is no such failure where it is certain that nothing was written: then the daemon refuses and heals.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import grpc
import pytest
from ashad.store import audit
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.harness import Daemon, Stubs, curve, report_of, until

EIO_STATUS = 74
WORKERS = 10


class Script:
    """Ten calls at a time; remembers what was answered, and goes on where it was cut off."""

    def __init__(self, calls: int) -> None:
        self.rounds = calls // WORKERS
        self.acked: dict[tuple[str, bytes], bytes] = {}

    def play(self, daemon: Daemon) -> set[str]:
        """Play until the end or until a round is not answered in full; return the reasons."""
        with Stubs(daemon.channel()) as stubs:
            held = []
            for lap in range(self.rounds):
                calls = self._round(lap, held)
                answers, refused = self._ask(stubs, calls)
                if refused:
                    return refused
                if lap % 4 == 0:
                    held = [pb.SuggestResponse.FromString(a).assignment for a in answers]
        return set()

    @staticmethod
    def _round(lap: int, held: list) -> list:
        if lap % 4 == 0:
            return [
                (
                    "Suggest",
                    pb.SuggestRequest(study="s", worker=f"w{i}-{lap}", request_id=f"{i}-{lap}"),
                )
                for i in range(WORKERS)
            ]
        if lap % 4 == 1:
            return [("Report", report_of(a, 1, curve(a.trial, 1))) for a in held]
        if lap % 4 == 2:
            return [("Report", report_of(a, 3, curve(a.trial, 3))) for a in held]
        return [
            ("CompleteTrial", pb.CompleteTrialRequest(
                study="s", trial=a.trial, attempt=a.attempt, lease_token=a.lease_token))
            for a in held
        ]  # fmt: skip

    def _ask(self, stubs: Stubs, calls: list) -> tuple[list[bytes], set[str]]:
        """Ask what was not answered yet, all at once."""
        keys = [(verb, request.SerializeToString(deterministic=True)) for verb, request in calls]
        futures = {
            key: getattr(stubs.scheduler, verb).future(request, timeout=10)
            for key, (verb, request) in zip(keys, calls, strict=True)
            if key not in self.acked
        }
        refused = set()
        for key, future in futures.items():
            try:
                self.acked[key] = future.result().SerializeToString(deterministic=True)
            except grpc.RpcError as error:
                known = dict(error.trailing_metadata() or ())
                refused.add(str(known.get("ashad-reason", error.code().name)))
        return [self.acked.get(key, b"") for key in keys], refused

    def repeat(self, daemon: Daemon) -> None:
        """Ask everything again: every answer is the one that was given."""
        kinds = {"Suggest": pb.SuggestRequest, "Report": pb.ReportRequest,
                 "CompleteTrial": pb.CompleteTrialRequest}  # fmt: skip
        with Stubs(daemon.channel()) as stubs:
            for (verb, request), answer in self.acked.items():
                ask = getattr(stubs.scheduler, verb)
                again = ask(kinds[verb].FromString(request), timeout=10)
                assert again.SerializeToString(deterministic=True) == answer


@pytest.fixture(scope="module")
def prepared(server, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    daemon = Daemon(server, folder).start()
    with Stubs(daemon.channel()) as stubs:
        stubs.create("s", max_resource=9, min_resource=9)  # nobody is stopped at 1 or 3
    assert daemon.stop() == 0
    return daemon.db


def _fail(daemon: Daemon, prepared: Path, calls: int, n: int, code: int, *, once: bool) -> str:
    """One life and the next; return where it failed: start, call, stop or nowhere."""
    shutil.copy(prepared, daemon.db)
    fired = daemon.folder / "fired"
    script, where = Script(calls), "nowhere"
    shim = {"n": n, "once": once, "errno": code, "fired": str(fired)}
    daemon.launch(shim)
    if daemon.listens() is None:
        where, status = "start", daemon.wait()
    else:
        reasons = script.play(daemon)
        if fired.exists():
            where = "call"
            if "STORAGE_FULL" in reasons and once:
                until("it heals", lambda: not script.play(daemon), every=0.1)
            if not reasons & {"UNAVAILABLE"}:
                assert code == errno.ENOSPC, f"{code}, n = {n}: answered {reasons}"
        gone = "UNAVAILABLE" in reasons
        status = daemon.wait() if gone else daemon.stop()
        if where == "nowhere" and fired.exists():
            where = "stop"
        if code == errno.EIO and where == "call":
            assert gone, f"EIO, n = {n}: it went on"
    if code == errno.EIO and where in ("start", "call"):
        assert status == EIO_STATUS, f"EIO at {where}, n = {n}: status {status}"
    assert status in (0, EIO_STATUS), f"{code}, n = {n}: status {status}"
    daemon.start()
    assert not script.play(daemon), f"{code}, n = {n}: not settled"
    assert len(script.acked) == calls
    script.repeat(daemon)
    assert daemon.stop() == 0
    assert list(audit(daemon.db)) == [], f"{code}, n = {n}"
    return where


# Where fewer calls are tried, each n once for each error: the odd ones in one way, the even in the
# other.
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("once", [True, False], ids=["once", "for-good"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_a_failed_write_is_never_answered(
    failing, daemons, prepared, tmp_path, size, tell, code, once
) -> None:
    calls = size(20, 200)
    found: dict[str, int] = {"start": 0, "call": 0, "stop": 0}
    step = size(2, 1)
    n = 1 if step == 1 or once == (code == errno.EIO) else 2
    while True:
        folder = tmp_path / f"{n}"
        folder.mkdir()
        where = _fail(daemons(folder, of=failing), prepared, calls, n, code, once=once)
        if where == "nowhere":
            break
        found[where] += 1
        n += step
    assert found["call"] >= 10 / step, found
    name = f"{errno.errorcode[code]} at the n-th I/O call, {'once' if once else 'for good'}"
    tell(name, f"n = 1 to {n} by {step}, {calls} calls", f"none lost; failed during {found}")
