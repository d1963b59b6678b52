"""Each mutant is found by its test: a test that cannot fail would find nothing.

A mutant is the product with one known bug, made by functions that replace the product's (see
`tests.faults.mutants`), in a process of its own. The same tests pass without one: they are part of
every run.

Known elsewhere, and no bug here: a note of what was done, written apart from it (a record is both);
an attempt checked outside the transaction (it is decided in memory, before there is one); a
transaction that begins late (there is one writer, and it reads nothing); sums of floats in another
order (nothing adds up metrics). 18 more are in tests/faults/simulation/test_mutants.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tests.faults.mutants.client
import tests.faults.mutants.core
import tests.faults.mutants.server  # noqa: F401 - each registers its mutants
from tests.faults.mutants.patch import MUTANTS
from tests.support import ROOT
from tests.support.daemon import MUTANTS as SITE


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[..., int]]:
    """Run tests with a mutant; return pytest's exit status."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ASHAD_", "PYTEST_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm_pytest"], stdin=subprocess.PIPE, cwd=ROOT,
        stdout=subprocess.PIPE, text=True, env=clean | {"PYTHONPATH": str(SITE)},
    ) as warm:  # fmt: skip
        assert warm.stdin is not None
        assert warm.stdout is not None

        def ask(mutant: str, log: Path, words: list[str]) -> int:
            warm.stdin.write(json.dumps({"mutant": mutant, "log": str(log), "words": words}) + "\n")
            warm.stdin.flush()
            return int(warm.stdout.readline())

        yield ask
        warm.stdin.close()


def test_each_bug_can_be_put_in() -> None:
    """All in one process, at once; where one cannot, the product has changed."""
    code = "from tests.faults.mutants.patch import put_in_all; put_in_all()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_bug_is_found_out(mutant: str, run: Callable[..., int], tmp_path: Path) -> None:
    file, _, name = MUTANTS[mutant].test.partition("::")
    words = [
        "-x", "-q", "-p", "no:cacheprovider", "--tb=line", "--basetemp", str(tmp_path / "temp"),
        *(["-k", name] if name else []), f"tests/{file}",
    ]  # fmt: skip
    status = run(mutant, tmp_path / "log", words)
    text = (tmp_path / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
    assert status == 1, f"{mutant} is not found out:\n{text}"
    assert " failed" in text.splitlines()[-1], f"it did not run:\n{text}"
