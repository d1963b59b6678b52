"""Every command of the README, run as it stands there and in its order."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.tools import tool

COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
]
MAKE = [line for line in COMMANDS if line.startswith("make ")]
PIP = [line for line in COMMANDS if line.startswith("pip ")]
DB = [line for line in COMMANDS if line.startswith("ashad db ")]
SECURE = [line for line in COMMANDS if "ashad certs " in line or "ashad token " in line]
RUN = [line for line in COMMANDS if line.startswith("ashad run ")]
_APART = [*DB, *SECURE, *RUN]
ASHAD = [line for line in COMMANDS if line.startswith("ashad ") and line not in _APART]


def run(command: list[str], cwd: Path = ROOT, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True,
        timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def test_each_command_is_of_a_kind_that_is_run_here() -> None:
    others = {"ashad", "python examples/digits/train.py"}

    assert set(COMMANDS) == {*MAKE, *PIP, *ASHAD, *DB, *SECURE, *RUN, *others}
    assert len(ASHAD) > 8


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md", "deploy/README.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())

    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_each_promise_names_tests_that_are_there() -> None:
    text = (ROOT / "README.md").read_text()
    table = text[text.index("## What it promises") : text.index("## How it is built")]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "kept by" not in line]
    for row in rows:
        named = re.findall(r"`(tests/[a-z_/]+\.py)::(\w+)`", row)
        assert named, f"no test keeps this promise: {row}"
        for file, name in named:
            assert re.search(rf"(def|class) {name}\b", (ROOT / file).read_text()), (file, name)

    assert len(rows) > 15


@pytest.mark.parametrize("line", MAKE)
def test_the_make_targets_are_there(line: str) -> None:
    target = line.split()[1]
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()


def test_the_search_of_the_readme(daemon, tmp_path: Path) -> None:
    """Create, train with two workers for real, look, change: line by line."""
    here = {"ASHAD_ADDRESS": daemon.address}
    first = ASHAD.index("ashad study create -f examples/digits/study.toml")
    assert first == 0
    run([sys.executable, "-m", *shlex.split(ASHAD[0])], **here)
    # Enough for `why digits 3`; the whole search is `make demo`.
    run([sys.executable, "-m", *shlex.split("ashad study update digits --max-trials 6")], **here)
    workers = [
        subprocess.Popen(
            [sys.executable, "examples/digits/train.py"], cwd=ROOT,
            env=os.environ | here | {"OMP_NUM_THREADS": "1"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [worker.wait(timeout=280) for worker in workers] == [0, 0]

    shutil.copytree(ROOT / "examples/digits", tmp_path / "examples/digits")
    answers = {}
    for line in ASHAD[1:]:
        if line == "ashad trial cancel digits 3":
            continue  # it has ended here; see below
        answers[line] = run([sys.executable, "-m", *shlex.split(line)], tmp_path, **here)

    assert "<svg" in (tmp_path / "digits.svg").read_text()
    assert "rung" in answers["ashad why digits 3"]
    assert answers["ashad export digits -o csv"].count("\n") == 7
    assert "enqueued" in run(
        [sys.executable, "-m", *shlex.split("ashad trial list digits -o csv")], **here
    )


def test_cancel_as_in_the_readme(daemon) -> None:
    here = {"ASHAD_ADDRESS": daemon.address}
    run([sys.executable, "-m", *shlex.split(ASHAD[0])], **here)
    for _ in range(4):
        run(
            [sys.executable, "-m", *shlex.split("ashad trial enqueue digits learning_rate=0.1")],
            **here,
        )

    run([sys.executable, "-m", *shlex.split("ashad trial cancel digits 3")], **here)


def test_any_program(daemon, tmp_path: Path) -> None:
    here = {"ASHAD_ADDRESS": daemon.address, "XDG_STATE_HOME": str(tmp_path)}
    (line,) = RUN
    words = ["--count", "3", *shlex.split(line)[2:]]

    run([sys.executable, "-m", "ashad", "run", *words], **here)

    trials = run([sys.executable, "-m", "ashad", "trial", "list", "programs", "-o", "csv"], **here)
    assert trials.count("\n") == 4
    assert "completed" in trials


def test_keep_it_safe(daemon, tmp_path: Path) -> None:
    """All but the restore beside the running daemon; the restore when it has been stopped."""
    here = {"ASHAD_ADDRESS": daemon.address, "ASHAD_DB": str(daemon.db)}
    run([sys.executable, "-m", *shlex.split(ASHAD[0])], **here)
    *before, restore = DB
    told = [run([sys.executable, "-m", *shlex.split(line)], tmp_path, **here) for line in before]
    run([sys.executable, "-m", "ashad", "study", "delete", "digits", "--yes"], **here)
    daemon.stop()

    run([sys.executable, "-m", *shlex.split(restore)], tmp_path, **here)
    daemon.start()

    assert len(told) == 2
    assert all("1 study, 0 trials" in line for line in told)
    assert "digits" in run([sys.executable, "-m", "ashad", "study", "list"], **here)


def test_from_other_machines(new_daemon, tmp_path: Path) -> None:
    """Make what the README makes, start the daemon as it is told to, and be a worker."""
    here = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    init, token, admin = SECURE
    done = subprocess.run(
        ["bash", "-c", f"{init} 127.0.0.1"], env=os.environ | here | {"PATH": path}, cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (start,) = (line for line in done.stderr.splitlines() if line.startswith("  ashad --address"))
    for line in (token, admin):
        run(["bash", "-c", line], tmp_path, **here, PATH=path)
    daemon = new_daemon(tmp_path)
    daemon.address = "0.0.0.0:0"
    daemon.start(*shlex.split(start)[3:], "--tokens", str(tmp_path / "ashad/ashad.db.tokens"))
    said = [line.removeprefix("export ") for line in done.stdout.splitlines()]
    exports = dict(pair.split("=") for line in said for pair in line.split())
    assert set(exports) == {"ASHAD_ADDRESS", "ASHAD_CA", "ASHAD_TOKEN_FILE"}
    worker = {
        "ASHAD_ADDRESS": daemon.address.replace("0.0.0.0", "127.0.0.1"),
        "ASHAD_CA": str(tmp_path / "ashad" / "certs" / "ca.pem"),
        "ASHAD_TOKEN_FILE": str(tmp_path / "worker.token"),
    }
    assert run([sys.executable, "-m", "ashad", "study", "list", "-o", "json"], **worker) == "[]\n"
    assert daemon.stop() == 0


@pytest.mark.parametrize("line", PIP)
def test_the_installs(tmp_path: Path, line: str) -> None:
    run([tool("uv"), "venv", "--quiet", "--seed", str(tmp_path / "env")])
    python = str(tmp_path / "env" / "bin" / "python")
    run([python, "-m", *shlex.split(line), "--quiet", "--disable-pip-version-check"])
    last = line.rsplit(maxsplit=1)[-1]
    module = {".": "ashad.daemon.main", "scikit-learn": "sklearn"}.get(last, "ashad_client")

    run([python, "-c", f"import {module}"], PYTHONPATH="")
