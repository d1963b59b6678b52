#!/usr/bin/env bash
# Surprise: two tensorboardX writers of one folder that begin in the same second write to the same file, and
# what the first one wrote is lost.
#
# Version: tensorboardX 2.6.5.
# Behaviour: a file is named by the second and the host, with no process and no counter, and is opened
# for writing. PyTorch's and TensorFlow's writers add process and counter.
# Seen: two writers, each with one scalar, leave one file, which holds the second scalar alone.
#
# Why a search cares: a trial that is given back and goes on at once, or two workers that log into one
# folder, lose the curve of the first. A `filename_suffix` of one's own for each attempt keeps both.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorboardX==2.6.5
"$folder/venv/bin/python" -W ignore - "$folder/runs" <<'PYTHON'
import pathlib
import sys
import time

from tensorboardX import SummaryWriter

runs = pathlib.Path(sys.argv[1])


def attempts(folder, **more):
    """Two attempts within one second; return how many files there are, and which scalars in them."""
    while time.time() % 1 > 0.2:
        time.sleep(0.01)
    for tag in ("first", "second"):
        writer = SummaryWriter(str(folder), **{name: tag for name in more})
        writer.add_scalar(tag, 1.0, 1)
        writer.close()
    files = sorted(folder.iterdir())
    held = [tag for tag in ("first", "second") if any(tag.encode() in f.read_bytes() for f in files)]
    return len(files), held


plain, named = attempts(runs / "a"), attempts(runs / "b", filename_suffix=True)
print("files, scalars:", plain, "with a suffix:", named)
sys.exit(plain != (1, ["second"]) or named != (2, ["first", "second"]))
PYTHON
