"""How good a search is: methods on recorded learning curves, by virtual time.

    python -m bench.quality run --methods ours --seeds 30
    python -m bench.quality report

The tables are not part of the source tree, but beside it. `run` makes the runs that are missing;
`report` packs what there is and writes the table and the pictures. Peers run in an environment of
their own, where "peers" means the one that is there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.quality import runs
from bench.quality.methods import OURS, PEERS
from bench.quality.tables import FIRST, names
from bench.quality.tables import task as read

CURVES = Path(__file__).parents[3] / "shared" / "data" / "curves"


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, default=CURVES, help="folder of the .npz files")
    parser.add_argument("verb", choices=["run", "report"])
    parser.add_argument(
        "--methods",
        default="ours",
        help="ours, peers, or names with slashes",
    )
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--only", default="", help="a text: the tables whose names begin with it")
    parser.add_argument("--which", default="first", choices=["first", "all", "judging"])
    options = parser.parse_args()
    if options.verb == "report":
        from bench.quality.report import write  # noqa: PLC0415 - peers' environment cannot draw

        write(runs.load(), options.tables)
        return
    here = {name for name, peer in PEERS.items() if f"/{peer.home}/" in sys.executable}
    groups = {"ours": list(OURS), "peers": [name for name in PEERS if name in here]}
    methods = groups.get(options.methods) or options.methods.split("/")
    chosen = FIRST if options.which == "first" else names(options.tables)
    tasks = [read(options.tables, name) for name in chosen if name.startswith(options.only)]
    if options.which == "judging":
        tasks = [task for task in tasks if task.judged]
    runs.make(tasks, methods, options.workers, range(options.seeds))


if __name__ == "__main__":
    main()
