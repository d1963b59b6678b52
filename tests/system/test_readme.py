"""The README: short, true about what is there, and its commands run as they stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.pages import Reader, blocks, lines

PAGE = "README.md"
LOOP = "for trial in client.trials("
MODEL = """
import ashad_client

ashad_client.connect().create_study(
    "digits",
    {
        "metric": "validation_error",
        "goal": "minimize",
        "max_resource": 9,
        "space": {"rate": {"float": [0, 1]}},
        "limits": {"max_trials": 5},
    },
)


def build(rate):
    return rate


def train_one_epoch(model):
    return model
"""


def test_it_is_short_and_begins_with_its_two_commands() -> None:
    text = (ROOT / PAGE).read_text()

    assert len(text.splitlines()) <= 120
    assert lines(PAGE)[:2] == ["make demo", "make test"]
    assert all(
        f"\n{line.split()[1]}:" in (ROOT / "Makefile").read_text() for line in lines(PAGE)[:2]
    )


def test_the_loop_is_the_one_of_the_other_pages() -> None:
    pages = (PAGE, "docs/start.md", "client/python/README.md")
    loops = [next(b.text for b in blocks(page) if LOOP in b.text) for page in pages]
    said = [re.sub(r" *#.*", "", loop).split() for loop in loops[:2]]

    assert said[0] == said[1]
    assert 'for trial in client.trials("digits"):' in loops[2]


@pytest.mark.slow
def test_its_commands_and_its_loop(daemon, tmp_path: Path) -> None:
    """The one command starts a daemon of its own; the loop is for one that runs."""
    (folder := tmp_path / "alone").mkdir()
    alone = Reader(folder)
    for block in blocks(PAGE):
        if block.language == "sh" and not block.text.startswith("curl "):
            alone.do(block)
    assert "programs" in alone.type("ashad study list --local")

    daemon.stop()
    daemon.start("--web", "127.0.0.1:0")
    (folder := tmp_path / "beside").mkdir()
    beside = Reader(folder, daemon)
    (loop,) = [block for block in blocks(PAGE) if block.language == "python"]
    beside.before(MODEL)
    beside.do(loop)
    assert "finished" in beside.type("ashad study show digits")
    (curl,) = [block for block in blocks(PAGE) if block.text.startswith("curl ")]
    assert json.loads(beside.do(curl))["study"]["name"] == "digits"
