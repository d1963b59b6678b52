"""The site is built, strictly, and nothing in it is fetched from elsewhere."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.support import ROOT
from tests.support.pages import script

SITE = ROOT / ".build" / "site"
LOADS = re.compile(r"<(?:script|img|iframe|link)\b[^>]*(?:src|href)=\"?((?:https?:)?//[^\" >]+)")


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".venv-docs").exists(), reason="make docs makes its environment")
def test_the_site() -> None:
    subprocess.run(["make", "docs"], cwd=ROOT, check=True, timeout=280)

    site = script("make_site")
    there = {*site.pages().values(), *site.written()}
    pages = {page.replace(".md", ".html") for page in there}
    built = {path.relative_to(SITE).as_posix(): path.read_text() for path in SITE.rglob("*.html")}
    assert pages == set(built) - {"404.html"}
    assert {page: found for page, text in built.items() if (found := LOADS.findall(text))} == {}
    assert ":::" not in built["reference/python.html"]
    assert "create_study" in built["reference/python.html"]
    assert "not-run" not in built["agent.html"]
    assert "ashad study create" in built["reference/commands.html"]
