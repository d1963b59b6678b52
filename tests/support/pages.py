"""Pages of documentation whose code is run as it stands there, block by block and in its order.

A fence says what is done with its block: `sh` is run by bash, `python` by one interpreter for the
page, `toml` is read as a study or as settings of one. With a title, ```python title="train.py",
the block is written to that file first, and what is to be run of it, another block runs. `not-run`
behind the language says that a block cannot be run here; whoever runs the pages lists those.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes

from tests.support import ROOT
from tests.support.daemon import Daemon, clean

_FENCE = re.compile(r"^( *)```(\w+)([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
# What the studies of examples have here instead, for less training. Whole searches are
# `make demo` and its like.
_SMALLER = {
    "examples/digits/study.toml": {"max_trials": 6, "max_resource": 27},
    "examples/agent/study.toml": {"max_trials": 8, "max_resource": 9},
    "examples/agent/lightgbm/study.toml": {"max_resource": 27},
}
# The least study that the settings shown in a block are put into.
_LEAST: dict[str, Any] = {
    "metric": "loss",
    "goal": "minimize",
    "max_resource": 81,
    "space": {"lr": {"float": [0.1, 1.0]}},
    "limits": {"max_trials": 10},
}


@dataclass(frozen=True)
class Block:
    """One block of code: where it begins, and what its fence says."""

    page: str
    line: int
    language: str
    runs: bool
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def script(name: str) -> ModuleType:
    """Return a script of docs/, which may import those beside it."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, in their order; `page` is a path in the repository."""
    text = (ROOT / page).read_text()
    found = []
    for match in _FENCE.finditer(text):
        _, language, words, body = match.groups()
        title = _TITLE.search(words)
        found.append(
            Block(
                page=page,
                line=text.count("\n", 0, match.start()) + 1,
                language=language,
                runs="not-run" not in words.split(),
                title=title[1] if title else "",
                text=textwrap.dedent(body),
            )
        )
    return found


def lines(page: str, language: str = "sh") -> list[str]:
    """Return the lines of all blocks of a language that are run."""
    return [
        line
        for block in blocks(page)
        if block.language == language and block.runs
        for line in block.text.splitlines()
    ]


class Reader:
    """One who follows a page, in a folder of their own beside a daemon that runs."""

    def __init__(self, folder: Path, daemon: Daemon | None = None) -> None:
        self.folder = folder
        self.daemon = daemon
        home = folder / "home"
        home.mkdir()
        self.environment = clean() | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "XDG_DATA_HOME": str(home),
            "XDG_STATE_HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
        }
        if daemon is not None:
            self.environment |= {"ASHAD_ADDRESS": daemon.address, "ASHAD_DB": str(daemon.db)}
        for name in ("examples", "deploy"):
            shutil.copytree(ROOT / name, folder / name)
        for file, changes in _SMALLER.items():
            smaller(folder / file, changes)
        self._python: list[str] = []

    def follow(self, page: str, before: str = "") -> dict[int, str]:
        """Do what the page says; return what each block printed, by its line.

        `before`: Python that the page takes for granted.
        """
        self.before(before)
        return {block.line: self.do(block) for block in blocks(page) if block.runs}

    def before(self, python: str) -> None:
        """Take this for granted in the Python that comes."""
        self._python = [python]

    def do(self, block: Block) -> str:
        """Do what one block says; return what it printed."""
        if block.title:
            (self.folder / block.title).write_text(block.text)
        if block.language == "toml":
            read_settings(block)
        elif block.language == "sh" and block.title:
            self.type(f"bash -n {block.title}", str(block))
        elif block.language == "sh" and "ashad db restore" in block.text:
            assert self.daemon is not None
            self.daemon.stop()  # as the page says
            printed = self.type(typed(block), str(block))
            self.daemon.start()
            return printed
        elif block.language == "sh":
            return self.type(typed(block), str(block))
        elif block.language == "python" and block.title:
            compile(block.text, str(block), "exec")
        elif block.language == "python":
            return self._run_python(block)
        return ""

    def type(self, script: str, where: str = "") -> str:
        """Run a script in bash, and wait for all that it started; return what it printed."""
        kept = re.sub(r"&[ ]*$", r"& started+=($!)", script, flags=re.MULTILINE)
        lines = ["set -euo pipefail", "started=()", kept, 'for job in "${started[@]}"; do']
        return self._run(["bash", "-c", "\n".join([*lines, "wait $job", "done"])], where)

    def _run_python(self, block: Block) -> str:
        # One interpreter each, what came before told again but not printed: a hang is one block's.
        quiet = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    pass\n"
        told = "\n".join(
            f"with contextlib.redirect_stdout(io.StringIO()):\n    exec({text!r}, globals())"
            for text in self._python
        )
        self._python.append(block.text)
        return self._run([sys.executable, "-c", f"{quiet}{told}\n{block.text}"], str(block))

    def _run(self, command: list[str], where: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=280, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{where}: {done.stdout}{done.stderr}"
        return done.stdout


def smaller(study: Path, changes: dict[str, int]) -> None:
    """Change numbers of a study file."""
    text = study.read_text()
    for key, value in changes.items():
        text, count = re.subn(rf"^{key} = \d+", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count == 1, f"{study}: {key}"
    study.write_text(text)


def typed(block: Block) -> str:
    """Return what is typed of a block: the daemon runs, and installs have their own test."""
    left_out = re.compile(r"(ashad|pip install .*|make [\w-]+.*)(\s*#.*)?")
    return "\n".join(line for line in block.text.splitlines() if not left_out.fullmatch(line))


def read_settings(block: Block) -> None:
    """Assert that a block is a study, or settings that one takes."""
    data = tomllib.loads(block.text)
    mistakes = Mistakes()
    read(_LEAST | data, mistakes)
    assert mistakes.lines == [], f"{block}: {mistakes.lines}"
