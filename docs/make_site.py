"""Lay out the pages of the site in .build/docs: `python docs/make_site.py`; see `make docs`.

A page is written once, where it belongs, with links that work in a checkout; README, CHANGELOG and
their like are pages of the site too. Here each link is turned to the page or picture of the site;
one to a file that the site does not have becomes plain text, and one that leads nowhere is an
error. Fetches nothing.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path

import make_commands

ROOT = Path(__file__).parents[1]
SITE = ROOT / ".build" / "docs"
LANGUAGES = ("cpp", "go", "java", "python", "rust", "typescript")
# Pages that lie outside docs/: where they are in the repository, and where in the site.
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "bench/README.md": "measurements.md",
    "client/README.md": "clients/index.md",
    "deploy/README.md": "deploy.md",
    "examples/README.md": "examples.md",
    "tests/README.md": "tests.md",
    "tests/torture.md": "torture.md",
} | {f"client/{name}/README.md": f"clients/{name}.md" for name in LANGUAGES}
PICTURES = {".svg", ".png", ".webp"}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s:#]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^( *)(```+)(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"(?:[*-]|\d\.) ")
_WORDS = re.compile(r"^( *```+\w+)(?: not-run|,no_run)\b", re.MULTILINE)


def pages() -> dict[str, str]:
    """Return where each page lies in the repository, and where in the site."""
    own = {
        path.relative_to(ROOT).as_posix(): path.relative_to(ROOT / "docs").as_posix()
        for path in sorted((ROOT / "docs").rglob("*.md"))
    }
    return own | PAGES


def written() -> dict[str, str]:
    """Return the pages that are written at each build: where in the site, and the text."""
    return {"reference/commands.md": make_commands.page()}


def laid_out() -> tuple[dict[str, str], dict[str, str]]:
    """Return the text of each page of the site, and the pictures: where in the site, and here."""
    known = pages()
    pictures: dict[str, str] = {}
    turned = {
        there: _turned(here, (ROOT / here).read_text(), known, pictures)
        for here, there in known.items()
    }
    return turned | written(), pictures


def _turned(source: str, text: str, known: dict[str, str], pictures: dict[str, str]) -> str:
    """Return a page with its links as they are in the site; note the pictures that it shows."""
    folder = posixpath.dirname(known[source])

    def turned(match: re.Match[str]) -> str:
        mark, words, target, anchor = match.groups(default="")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if not (ROOT / path).exists():
            raise FileNotFoundError(f"{source} leads to {target}, which is not there")
        there = known.get(path)
        if there is None and posixpath.splitext(path)[1] in PICTURES:
            there = path.removeprefix("docs/")
            pictures[there] = path
        return f"{mark}[{words}]({posixpath.relpath(there, folder)}{anchor})" if there else words

    parts, last = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(turned, text[last : fence.start()]), _WORDS.sub(r"\1", fence[0])]
        last = fence.end()
    return _indented("".join([*parts, _LINK.sub(turned, text[last:])]))


def _indented(text: str) -> str:
    """Return a page whose lists the renderer reads as GitHub does.

    What belongs to an item is indented by four blanks, not by as many as its mark has; behind one
    of several paragraphs stands a blank line.
    """
    lines, add, fenced, paragraphs = [], 0, False, False
    for line in text.splitlines(keepends=True):
        if not fenced and (item := _ITEM.match(line)):
            lines += ["\n"] * (paragraphs and lines[-1] != "\n")
            add, paragraphs = 4 - len(item[0]), False
        elif not line.strip():
            paragraphs = add > 0
        elif not line.startswith("  "):
            add, paragraphs = 0, False
        fenced ^= line.startswith("```")
        lines.append(" " * add + line if line.startswith("  ") else line)
    return "".join(lines)


def main() -> None:
    """Write all pages and pictures, and leave nothing of before."""
    shutil.rmtree(SITE, ignore_errors=True)
    texts, pictures = laid_out()
    for there, text in texts.items():
        path = SITE / there
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for there, here in pictures.items():
        path = SITE / there
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / here, path)


if __name__ == "__main__":
    main()
