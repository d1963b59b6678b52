#!/usr/bin/env bash
# Surprise: a worker of Dask's LocalCluster that is slow to start again is given up for good.
#
# Version: distributed 2026.8.0 (`SpecCluster`, of which LocalCluster and dask-jobqueue are made).
# Behaviour: the nanny starts a killed worker process again. Where that takes longer than
# `distributed.deploy.lost-worker-timeout` (15 s), the cluster closes the nanny, and the worker that it has
# just started, and forgets both. `adapt` would start another; a cluster of a fixed size keeps one less.
# Seen: of two workers one is killed, whose imports take 20 s: 40 s later there is one, and one is asked for.
#
# Why a search cares: with as many workers as tasks that train until the study is finished, the task of the
# killed one waits behind another for the rest of the search. Imports of a framework from a shared disk, or a
# machine that is busy, take that long.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'distributed==2026.8.0'
cat > "$folder/imports.py" <<'PYTHON'
import pathlib, time

if (pathlib.Path(__file__).parent / "again").exists():
    time.sleep(20)
PYTHON
cat > "$folder/main.py" <<'PYTHON'
import os, pathlib, signal, sys, time

import distributed

if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent
    with distributed.LocalCluster(
        processes=True, n_workers=2, threads_per_worker=1, dashboard_address=":0",
        preload=[str(folder / "imports.py")], local_directory=str(folder),
    ) as cluster, distributed.Client(cluster) as client:
        (folder / "again").touch()
        os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)
        time.sleep(40)
        told = len(cluster.scheduler.workers), len(cluster.workers)
    print(told)
    sys.exit(told != (1, 1))
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/main.py" 2> /dev/null
