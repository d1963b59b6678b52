"""Every command and every block of code in docs/, run as it stands there and in its order."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.pages import Reader, blocks, lines, typed

PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
RUN = ("sh", "python", "toml")
SHOWN = {"text"}  # what is printed; nothing to run
# What cannot be run here: the page, and the first line of the block.
NOT_RUN = {
    # Beats beside a program of the reader's; `tell --alive` is run in tests/contract/agent.
    (
        "docs/agent.md",
        "(while sleep 30 && kill -0 $$; do ashad tell --alive; done) > /dev/null & beat=$!",
    ),
}
MODEL = """
def build(**params):
    return params


def train_one_epoch(model):
    return model["learning_rate"]
"""


def digits_were_searched(reader: Reader, printed: str) -> None:
    assert "<svg" in (reader.folder / "digits.svg").read_text()
    assert "rung" in printed
    assert reader.type("ashad export digits -o csv").count("\n") == 7


def ring_was_found(reader: Reader, printed: str) -> None:
    assert "90% saved" in printed or "89% saved" in printed
    assert reader.type("ashad trial list ring -o csv").count("enqueued") == 1
    assert "3 completed" in printed  # promoted from their checkpoints


def programs_ran(reader: Reader, printed: str) -> None:
    assert "loss=0.1" in printed  # what --dry-parse took
    trials = reader.type("ashad trial list shell -o csv")
    assert trials.count("\n") == 4
    assert trials.count("completed") + trials.count("stopped") >= 3


def backup_was_restored(reader: Reader, printed: str) -> None:
    assert printed.count("1 study, 2 trials") == 3  # checked, backed up, restored
    assert "stopped" in reader.type("ashad study list -o json")


def with_a_second_port(reader: Reader) -> None:
    """The daemons of tests have none unless it is asked for."""
    assert reader.daemon is not None
    reader.daemon.stop()
    reader.daemon.start("--web", "127.0.0.1:0")


def web_answered(_: Reader, printed: str) -> None:
    assert re.search(r'"maxResource":"\d+"', printed.replace(" ", ""))
    assert "\nok\n" in printed
    named = set(re.findall(r"`((?:grpc|ashad)_[a-z_]+)`", (ROOT / "docs/web.md").read_text()))
    assert {name for name in named if name not in printed} == set()


def another_took_over(_: Reader, printed: str) -> None:
    assert "the first daemon ended: 78" in printed
    assert "\n2\nand does not start again: 78" in printed


def the_urgent_one_waited(reader: Reader, printed: str) -> None:
    assert "quotas.toml is in order: 4 quotas and 1 weight" in printed
    assert "quota label team=a: 2 of 2 run (other 2); 1 worker of urgent waiting" in printed
    assert "trial 0" in (reader.folder / "urgent.log").read_text()


PREPARE: dict[str, Callable[[Reader], None]] = {
    "docs/web.md": with_a_second_port,
}
GIVEN = {"docs/start.md": MODEL}
# What must have come of a page, beyond that nothing in it failed.
CAME: dict[str, Callable[[Reader, str], None]] = {
    "docs/start.md": digits_were_searched,
    "docs/tutorial.md": ring_was_found,
    "docs/agent.md": programs_ran,
    "docs/operations.md": backup_was_restored,
    "docs/quotas.md": the_urgent_one_waited,
    "docs/standby.md": another_took_over,
    "docs/web.md": web_answered,
}


def test_each_block_is_of_a_kind_that_is_known() -> None:
    found = [block for page in PAGES for block in blocks(page)]
    assert {block.language for block in found} <= {*RUN, *SHOWN}
    not_run = {(block.page, block.text.splitlines()[0]) for block in found if not block.runs}
    assert not_run == NOT_RUN


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [p for p in PAGES if any(b.language in RUN and b.runs for b in blocks(p))]
)
def test_a_page_does_what_it_says(page: str, daemon, tmp_path: Path) -> None:
    reader = Reader(tmp_path, daemon)
    PREPARE.get(page, lambda _: None)(reader)
    printed = reader.follow(page, GIVEN.get(page, ""))
    CAME.get(page, lambda *_: None)(reader, "\n".join(printed.values()))


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_is_there(page: str) -> None:
    targets = set(re.findall(r"`make ([\w-]+)", (ROOT / page).read_text()))
    targets |= {line.split()[1] for line in lines(page) if line.startswith("make ")}
    makefile = (ROOT / "Makefile").read_text()
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


def test_a_broken_block_is_found_out(daemon, tmp_path: Path) -> None:
    """The runner can fail: on a command, on Python, on a key, on a worker in the background."""
    reader = Reader(tmp_path, daemon)
    (block, *_) = [b for b in blocks("docs/start.md") if b.language == "sh"]
    for language, text in (
        ("sh", "ashad study show nobody"),
        ("sh", "false &\ntrue"),
        ("python", "import nothing_like_it"),
        ("toml", "[algorithm]\ntype = 'asha'\netta = 3"),
    ):
        with pytest.raises(AssertionError, match=r"start\.md"):
            reader.do(type(block)(**block.__dict__ | {"language": language, "text": text}))
    assert typed(block).strip() == ""  # installs and the daemon are left to others
