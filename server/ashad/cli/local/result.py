"""How a search came out: its best trials, the best of all, and where to look further."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import config
from ashad.cli.commands.best import found_by
from ashad.cli.views import best_view, output, study_view, trial_view
from ashad.cli.views.watch_state import Watched, summary

if TYPE_CHECKING:
    from pathlib import Path

    from ashad.cli.rpc import Daemon

_TOP = 10


def show(daemon: Daemon, name: str, db: Path) -> None:
    """Print the result of a study, and how to ask its database for more."""
    study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
    trials = list(daemon.pages("ListTrials", pb.ListTrialsRequest(study=name), "trials"))
    output.say()
    output.say(f"study {name}: {summary(Watched(study, []))}")
    top = trial_view.ordered(trials, study.spec, "best")[:_TOP]
    if top:
        output.say()
        output.print_table([trial_view.line(trial) for trial in top], spare=trial_view.SPARE)
    found = found_by(daemon, study)
    if found:
        output.say()
        best_view.show(study.spec, found)
    output.say()
    output.say(f"All of it is kept in {db}. To look further:")
    where = [] if db == config.SETTINGS["db"].default() else ["--db", str(db)]
    for words in (["best"], ["study", "show"], ["trial", "list"]):
        output.say(f"  {shlex.join(['ashad', *words, name, '--local', *where])}")
    if ended := study_view.left(study):
        output.say(ended)
    if study.state == pb.STUDY_STATE_ACTIVE:
        output.say("The study is not finished: the same command goes on with it.")
