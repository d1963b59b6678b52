"""Checkpoints that no attempt will be resumed from, as ListObsoleteCheckpoints names them."""

from __future__ import annotations

import random

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import PROMOTION, Code, proof, refused

GRID = pb.StudyLimits(max_trials=200)


def ask(wire, name, after=0, size=1000):
    request = pb.ListObsoleteCheckpointsRequest(study=name, after_seq=after, page_size=size)
    return wire.studies.ListObsoleteCheckpoints(request, timeout=9)


def everything(wire, name, after=0, size=1000):
    """All pages, as (trial, URI), and the number up to which all is told."""
    found = []
    while True:
        page = ask(wire, name, after, size)
        found += [(one.trial, one.checkpoint_uri) for one in page.checkpoints]
        assert [one.commit_seq for one in page.checkpoints] == sorted(
            one.commit_seq for one in page.checkpoints
        )
        assert page.next_after_seq > after or page.next_after_seq == page.commit_seq
        after = page.next_after_seq
        if after == page.commit_seq:
            return found, after


def test_a_later_checkpoint_makes_the_earlier_one_obsolete(wire):
    name = wire.create(random=pb.RandomSearch())
    held = wire.take(name)
    assert everything(wire, name)[0] == []
    wire.report(held, 1, 0.5, "a")
    assert everything(wire, name)[0] == []
    wire.report(held, 2, 0.5)
    wire.report(held, 3, 0.5, "a")
    assert everything(wire, name)[0] == [], "the same name is the same checkpoint"
    wire.report(held, 4, 0.5, "b")
    found, seq = everything(wire, name)
    assert found == [(0, "a")]
    wire.report(held, 5, 0.5, "a")
    assert everything(wire, name)[0] == [(0, "b")], "a is in use again"
    wire.report(held, 9, 0.5, "c")
    assert everything(wire, name, seq)[0] == [(0, "b"), (0, "a")]
    assert wire.trial(name, 0).state == pb.TRIAL_STATE_COMPLETED
    assert "c" not in dict(everything(wire, name)[0]).values()


def ends(wire, name, held):
    return {
        "failed": lambda: wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(held)), timeout=9),
        "infeasible": lambda: wire.scheduler.FailTrial(
            pb.FailTrialRequest(**proof(held), kind=pb.FAILURE_KIND_INFEASIBLE), timeout=9
        ),
        "cancelled": lambda: wire.studies.CancelTrial(
            pb.CancelTrialRequest(study=name, trial=held.trial), timeout=9
        ),
        "stopped": lambda: wire.report(held, 3, 9.0, "late"),
        "diverged": lambda: wire.report(held, 3, float("nan"), "late"),
        "completed": lambda: wire.report(held, 9, 0.5, "late"),
        "completed early": lambda: wire.scheduler.CompleteTrial(
            pb.CompleteTrialRequest(**proof(held)), timeout=9
        ),
        "released": lambda: wire.scheduler.ReleaseTrial(
            pb.ReleaseTrialRequest(**proof(held)), timeout=9
        ),
    }


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ("failed", ["early"]), ("infeasible", ["early"]), ("cancelled", ["early"]),
        ("stopped", ["early", "late"]), ("diverged", ["early", "late"]), ("completed", ["early"]),
        ("completed early", []), ("released", []),
    ],
)  # fmt: skip
def test_what_the_end_of_a_trial_leaves(wire, how, left):
    name = wire.create(asha=pb.Asha(eta=3, min_resource=3))
    wire.run(name, 0.1)  # the best, without a checkpoint
    held = wire.take(name)
    wire.report(held, 1, 0.5, "early")
    ends(wire, name, held)[how]()
    assert everything(wire, name)[0] == [(1, uri) for uri in left]
    wire.crash()
    assert everything(wire, name)[0] == [(1, uri) for uri in left]


def test_the_checkpoint_of_the_best_trial_is_kept(wire):
    name = wire.create(limits=pb.StudyLimits(target_value=0.2))
    held = wire.take(name)
    assert wire.report(held, 1, 0.1, "best").reason == "TARGET_REACHED"
    assert wire.trial(name, 0).state == pb.TRIAL_STATE_STOPPED
    assert everything(wire, name)[0] == []


@pytest.mark.parametrize(("combination", "left"), [("PARETO", [1]), ("LEXICOGRAPHIC", [1, 2])])
def test_what_no_other_dominates_keeps_its_checkpoint_though_it_was_stopped(
    wire, combination, left
):
    """Of (0.5, 5), (0.9, 9) and (0.6, 4) the second alone is dominated; the first goes on."""
    goals = [pb.Objective(metric=name, goal=pb.GOAL_MINIMIZE) for name in ("error", "ms")]
    goals[0].tolerance = 0.1 if combination == "LEXICOGRAPHIC" else 0
    name = wire.create(
        metric="", goal=0, max_resource=3, objectives=goals,
        combination=f"COMBINATION_{combination}",
    )  # fmt: skip
    for error, ms in ((0.5, 5), (0.9, 9), (0.6, 4)):
        held = wire.take(name)
        wire.scheduler.Report(
            pb.ReportRequest(
                study=name, trial=held.trial, attempt=held.attempt, lease_token=held.lease_token,
                resource=1, checkpoint_uri=f"file:///{held.trial}",
                metrics=[pb.Metric(name="error", value=error), pb.Metric(name="ms", value=ms)],
            ), timeout=9,
        )  # fmt: skip
    assert everything(wire, name)[0] == [(n, f"file:///{n}") for n in left]


def test_a_paused_trial_keeps_its_checkpoint_until_it_has_gone_on(wire):
    name = wire.create(asha=PROMOTION)
    for loss in (0.3, 0.2, 0.1):
        held = wire.take(name)
        wire.report(held, 1, loss, f"{held.trial}/1")
    assert everything(wire, name)[0] == []
    held = wire.take(name)
    assert (held.trial, held.resume_checkpoint_uri) == (2, "2/1")
    assert everything(wire, name)[0] == []
    wire.report(held, 3, 0.1, "2/3")
    assert everything(wire, name)[0] == [(2, "2/1")]


def test_pages_and_stretches_tell_each_one_once(wire):
    """A random history; cut in pages of any size it tells the same, and nothing in use."""
    chance = random.Random(1)
    name = wire.create(asha=pb.Asha(eta=2), limits=GRID)
    held = []
    for _ in range(150):
        if len(held) < 5:
            held.append((wire.take(name), 0))
        index = chance.randrange(len(held))
        lease, at = held.pop(index)
        way = chance.random()
        if way < 0.05:
            ends(wire, name, lease)["failed"]()
        elif (
            wire.report(
                lease, at + 1, chance.random(), f"{lease.trial}@{at + 1}" if way < 0.8 else ""
            ).action
            == pb.ACTION_CONTINUE
        ):
            held.append((lease, at + 1))
    whole, seq = everything(wire, name)
    assert len(whole) == len(set(whole)) > 50
    for size in (1, 2, 7):
        assert everything(wire, name, size=size)[0] == whole
    used = {
        (trial.trial, trial.checkpoint_uri)
        for trial in wire.trials(name)
        if trial.state
        in (
            pb.TRIAL_STATE_RUNNING,
            pb.TRIAL_STATE_QUEUED,
            pb.TRIAL_STATE_PAUSED,
            pb.TRIAL_STATE_COMPLETED,
        )
        or trial.trial == wire.study(name).best.trial
    }
    named = {
        (report.trial, report.checkpoint_uri)
        for report in wire.reports(name)
        if report.checkpoint_uri
    }
    assert set(whole) == named - used
    assert ask(wire, name, seq).next_after_seq == seq


def test_a_long_history_is_told_in_stretches(wire):
    name = wire.create(random=pb.RandomSearch(), max_resource=5000)
    held = wire.take(name)
    for at in range(1, 1301):
        wire.report(held, at, 1.0, f"c{at}" + "x" * 2000)
    page = ask(wire, name)
    assert page.next_after_seq < page.commit_seq
    assert page.ByteSize() < 2 * 2**20
    assert len(everything(wire, name)[0]) == 1299


def test_refusals(wire):
    call = wire.studies.ListObsoleteCheckpoints
    request = pb.ListObsoleteCheckpointsRequest
    refused(call, request(study="nowhere"), Code.NOT_FOUND, "STUDY_NOT_FOUND")
    name = wire.create()
    refused(
        call, request(study=name, after_seq=-1), Code.INVALID_ARGUMENT, "INVALID_FIELD", "after_seq"
    )
    refused(call, request(study=name, page_size=-1), Code.INVALID_ARGUMENT, "INVALID_FIELD")
    ahead = ask(wire, name, after=10**12)  # of another study
    assert (list(ahead.checkpoints), ahead.next_after_seq) == ([], ahead.commit_seq), (
        "of another study"
    )
