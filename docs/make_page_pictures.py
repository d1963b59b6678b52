"""Draw the pictures of the page: a real search on the digits, seen in headless Chromium.

Run it in the repository, after `make setup web`: `.venv/bin/python docs/make_page_pictures.py`.
It needs Node and Chromium, takes two minutes, and writes docs/pictures/page-*.webp.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
WORKERS = 3
LARGEST = 150_000  # bytes


def main() -> None:
    """Search, look, and write what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        ashad = [sys.executable, "-m", "ashad"]
        daemon = subprocess.Popen(
            [*ashad, "--address", "127.0.0.1:0", "--web", "127.0.0.1:0", "--db", f"{folder}/a.db"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            address = _told(daemon, r"listening on (\S+),")
            url = _told(daemon, r"page at (\S+)")
            at = [*ashad, "--address", address]
            subprocess.run([*at, "study", "create", "-f", "examples/digits/study.toml"], check=True)
            _train(address)
            look = ["node", "server/web/test/pictures.mjs", url, str(PICTURES), "digits"]
            subprocess.run(look, check=True, cwd=ROOT)
        finally:
            daemon.terminate()
            daemon.wait()
    for picture in sorted(PICTURES.glob("page-*.webp")):
        size = picture.stat().st_size
        assert size <= LARGEST, f"{picture}: {size} bytes"
        print(json.dumps({"picture": picture.name, "bytes": size}))


def _told(daemon: subprocess.Popen[str], words: str) -> str:
    assert daemon.stdout is not None
    for line in daemon.stdout:
        found = re.search(words, line)
        if found:
            return found[1]
    raise AssertionError(f"the daemon did not say {words}")


def _train(address: str) -> None:
    worker = [sys.executable, "examples/digits/train.py"]
    running = [
        subprocess.Popen(worker, env={"ASHAD_ADDRESS": address, "PATH": "/usr/bin:/bin"}, cwd=ROOT)
        for _ in range(WORKERS)
    ]
    for process in running:
        assert process.wait() == 0


if __name__ == "__main__":
    main()
