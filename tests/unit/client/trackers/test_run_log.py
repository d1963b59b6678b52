"""Trackers hear what the daemon hears, and when they fail nobody notices but for one warning."""

from __future__ import annotations

import subprocess
import sys
import threading

import ashad_client
import pytest
from ashad_client.trackers.run import state_of


class Notes:
    """A tracker that keeps what it is told, and breaks where it is asked to."""

    def __init__(self, breaks_at=""):
        self.told, self.breaks_at = [], breaks_at

    def begin(self, trial):
        self._note("begin", trial.number, trial.attempt, trial.params)
        return self

    def report(self, resource, metrics):
        self._note("report", resource, metrics)

    def end(self, state):
        self._note("end", state)

    def _note(self, what, *words):
        self.told.append((what, *words))
        if what == self.breaks_at:
            raise RuntimeError("the server is away\x1b[31m")


def complaints(caplog):
    return [record.getMessage() for record in caplog.records if "without it" in record.getMessage()]


def test_what_is_told_is_what_is_reported_and_how_it_ended(client, make_study):
    study = make_study(algorithm={"type": "asha", "eta": 2}, limits={"max_trials": 3})
    notes = Notes()
    for trial in client.trials(study, log_to=[notes]):
        for resource in trial.steps():
            trial.report(resource, loss=trial.number + 1, accuracy=0.5)
        trial.report(4, loss=9)  # nothing more is said after a stop
    begun = [words for words in notes.told if words[0] == "begin"]
    assert [words[1:3] for words in begun] == [(0, 1), (1, 1), (2, 1)]
    assert begun[0][3] == client.get_trial(study, 0).params
    told = [words[1:] for words in notes.told if words[0] == "report"]
    assert told == [
        (report.resource, {"loss": report.value, "accuracy": 0.5})
        for report in client.list_reports(study)
    ]
    ends = [words[1] for words in notes.told if words[0] == "end"]
    assert ends == ["completed", "stopped", "stopped"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_loop_that_is_left_ends_the_run_too(client, make_study, new_client, error):
    study, notes = make_study(), Notes()
    with pytest.raises(error), new_client() as other:  # noqa: PT012
        for trial in other.trials(study, log_to=[notes]):
            trial.report(1, loss=1)
            raise error
    assert notes.told[-1] == ("end", "failed" if error is ValueError else "released")


@pytest.mark.parametrize("breaks_at", ["begin", "report", "end"])
def test_a_tracker_that_fails_is_told_once_and_training_goes_on(
    client, make_study, caplog, breaks_at
):
    study, notes, good = make_study(), Notes(breaks_at), Notes()
    for trial in client.trials(study, log_to=[notes, good]):
        for resource in trial.steps():
            trial.report(resource, loss=1)
    assert client.get_study(study).counts.completed == 3
    assert complaints(caplog) == [
        r"Notes: RuntimeError: the server is away\x1b[31m; training goes on without it"
    ]
    assert len(good.told) == 3 * 6


def test_a_tracker_that_hangs_holds_up_nothing(client, make_study, caplog, monkeypatch):
    study, never = make_study(), threading.Event()

    class Hangs(Notes):
        def report(self, resource, metrics):
            never.wait(60)

    from ashad_client.trackers import line  # noqa: PLC0415

    monkeypatch.setattr(line.Patience.__init__, "__defaults__", (0.1,))
    for trial in client.trials(study, log_to=[Hangs()]):
        for resource in trial.steps():
            trial.report(resource, loss=1)
    assert client.get_study(study).counts.completed == 3
    assert complaints(caplog) == ["Hangs: no answer within 0.1 s; training goes on without it"]
    never.set()


def test_a_word_that_means_no_tracker_is_refused_before_a_trial_is_taken(client, make_study):
    study = make_study()
    with pytest.raises(ashad_client.Error, match=r"log_to: tensorboard.*, not 'tensorbord'"):
        next(client.trials(study, log_to=["tensorbord"]))
    with pytest.raises(ashad_client.Error, match=r"pip install 'ashad-client\[wandb\]'"):
        next(client.trials(study, log_to=["wandb:mine"]))
    assert client.get_study(study).counts.created == 0


async def test_the_asyncio_client_has_the_same(daemon, make_study):
    study, notes = make_study(), Notes()
    async with ashad_client.aio.connect(daemon.address) as client:
        async for trial in client.trials(study, log_to=[notes]):
            await trial.report(4, loss=1)
    assert [words[0] for words in notes.told] == ["begin", "report", "end"] * 3


def test_a_trial_without_a_daemon_is_logged_as_well():
    notes = Notes()
    with ashad_client.connect(standalone=True) as client:
        for trial in client.trials("s", defaults={"a": 1}, max_resource=2, log_to=[notes]):
            for resource in trial.steps():
                trial.report(resource, loss=1)
    assert [words[0] for words in notes.told] == ["begin", "report", "report", "end"]
    assert notes.told[-1] == ("end", "completed")


def test_the_agent_names_a_tracker_that_is_not_there_before_it_runs_anything(daemon, make_study):
    study = make_study()
    line = [sys.executable, "-m", "ashad_client", "run", study, "--address", daemon.address]
    ran = subprocess.run(
        [*line, "--log-to", "wandb", "--", "true"], capture_output=True, text=True, check=False
    )
    assert "log_to: wandb is not here: pip install 'ashad-client[wandb]'" in ran.stderr
    assert ran.returncode == 2


def test_each_way_to_end_has_a_word():
    words = {
        "MAX_RESOURCE": "completed", "COMPLETED": "completed", "BELOW_CUTOFF": "stopped",
        "FAILED": "failed", "RELEASED": "released", "SUPERSEDED": "superseded",
    }  # fmt: skip
    made = {reason: state_of(ashad_client.Decision(ashad_client.STOP, reason)) for reason in words}
    assert made == words
    assert state_of(ashad_client.Decision(ashad_client.PAUSE, "AT_RUNG")) == "paused"
