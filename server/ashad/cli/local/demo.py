"""`ashad demo`: the digits search of the examples, from an installed wheel, in about a minute."""

from __future__ import annotations

import importlib.util
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import config
from ashad.cli.errors import CommandError
from ashad.cli.studyfile.study import read_file
from ashad.cli.views import output

if TYPE_CHECKING:
    from collections.abc import Callable

    from ashad.cli.rpc import Daemon

_ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # for each worker
_PACKAGE = Path(__file__).parents[2]
# In a wheel they lie in the package; in a checkout where they are kept.
FOLDERS = (_PACKAGE / "examples" / "digits", _PACKAGE.parents[1] / "examples" / "digits")


@click.command(short_help="Run the digits search of the examples: a minute.")
@click.option("--slots", type=click.IntRange(1, 256), default=2, show_default=True)
@click.option("--max-trials", type=click.IntRange(1, 10_000), help="Default: 80.")
@config.settings("db")
@click.pass_context
def demo(ctx: click.Context, slots: int, max_trials: int | None) -> None:
    """Search for the best network on scikit-learn's digits, in about a minute.

    With a private daemon and a database of its own, demo.db beside --db. It begins anew each time.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise CommandError(
            "ashad demo trains with scikit-learn: pip install 'ashad[demo]', "
            "or uvx --from 'ashad[demo]' ashad demo"
        )
    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    if folder is None:
        raise CommandError("this installation lacks the example; install ashad again")
    from ashad.cli.local import worker_scripts  # noqa: PLC0415
    from ashad.cli.local.search import search  # noqa: PLC0415

    config.put(ctx, "local", True)
    config.put(ctx, "db", config.value(ctx, "db").with_name("demo.db"))

    def work(daemon: Daemon, begin: Callable[[pb.Study], None]) -> int:
        begin(_anew(daemon, folder / "study.toml", max_trials))
        address = {"ASHAD_ADDRESS": daemon.address}
        return worker_scripts.run(folder / "train.py", slots, _ONE_CORE | address)

    output.say(f"Each of {slots} workers runs {folder / 'train.py'};")
    output.say(f"what they search is in {folder / 'study.toml'}.")
    sys.exit(search(ctx, work, quiet=False))


def _anew(daemon: Daemon, path: Path, max_trials: int | None) -> pb.Study:
    """Make the study; one of an earlier demo goes."""
    name, spec = read_file(path)
    if max_trials is not None:
        spec.limits.max_trials = max_trials
    known = daemon.pages("ListStudies", pb.ListStudiesRequest(), "studies")
    if name in {study.name for study in known}:
        daemon.call("DeleteStudy", pb.DeleteStudyRequest(study=name, force=True))
    request = pb.CreateStudyRequest(study=name, spec=spec, request_id=str(uuid.uuid4()))
    made: pb.Study = daemon.call("CreateStudy", request).study
    return made
