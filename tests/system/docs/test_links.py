"""What the pages say is there: files they link to, installs, and the tests of each promise."""

from __future__ import annotations

import posixpath
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.pages import Reader, lines, script
from tests.support.tools import tool

make_site = script("make_site")
PAGES = sorted(make_site.pages())
INSTALLS = sorted(
    {line.split("#")[0].strip() for p in PAGES for line in lines(p) if line.startswith("pip ")}
)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", (ROOT / page).read_text(), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)

    assert [link for link in found if not (ROOT / page).parent.joinpath(link).exists()] == []


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub and the site make them."""
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", bare, re.MULTILINE)
    words = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in words}


def test_the_site_has_what_its_pages_lead_to() -> None:
    texts, pictures = make_site.laid_out()
    wrong = []
    for page, text in texts.items():
        bare = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        for target, anchor in re.findall(r"\]\(([^)#:\s]*)(#[^)\s]*)?\)", bare):
            there = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
            there = there if target else page
            if there not in texts and there not in pictures:
                wrong.append((page, target))
            elif anchor and anchor[1:] not in anchors(texts[there]):
                wrong.append((page, target + anchor))

    assert wrong == []
    assert {"index.md", "deploy.md", "clients/go.md"} <= set(texts)
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert set(re.findall(r": ([\w/-]+\.md)$", navigation, re.MULTILINE)) == set(texts)


def test_each_promise_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "kept by" not in line]
    for row in rows:
        named = re.findall(r"`(tests/[a-z_/]+\.py)::(\w+)`", row)
        assert named, f"no test keeps this promise: {row}"
        for file, name in named:
            assert re.search(rf"(def|class) {name}\b", (ROOT / file).read_text()), (file, name)

    assert len(rows) > 15


@pytest.mark.slow
@pytest.mark.parametrize("line", INSTALLS)
def test_the_installs(tmp_path: Path, line: str) -> None:
    home = tmp_path / "env"
    subprocess.run([tool("uv"), "venv", "--quiet", "--seed", home], check=True)
    python = home / "bin" / "python"
    subprocess.run(
        [python, "-m", *shlex.split(line), "--quiet", "--disable-pip-version-check"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    last = line.rsplit(maxsplit=1)[-1]
    module = {".": "ashad.daemon.main", "scikit-learn": "sklearn", "nevergrad": "nevergrad"}.get(
        last, "ashad_client"
    )

    subprocess.run([python, "-c", f"import {module}"], cwd=tmp_path, check=True)


@pytest.mark.slow
def test_from_other_machines(new_daemon, tmp_path: Path) -> None:
    """Make what docs/machines.md makes, start the daemon as it is told to, and be a worker."""
    reader = Reader(tmp_path)
    init, token, admin = [
        line for line in lines("docs/machines.md") if "certs init" in line or "role worker" in line
        or "role admin" in line
    ]  # fmt: skip
    said = reader.type(f"{init} 127.0.0.1 2>&1").splitlines()
    (start,) = (line for line in said if line.startswith("  ashad --address"))
    reader.type(f"{token}\n{admin}")
    daemon = new_daemon(tmp_path)
    daemon.address = "0.0.0.0:0"
    home = tmp_path / "home" / "ashad"
    daemon.start(*shlex.split(start)[3:], "--tokens", str(home / "ashad.db.tokens"))
    exports = [line.removeprefix("export ") for line in said if line.startswith("export ")]
    named = dict(pair.split("=") for line in exports for pair in line.split())
    assert set(named) == {"ASHAD_ADDRESS", "ASHAD_CA", "ASHAD_TOKEN_FILE"}
    reader.environment |= {
        "ASHAD_ADDRESS": daemon.address.replace("0.0.0.0", "127.0.0.1"),
        "ASHAD_CA": str(home / "certs" / "ca.pem"),
        "ASHAD_TOKEN_FILE": str(tmp_path / "worker.token"),
    }
    assert reader.type("ashad study list -o json") == "[]\n"
    assert daemon.stop() == 0
