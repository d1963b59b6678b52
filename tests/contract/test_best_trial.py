"""GetBestTrial by each of its ways, against all reports of a study; what CreateStudy warns of."""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import PROMOTION, SHORT, Code, proof, refused, spec, until

BEST, LAST, SMOOTHED = pb.BEST_BY_BEST, pb.BEST_BY_LAST, pb.BEST_BY_SMOOTHED


def best(wire, name, by=BEST):
    request = pb.GetBestTrialRequest(study=name, by=by)
    return wire.studies.GetBestTrial(request, timeout=9)


def expected(trials, reports, by, sign):
    """Return (score, tie, tie, report) of the best, as the contract defines it."""
    found = []
    for trial in trials:
        if trial.state == pb.TRIAL_STATE_INFEASIBLE:
            continue
        mine = [r for r in reports if r.trial == trial.trial]
        if by == BEST:
            found += [
                (sign * r.value, r.commit_seq, r.trial, r) for r in mine if r.HasField("value")
            ]
        elif by == LAST and mine and mine[-1].HasField("value"):
            found.append((sign * mine[-1].value, trial.trial, 0, mine[-1]))
        elif by == SMOOTHED:
            for window in zip(mine, mine[1:], mine[2:], strict=False):
                rising = window[0].resource < window[1].resource < window[2].resource
                if rising and all(r.HasField("value") for r in window):
                    mean = fmean(r.value for r in window)
                    found.append((sign * mean, trial.trial, window[-1].commit_seq, window[-1]))
    return min(found, key=lambda one: one[:3], default=None)


@pytest.mark.parametrize("goal", [pb.GOAL_MINIMIZE, pb.GOAL_MAXIMIZE])
@pytest.mark.parametrize("seed", range(2))
def test_the_best_is_that_of_all_reports(wire, seed, goal):
    print(f"seed {seed}")
    random_ = random.Random(seed)
    name = wire.create(random=pb.RandomSearch(), goal=goal, max_resource=30)
    sign = 1 if goal == pb.GOAL_MINIMIZE else -1
    held = []
    for _ in range(40):
        if random_.random() < 0.4 or not held:
            held.append([wire.take(name), 0])
        at = random_.randrange(len(held))
        trial, resource = held[at]
        lot = random_.random()
        if lot < 0.15:  # another worker goes on from the last checkpoint
            wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(trial)), timeout=9)
            again = wire.take(name)
            held[at] = [again, again.start_resource]
        elif lot < 0.2:
            request = pb.FailTrialRequest(**proof(trial), kind=pb.FAILURE_KIND_INFEASIBLE)
            wire.scheduler.FailTrial(request, timeout=9)
            del held[at]
        elif lot < 0.25 and resource:
            wire.scheduler.CompleteTrial(pb.CompleteTrialRequest(**proof(trial)), timeout=9)
            del held[at]
        else:
            for _ in range(random_.randrange(1, 4)):
                resource += random_.randrange(1, 3)
                value = random_.choice([0.25, 0.5, 0.5, 1.0, math.nan, random_.random()])
                if resource < 30:
                    checkpoint = random_.choice(["", "", f"c{resource}"])
                    wire.report(trial, resource, value, checkpoint, other=value / 2)
            held[at][1] = resource
        trials, reports = wire.trials(name), wire.reports(name)
        for by in (BEST, LAST, SMOOTHED):
            due, answer = expected(trials, reports, by, sign), best(wire, name, by)
            assert answer.HasField("trial") == (due is not None)
            if due is None:
                continue
            assert answer.report == due[3], (by, due)
            assert answer.value == pytest.approx(sign * due[0], rel=1e-15)
            stands = wire.trial(name, due[3].trial)
            stands.ClearField("worker_time")
            answer.trial.ClearField("worker_time")
            assert answer.trial == stands
    study = wire.study(name)
    answer = best(wire, name)
    assert (answer.trial.trial, answer.value) == (study.best.trial, study.best.value)
    assert answer.trial.seed == study.best.seed
    assert best(wire, name, pb.BEST_BY_UNSPECIFIED).report == answer.report


def test_one_lucky_epoch_is_the_best_by_best_alone(wire):
    name = wire.create(random=pb.RandomSearch())
    lucky, steady = wire.take(name), wire.take(name)
    for resource, values in enumerate([(0.1, 0.5), (0.9, 0.4), (0.9, 0.45)], 1):
        for trial, value in zip((lucky, steady), values, strict=True):
            wire.report(trial, resource, value, accuracy=1 - value)
    assert best(wire, name).trial.trial == lucky.trial
    assert best(wire, name, LAST).trial.trial == steady.trial
    answer = best(wire, name, SMOOTHED)
    assert (answer.trial.trial, answer.report.resource) == (steady.trial, 3)
    assert answer.value == pytest.approx(0.45)
    assert [(m.name, m.value) for m in answer.report.metrics] == [("accuracy", 0.55)]


def test_a_tie_of_means_is_the_first_trial_whatever_its_best_value(wire):
    name = wire.create(random=pb.RandomSearch())
    for values in ((0.5, 0.5, 0.5), (0.25, 0.5, 0.75)):
        trial = wire.take(name)
        for resource, value in enumerate(values, 1):
            wire.report(trial, resource, value)
    assert best(wire, name, SMOOTHED).trial.trial == 0


def test_means_of_the_largest_numbers_and_of_equals(wire):
    name = wire.create(random=pb.RandomSearch())
    trial = wire.take(name)
    for resource in (1, 2, 3):
        wire.report(trial, resource, 1.7e308)
    assert best(wire, name, SMOOTHED).value == 1.7e308
    other = wire.take(name)
    for resource in (1, 2, 3):
        wire.report(other, resource, 0.1)
    assert best(wire, name, SMOOTHED).value == 0.1


def test_before_the_first_report_there_is_none(wire):
    name = wire.create()
    for by in (BEST, LAST, SMOOTHED):
        answer = best(wire, name, by)
        assert not answer.HasField("trial")
        assert answer.commit_seq == 1


def test_a_way_that_is_none_is_refused(wire):
    request = pb.GetBestTrialRequest(study=wire.create(), by=77)
    refused(wire.studies.GetBestTrial, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", "by", "77")


def test_a_trial_whose_worker_was_lost_is_as_it_stands(wire):
    name = wire.create(random=pb.RandomSearch(), lease=SHORT)
    wire.report(wire.take(name), 1, 0.5)
    until(lambda: wire.study(name).counts.queued)
    assert best(wire, name, LAST).trial.state == pb.TRIAL_STATE_QUEUED
    wire.crash()
    assert best(wire, name, LAST).value == 0.5


# --- warnings of CreateStudy --------------------------------------------------------------------


def warned(wire, name, **fields):
    request = pb.CreateStudyRequest(study=name, spec=spec(**fields))
    return list(wire.studies.CreateStudy(request, timeout=9).warnings)


def test_a_study_that_can_train_nobody_in_full_is_warned_of(wire):
    few = {"asha": PROMOTION, "max_resource": 27, "limits": pb.StudyLimits(max_trials=9)}
    request = pb.CreateStudyRequest(study="tried", spec=spec(**few), validate_only=True)
    (sentence,) = wire.studies.CreateStudy(request, timeout=9).warnings
    assert sentence == (
        "no trial can be trained to max_resource: limits.max_trials is 9, so the search ends with "
        "nobody past epoch 9 of 27; set it to 27 or more, or cut less: a greater min_resource, "
        "fewer max_rungs"
    )
    assert warned(wire, "few", **few) == warned(wire, "few", **few) == [sentence]  # the echo too
    few["limits"] = pb.StudyLimits(max_trials=27)
    assert warned(wire, "enough", **few) == []
    assert warned(wire, "stopping", max_resource=27, limits=pb.StudyLimits(max_trials=1)) == []
