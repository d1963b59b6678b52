"""Makes the blocking client from the asyncio one: `_async` is the source, `_sync` is generated.

`python tools/unasync.py` writes; with `--check` it changes nothing, and fails where `_sync` is not
what `_async` would make.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "ashad_client"
HEAD = "# Generated from {name} of the asyncio client by tools/unasync.py: edit that.\n"
WORDS = [
    (r"async (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"for item in (\w+\.\w+):\s+yield item", r"yield from \1"),
    (r"\bAsync(Iterator|StudyApi|TableApi)\b", r"\1"),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\b_async\b", "_sync"),
    (r"\bLoopRunner\b", "ThreadRunner"),
    (r"\bloop_runner\b", "thread_runner"),
    (r"(?s)\((self\.call\(.*?\))\)\.(study|trial)\b", r"\1.\2"),
]
RUFF = (("check", "--select=I", "--fix-only", "--quiet"), ("format", "--quiet"))


def blocking(path: Path) -> str:
    """Return the blocking form of a file of the asyncio client, formatted."""
    source = HEAD.format(name=path.name) + path.read_text(encoding="utf-8")
    for pattern, word in WORDS:
        source = re.sub(pattern, word, source)
    for words in RUFF:
        line = [sys.executable, "-m", "ruff", *words, "--stdin-filename", str(path), "-"]
        done = subprocess.run(line, input=source, capture_output=True, text=True, check=True)
        source = done.stdout
    return source


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = []
    for path in sorted((PACKAGE / "_async").glob("[a-z]*.py")):
        target = PACKAGE / "_sync" / path.name
        made = blocking(path)
        if not target.exists() or target.read_text() != made:
            stale.append(target)
            if "--check" not in arguments:
                target.write_text(made)
    if stale and "--check" in arguments:
        print("not what _async makes (run `make format`):", *stale, sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
