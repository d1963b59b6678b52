"""Several seeds or folds as the resource: their mean, the next one after a crash, equal seeds."""

from __future__ import annotations

import math
import statistics

import ashad_client
import pytest
from ashad_client.session.attempt import Attempt
from ashad_client.session.replicates import Replicates
from ashad_client.v1 import ashad_pb2 as pb


def attempt(start=0, checkpoint=""):
    held = pb.Assignment(
        study="s", start_resource=start, target_resource=9, resume_checkpoint_uri=checkpoint
    )
    return Attempt(held)


def means(values, quantile=None):
    replicates = Replicates(attempt(), quantile)
    return [replicates.add(loss=value)["metrics"]["loss"] for value in values]


def test_the_mean_of_those_until_now_is_reported():
    assert means([1.0, 2.0, 6.0]) == [1.0, 1.5, 3.0]
    assert means([0.1] * 10)[-1] == 0.1, "exact: ten tenths are one"


def test_a_quantile_lies_between_its_neighbours():
    values = [5.0, 1.0, 3.0, 9.0]
    assert means(values, 0.5) == [statistics.median(values[: n + 1]) for n in range(4)]
    assert means(values, 0)[-1] == 1.0
    assert means(values, 1.0)[-1] == 9.0
    assert means([0.0, 10.0], 0.9)[-1] == pytest.approx(9.0)


@pytest.mark.parametrize("quantile", [None, 0.5])
def test_one_that_diverged_makes_all_so(quantile):
    assert math.isnan(means([1.0, math.nan, 2.0], quantile)[-1])
    assert means([1.0, math.inf])[-1] == means([1e308, 1e308])[-1] == math.inf


def test_the_next_attempt_goes_on_with_the_values_until_now():
    first = Replicates(attempt(), None)
    first.add(loss=1.0, error=0.25)
    told = first.add(loss=math.nan, error=0.75)
    again = Replicates(attempt(2, told["checkpoint"]), None)
    assert again.add(loss=1, error=2.0)["metrics"]["error"] == 1.0
    assert math.isnan(again.add(loss=1, error=2.0)["metrics"]["loss"])


@pytest.mark.parametrize(
    "checkpoint",
    ["", "/shared/1.pt", "ashad:replicates:", "ashad:replicates:loss=1.0", "ashad:replicates:loss",
     "ashad:replicates:loss=1.0,2.0;error=1.0", "ashad:replicates:loss=1.0,x", "loss=1.0,2.0"],
)  # fmt: skip
def test_what_lacks_the_values_until_now_is_refused(checkpoint):
    with pytest.raises(ashad_client.Error, match="goes on after 2"):
        Replicates(attempt(2, checkpoint), None)


def test_each_replicate_has_the_same_metrics():
    replicates = Replicates(attempt(), None)
    with pytest.raises(ashad_client.Error, match="at least one metric"):
        replicates.add()
    replicates.add(loss=1.0)
    for wrong in ({"error": 1.0}, {"loss": 1.0, "error": 1.0}):
        with pytest.raises(ashad_client.Error, match="same metrics: loss"):
            replicates.add(wrong)
    assert replicates.add({"loss": 3.0})["metrics"] == {"loss": 2.0}


def test_more_than_a_checkpoint_holds_is_refused_and_changes_nothing():
    replicates = Replicates(attempt(), None)
    with pytest.raises(ashad_client.Error, match="of 4096 characters"):
        replicates.add({f"m{n}": 1 / 3 for n in range(200)})
    assert replicates.add(loss=1.0)["metrics"] == {"loss": 1.0}


@pytest.mark.parametrize("quantile", [-0.1, 1.5, math.nan, "0.5"])
def test_a_quantile_that_cannot_be(quantile):
    with pytest.raises(ashad_client.Error, match="quantile: a number from 0 to 1"):
        Replicates(attempt(), quantile)


def test_a_replicate_has_the_same_seed_in_each_trial():
    seeds = [Replicates(attempt(), None).seed(number) for number in range(1, 100)]
    assert seeds == [Replicates(attempt(), 0.5).seed(number) for number in range(1, 100)]
    assert len(set(seeds)) == 99
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_promoted_trial_goes_on_with_its_next_replicate(client, make_study):
    """Of three configurations one has a second and a third replicate, by another worker each."""
    algorithm = {"type": "asha", "eta": 3, "variant": "promotion", "max_rungs": 2}
    space = {"x": ashad_client.uniform(0, 1)}
    points = [{"x": x} for x in (0.2, 0.6, 0.9)]
    study = make_study(
        max_resource=3, algorithm=algorithm, space=space, points_to_evaluate=points,
        limits={"max_trials": 3},
    )  # fmt: skip
    seeds = set()
    for trial in client.trials(study):
        replicates = trial.replicates()
        for number in trial.steps():
            seeds.add((number, replicates.seed(number)))
            trial.report(number, **replicates.add(loss=trial.params["x"] + number / 10))
    told = {
        trial.trial: [round(report.value, 9) for report in client.list_reports(study, trial.trial)]
        for trial in client.list_trials(study)
    }
    assert told == {0: [0.3, 0.35, 0.4], 1: [0.7], 2: [1.0]}
    assert len(seeds) == 3


async def test_the_same_without_blocking(daemon, make_study):
    study = make_study(max_resource=3, limits={"max_trials": 1})
    async with ashad_client.aio.connect(daemon.address) as client:
        async for trial in client.trials(study):
            replicates = trial.replicates(quantile=0.5)
            for number in trial.steps():
                await trial.report(number, **replicates.add({"loss": number}))
        values = [report.value async for report in client.list_reports(study, 0)]
    assert values == [1.0, 1.5, 2.0]
