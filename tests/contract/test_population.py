"""Population based training by a real daemon: its checkpoints, its lineage, its crashes."""

from __future__ import annotations

import csv
import io
import os
import random
from pathlib import Path

from ashad_client.v1 import ashad_pb2 as pb

from tests.contract.test_obsolete_checkpoints import everything
from tests.support.command import piped


def ashad(wire, *words):
    environment = os.environ | {"ASHAD_ADDRESS": wire.daemon.address}
    done = piped([*words], environment, Path.cwd())
    assert done.code == 0, done.err
    return done.out


def population(wire, top=20, **settings):
    return wire.create(pbt=pb.PopulationBasedTraining(**settings), max_resource=top)


def test_the_checkpoint_of_a_donor_is_kept_while_an_heir_may_begin_from_it(wire):
    name = population(wire, population=2, interval=5)
    good, bad = wire.take(name), wire.take(name)
    wire.report(good, 5, 0.1, "good5")
    assert wire.report(bad, 5, 0.9, "bad5").reason == "EXPLOITED"
    assert everything(wire, name)[0] == [(1, "bad5")]
    wire.report(good, 6, 0.1, "good6")
    assert everything(wire, name)[0] == [(1, "bad5")], "trial 2 may begin from good5"
    heir = wire.take(name)
    assert (heir.trial, heir.start_resource, heir.resume_checkpoint_uri) == (2, 5, "good5")
    wire.report(heir, 6, 0.1)
    wire.crash()
    assert everything(wire, name)[0] == [(1, "bad5")]
    wire.report(heir, 7, 0.1, "heir7")
    assert everything(wire, name)[0] == [(1, "bad5"), (2, "good5")]
    wire.report(heir, 8, 0.1, "heir8")
    assert (2, "heir7") in everything(wire, name)[0]


def test_the_checkpoint_of_a_donor_goes_with_the_heir_that_fails(wire):
    name = population(wire, population=2, interval=5)
    good, bad = wire.take(name), wire.take(name)
    wire.report(good, 5, 0.1, "good5")
    wire.report(bad, 5, 0.9)
    wire.report(good, 20, 0.1, "good20")
    assert everything(wire, name)[0] == []
    wire.studies.CancelTrial(pb.CancelTrialRequest(study=name, trial=2), timeout=9)
    assert everything(wire, name)[0] == [(2, "good5")]


def test_lineage_and_schedule_of_a_study_that_was_killed_on_the_way(wire):
    """Whatever the moment of the crash: the same decisions, and each way leads to a founder."""
    name = population(wire, population=6, interval=2)
    chance, held, calls = random.Random(2), [], 0
    while calls < 400:
        if len(held) < 3:
            answer = wire.ask(name)
            if not answer.HasField("assignment"):
                break
            held.append([answer.assignment, answer.assignment.start_resource])
        one = chance.choice(held)
        calls += 1
        one[1] += 1
        value = chance.random() / one[1]
        if (
            wire.report(one[0], one[1], value, f"{one[0].trial}@{one[1]}").action
            != pb.ACTION_CONTINUE
        ):
            held.remove(one)
        if calls % 60 == 0:
            wire.crash()
    trials = {trial.trial: trial for trial in wire.trials(name)}
    assert sum(trial.HasField("donor_trial") for trial in trials.values()) > 5
    for trial in trials.values():
        if trial.HasField("donor_trial"):
            assert trials[trial.parent_trial].reason == "EXPLOITED"
            assert f"trial {trial.donor_trial}:" in trials[trial.parent_trial].message
            assert trial.donor_trial < trial.trial
            assert trial.origin == "explored"
    drawn = ashad(wire, "trial", "lineage", name).splitlines()
    assert len(drawn) == len(trials)
    rows = list(csv.DictReader(io.StringIO(ashad(wire, "export", name, "--schedule"))))
    assert rows[0]["start_resource"] == "0"
    assert [row["end_resource"] for row in rows[:-1]] == [row["start_resource"] for row in rows[1:]]
    assert int(rows[-1]["trial"]) == wire.study(name).best.trial
