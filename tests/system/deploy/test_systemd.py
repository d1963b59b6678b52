"""The systemd unit: how tight it is by systemd's own measure, and that the daemon fits in.

systemd need not run: it reads the unit offline, and what the daemon does is taken from strace.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from pathlib import Path

import ashad_client
import pytest
from ashad.security import TokenFile
from ashad.security.certificates import make

from tests.support.tools import DEPLOY, run, tool

UNIT = DEPLOY / "systemd" / "ashad.service"
MOST_EXPOSED = 2.0
STATE = "/var/lib/ashad"


def settings(key: str) -> list[str]:
    lines = (line.partition("=") for line in UNIT.read_text().splitlines())
    return [value for name, _, value in lines if name == key]


def test_it_is_tight_by_systemds_own_measure():
    said = run(tool("systemd-analyze"), "security", "--offline=true", "--no-pager", UNIT)

    found = re.search(r"exposure level for ashad\.service: ([0-9.]+)", said)
    assert float(found[1]) <= MOST_EXPOSED, said


@pytest.mark.parametrize("name", ["ashad", "ashad-standby", "ashad-replica"])
def test_systemd_understands_every_line(name, tmp_path):
    copy = tmp_path / f"{name}.service"
    text = UNIT.with_name(copy.name).read_text()
    for program in ("/opt/ashad/bin/ashad", "/opt/ashad/share/litestream/replicate.sh"):
        text = text.replace(program, sys.executable)
    copy.write_text(text.replace("User=ashad\nGroup=ashad", "User=daemon\nGroup=daemon"))

    said = run(tool("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", copy)

    assert copy.name not in said


def test_the_user_of_the_unit_is_made(tmp_path):
    (tmp_path / "etc").mkdir()
    run(tool("systemd-sysusers"), f"--root={tmp_path}", UNIT.with_suffix(".sysusers"))

    assert f"{settings('User')[0]}:x:" in (tmp_path / "etc/passwd").read_text()
    assert f"{settings('Group')[0]}:x:" in (tmp_path / "etc/group").read_text()


def test_the_daemon_does_nothing_that_the_unit_forbids(new_daemon, tmp_path):
    """Start it as the unit does, work with it, and look at each system call that it made."""
    strace, analyze = tool("strace"), tool("systemd-analyze")
    make(tmp_path / "certs", ["127.0.0.1"])
    tokens = TokenFile(tmp_path / "ashad.db.tokens")
    (tmp_path / "token").write_text(tokens.create("admin")[1])
    environment = dict(
        pair.replace(STATE, str(tmp_path)).split("=", 1) for pair in settings("Environment")
    )
    assert environment.pop("ASHAD_ADDRESS").startswith("0.0.0.0:")
    assert environment["ASHAD_DB"] == str(tmp_path / "ashad.db")
    (start,) = settings("ExecStart")
    assert shlex.split(start)[1:] == ["serve"]
    (reload,) = settings("ExecReload")
    assert "-HUP" in reload

    trace = tmp_path / "trace"
    with new_daemon(tmp_path) as daemon:
        daemon.address = "0.0.0.0:0"
        daemon.before = [strace, "-f", "-qq", "-s", "0", "-o", str(trace), "--"]
        daemon.start("--health-address", "127.0.0.1:0", PYTHONDONTWRITEBYTECODE="1", **environment)
        address = daemon.address.replace("0.0.0.0", "127.0.0.1")
        work(address, tmp_path / "certs" / "ca.pem", tmp_path / "token")
        pid = int(trace.read_text().split()[0])
        os.kill(pid, signal.SIGHUP)
        work(address, tmp_path / "certs" / "ca.pem", tmp_path / "token")
        os.kill(pid, signal.SIGTERM)
        assert daemon.process.wait(30) == 0

    calls = [
        found
        for line in trace.read_text().splitlines()
        if (found := re.match(r"\d+ +(\w+)\((.*)", line)) is not None
    ]
    assert len(calls) > 1000
    # Only as root SQLite gives its files to the owner of the database.
    as_root = {"fchown"} if os.geteuid() == 0 else set()
    assert {call[1] for call in calls} - allowed(analyze) == as_root
    assert [call[0] for call in calls if executable(call)] == []
    families = set(settings("RestrictAddressFamilies")[0].split())
    sockets = {call[2].split(",")[0] for call in calls if call[1] in ("socket", "socketpair")}
    assert sockets <= families
    written = [path for call in calls if (path := opened_to_write(call)) is not None]
    assert {str(tmp_path / "ashad.db"), str(tmp_path / "ashad.db-wal")} <= set(written)
    outside = {path for path in written if not path.startswith((str(tmp_path), "/dev/"))}
    assert outside == set()


def work(address: str, ca: Path, token: Path) -> None:
    with ashad_client.connect(address, ca=ca, token_file=token) as client:
        name = f"s{len(list(client.studies()))}"
        client.create_study(
            name,
            {"metric": "loss", "goal": "minimize", "max_resource": 3, "space": {"x": 1},
             "algorithm": {"type": "single"}},
        )  # fmt: skip
        for trial in client.trials(name):
            for step in trial.steps():
                trial.report(step, loss=1.0)
        client.delete_study(name)


def allowed(analyze: str) -> set[str]:
    """Return the calls that are let through, by systemd's own tables."""
    groups: dict[str, list[str]] = {}
    for line in run(analyze, "syscall-filter", "--no-pager").splitlines():
        if line.startswith("@"):
            inside = groups.setdefault(line.strip(), [])
        elif line.startswith(" ") and not line.strip().startswith("#"):
            inside.append(line.strip())

    def calls(name: str) -> set[str]:
        return set().union(*map(calls, groups[name])) if name in groups else {name}

    found = calls("@default")  # is always in
    for line in settings("SystemCallFilter"):
        taken = set().union(*map(calls, line.lstrip("~").split()))
        found = found - taken if line.startswith("~") else found | taken
    return found


def executable(call: re.Match[str]) -> bool:
    """Whether MemoryDenyWriteExecute refuses it."""
    if call[1] == "mmap":
        return "PROT_WRITE" in call[2] and "PROT_EXEC" in call[2]
    if call[1] in ("mprotect", "pkey_mprotect"):
        return "PROT_EXEC" in call[2]
    return call[1] == "shmat" and "SHM_EXEC" in call[2]


def opened_to_write(call: re.Match[str]) -> str | None:
    if call[1] not in ("open", "openat", "creat") or not re.search("O_(WRONLY|RDWR)", call[2]):
        return None
    found = re.search('"(.*?)"', call[2])
    return found[1]
