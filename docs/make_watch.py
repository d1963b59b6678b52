"""Draw docs/pictures/watch.svg, the live view of a real search: `python docs/make_watch.py`.

Starts a daemon on a free port and two workers on the digits example, and draws what `ashad watch`
shows in the middle of it. A minute; each run draws another picture, without fonts from elsewhere.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
from ashad.cli.views.watch_state import Watched
from ashad.cli.views.watch_view import View
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1.ashad_pb2_grpc import StudyServiceStub
from rich.console import Console

ROOT = Path(__file__).parents[1]
PICTURE = Path(__file__).with_name("pictures") / "watch.svg"
EXAMPLE = ROOT / "examples" / "digits"
AT = 44  # trials, when the picture is taken


def watched(address: str) -> Watched:
    """Return what a watcher knows once so many trials were made."""
    studies = StudyServiceStub(grpc.insecure_channel(address))
    found = studies.GetStudy(pb.GetStudyRequest(study="digits"))
    seen = Watched(found.study, ())
    for answer in studies.WatchStudy(pb.WatchStudyRequest(study="digits")):
        seen.take(answer)
        if seen.study.counts.created >= AT and seen.study.counts.running == 2:
            return seen
    raise RuntimeError("the study ended before")


def drawn(seen: Watched, address: str) -> str:
    """Return the view as SVG, in the fonts that the reader has."""
    console = Console(
        record=True, width=100, height=30, force_terminal=True, highlight=False, file=io.StringIO()
    )
    console.print(View(seen, address))
    text = console.export_svg(title="ashad watch digits", unique_id="watch")
    text = re.sub(r"@font-face \{.*?\}\n", "", text, flags=re.DOTALL)
    return re.sub(
        r"font-family: (?:Fira Code|arial)(?:, monospace)?", "font-family: monospace", text
    )


def main() -> None:
    """Run the search, draw it, and end it."""
    with tempfile.TemporaryDirectory() as folder:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "ashad", "--address", "127.0.0.1:0", "--db", f"{folder}/a.db"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        workers = []
        try:
            assert daemon.stdout is not None
            found = re.search(r"listening on (\S+),", daemon.stdout.readline())
            assert found is not None
            address = found[1]
            here = os.environ | {"ASHAD_ADDRESS": address, "OMP_NUM_THREADS": "1"}
            make = ["study", "create", "-f", str(EXAMPLE / "study.toml")]
            subprocess.run(
                [sys.executable, "-m", "ashad", *make], env=here, check=True, capture_output=True
            )
            for name in ("a", "b"):
                train = [sys.executable, str(EXAMPLE / "train.py")]
                workers += [subprocess.Popen(train, env=here | {"ASHAD_WORKER": f"worker-{name}"})]
            PICTURE.write_text(drawn(watched(address), "127.0.0.1:2742"))
        finally:
            for process in (*workers, daemon):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
