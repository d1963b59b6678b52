"""From nothing to a running search on two machines, by what two pages say and nothing else.

The machines are network namespaces. Installing needs the network, so that is done outside of them,
by the commands of the pages; all else is typed within.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.machines import Machines, NotPermitted
from tests.support.tools import ROOT, run, tool

PAGES = "".join((ROOT / "docs" / page).read_text() for page in ("start.md", "machines.md"))
GO = (ROOT / "client" / "go" / "README.md").read_text()
TRAIN = """
import time

def build(**params):
    return params

def train_one_epoch(model):
    time.sleep(0.01)
    return model["learning_rate"]

"""
MAIN = """package main

import (
	"context"
	"os"
	"time"

	ashad "ashad.dev/client/go"
)

func train(params ashad.Params, epoch int64) float64 {
	time.Sleep(10 * time.Millisecond)
	return params.Float("learning_rate")
}

func main() {
	if err := loop(context.Background()); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

"""


def block(text: str, kind: str, having: str) -> str:
    """Return the code block of that kind with these words."""
    found = [b for b in re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) if having in b]
    assert len(found) == 1, (kind, having)
    return found[0]


def commands(having: str) -> list[str]:
    return block(PAGES, "sh", having).splitlines()


def installed(folder: Path, line: str) -> Path:
    """Make an environment and install as the pages do; return where its programs are."""
    assert line in PAGES
    run(tool("uv"), "venv", "--quiet", "--seed", "--python", sys.executable, folder)
    pip = [folder / "bin" / "python", "-m", *shlex.split(line), "--quiet"]
    run(*pip, "--disable-pip-version-check", cwd=ROOT)
    return folder / "bin"


def go_worker(folder: Path) -> Path:
    """Build the loop of the Go client's README as it says; return the program."""
    go = tool("go")
    folder.mkdir()
    (folder / "main.go").write_text(MAIN + block(GO, "go", "func loop("))
    environment = os.environ | {"GOFLAGS": "-mod=mod"}
    run(go, "mod", "init", "worker", cwd=folder, env=environment)
    (edit,) = [line for line in GO.splitlines() if line.startswith("go mod edit")]
    words = shlex.split(edit.replace("PATH/TO/ashad", str(ROOT)))[1:]
    run(go, *words, cwd=folder, env=environment)
    run(go, "mod", "tidy", cwd=folder, env=environment)
    run(go, "build", "-o", "worker", ".", cwd=folder, env=environment)
    return folder / "worker"


@pytest.mark.timeout(900)
def test_from_nothing_to_a_running_search(tmp_path):
    certs, *tokens = commands("ashad certs init")
    name, address = shlex.split(certs)[-2:]
    addresses = address, address.rpartition(".")[0] + ".99"
    with ExitStack() as stack:
        try:
            trainer, worker = stack.enter_context(Machines(tmp_path, addresses, name))
        except NotPermitted as error:
            pytest.skip(f"no network namespaces here: {error}")
        search(tmp_path, trainer, worker, [certs, *tokens])


def search(tmp_path, trainer, worker, lines) -> None:
    server = installed(tmp_path / "server", "pip install ./client/python .")
    client = installed(tmp_path / "client", "pip install ./client/python")
    assert not (client / "ashad").exists()  # the thin client only
    program = go_worker(tmp_path / "go")
    trainer.environment["PATH"] = f"{server}:{trainer.environment['PATH']}"

    # On the machine of the daemon.
    certs, *tokens = lines
    said = trainer.type(f"{certs} 2>&1")
    for line in tokens:
        trainer.type(line)
    (start,) = (line.strip() for line in said.splitlines() if line.startswith("  ashad --address"))
    exports = [line for line in said.splitlines() if line.startswith("export ")]
    assert len(exports) == 2
    assert all(line in PAGES for line in exports)
    daemon = trainer.start(start)
    try:
        assert "listening on 0.0.0.0:2742, with TLS" in daemon.stdout.readline()

        # What is copied, and the two lines.
        ca = next(trainer.home.rglob("ca.pem"))
        (worker.home / "ca.pem").write_bytes(ca.read_bytes())
        (worker.home / "token").write_bytes((trainer.home / "worker.token").read_bytes())
        lines_of_worker = "; ".join(exports).replace("/path/to", str(worker.home))
        lines_of_admin = "; ".join(exports).replace("/path/to/ca.pem", str(ca))
        lines_of_admin = lines_of_admin.replace("/path/to/token", str(trainer.home / "admin.token"))
        # There the daemon is found by the address in the certificate, since it knows no names.
        lines_of_admin = lines_of_admin.replace(name_in(exports), trainer.address)

        (trainer.home / "study.toml").write_text(block(PAGES, "toml", "max_trials"))
        trainer.type(f"{lines_of_admin}; ashad study create -f study.toml")

        # On the machine of the workers: the loop of the first page, and that of the Go client.
        (worker.home / "train.py").write_text(TRAIN + block(PAGES, "python", "client.trials"))
        loops = [
            worker.start(f"bash -c '{lines_of_worker}; exec {shlex.join(words)}'")
            for words in ([str(client / "python"), "train.py"], [str(program)])
        ]
        for loop in loops:
            out, _ = loop.communicate(timeout=300)
            assert loop.returncode == 0, out

        trials = json.loads(trainer.type(f"{lines_of_admin}; ashad trial list digits -o json"))
        assert len(trials) == 80
        assert len({trial["worker"] for trial in trials}) == 2
        assert {trial["state"] for trial in trials} <= {"completed", "stopped"}

        # Without its token the worker's machine gets nothing; with it, no more than a worker may.
        nothing = (
            f"{lines_of_worker}; unset ASHAD_TOKEN_FILE; {server}/ashad study list 2>&1 || true"
        )
        assert "TOKEN_MISSING" in worker.type(nothing)
        more = f"{lines_of_worker}; {server}/ashad study delete digits --yes 2>&1 || true"
        assert "PERMISSION_DENIED" in worker.type(more)
    finally:
        daemon.terminate()
        out, _ = daemon.communicate(timeout=60)
    assert daemon.returncode == 0, out


def name_in(exports: list[str]) -> str:
    return re.search(r"ASHAD_ADDRESS=([^:]+):", exports[0])[1]
