"""The calls about studies, and the dict that describes one."""

from __future__ import annotations

import inspect

import ashad_client
import pytest
from ashad_client import aio, choice, integer, loguniform, study_spec, uniform
from ashad_client.v1 import ashad_pb2 as pb


def test_create_is_idempotent(client, make_study):
    study = make_study()
    spec = client.study(study).spec
    assert client.create_study(study, spec).name == study
    other = pb.StudySpec()
    other.CopyFrom(spec)
    other.max_resource = 5
    with pytest.raises(ashad_client.Error) as refused:
        client.create_study(study, other)
    assert refused.value.code == "ALREADY_EXISTS"
    assert "max_resource" in str(refused.value)
    client.create_study("not-made", other, validate_only=True)
    with pytest.raises(ashad_client.Error):
        client.study("not-made")


def test_the_best_by_best_last_and_smoothed(client, make_study, caplog):
    study = make_study()
    curves = [(0.1, 0.9, 0.9), (0.5, 0.4, 0.45), (0.6, 0.5, 0.3)]
    seeds = []
    for curve in curves:
        trial = client.suggest(study)
        seeds.append(trial.seed)
        for resource, loss in enumerate(curve, 1):
            trial.report(resource, f"c{resource}", loss=loss, accuracy=1 - loss)
        trial.complete()
    best = client.best(study)
    assert (best.trial, best.resource, best.value, best.by) == (0, 1, 0.1, "best")
    assert (best.seed, best.params) == (seeds[0], client.best(study).params)
    assert (best.metrics, best.checkpoint, best.latest_checkpoint) == (
        {"accuracy": 0.9},
        "c1",
        "c3",
    )
    last, smoothed = client.best(study, by="last"), client.best(study, by="smoothed")
    assert (last.trial, last.resource, last.value, last.seed) == (2, 3, 0.3, seeds[2])
    assert (smoothed.trial, smoothed.resource, round(smoothed.value, 9)) == (1, 3, 0.45)
    with pytest.raises(
        ashad_client.Error, match=r"by: 'best' or 'last' or 'smoothed', not 'first'"
    ):
        client.best(study, by="first")


def test_a_study_that_trains_nobody_in_full_is_logged(client, caplog):
    spec = {
        "metric": "loss", "goal": "minimize", "max_resource": 27, "space": {"x": uniform(0, 1)},
        "algorithm": {"type": "asha", "variant": "promotion"}, "limits": {"max_trials": 9},
    }  # fmt: skip
    client.create_study("nobody", spec)
    assert "study nobody: no trial can be trained to max_resource" in caplog.text
    assert "set it to 27 or more" in caplog.text


def test_life_of_a_study(client, make_study, new_client):
    study = make_study()
    assert client.pause_study(study).state == pb.STUDY_STATE_PAUSED
    with pytest.raises(ashad_client.Error, match="STUDY_PAUSED"):
        new_client().suggest(study, timeout_s=0.2)
    assert client.resume_study(study).state == pb.STUDY_STATE_ACTIVE
    assert client.update_study(study, max_trials=5).spec.limits.max_trials == 5
    limits = client.update_study(study, max_duration=3600, max_trials=None).spec.limits
    assert limits.max_duration.seconds == 3600
    assert not limits.HasField("max_trials")
    queued = client.enqueue_trial(study, {"lr": 0.01})
    trial = client.suggest(study)
    assert trial.params == {"lr": 0.01}
    assert client.cancel_trial(study, queued.trial).state == pb.TRIAL_STATE_CANCELLED
    assert [t.trial for t in client.list_trials(study, states=["cancelled"])] == [queued.trial]
    assert list(client.list_trials(study, states=["running"])) == []
    assert client.explain_trial(study, queued.trial).trial.trial == queued.trial
    assert client.best(study) is None
    trial.release()
    assert study in [s.name for s in client.studies()]
    assert client.stop_study(study).state == pb.STUDY_STATE_STOPPED
    assert list(client.trials(study)) == []
    client.delete_study(study)
    assert study not in [s.name for s in client.studies()]


def test_unknown_state_is_named(client, make_study):
    with pytest.raises(ashad_client.Error, match="states"):
        list(client.list_trials(make_study(), states=["tired"]))


def test_spec_of_a_dict():
    spec = study_spec(
        {
            "metric": "accuracy",
            "goal": "maximize",
            "max_resource": 81,
            "space": {
                "lr": loguniform(1e-4, 1e-1),
                "momentum": uniform(0, 1, step=0.1),
                "batch": integer(32, 256, log=True),
                "opt": choice("adam", "sgd", 3, True),
                "layers": 4,
            },
            "points_to_evaluate": [{"lr": 0.01}],
            "algorithm": {"type": "asha", "variant": "promotion", "eta": 4},
            "limits": {"max_trials": 100, "max_duration": 90.5},
            "lease": {"duration": 30},
            "failure_policy": "ignore",
            "seed": 0,
        }
    )
    assert spec.goal == pb.GOAL_MAXIMIZE
    assert spec.asha.variant == pb.ASHA_VARIANT_PROMOTION
    assert spec.limits.max_duration.ToMilliseconds() == 90_500
    assert spec.failure_policy == pb.FAILURE_POLICY_IGNORE
    assert spec.HasField("seed")
    assert [p.name for p in spec.space] == ["lr", "momentum", "batch", "opt", "layers"]
    assert spec.space[2].int_range.scale == pb.SCALE_LOG
    assert [c.WhichOneof("kind") for c in spec.space[3].categorical.choices] == [
        "string_value",
        "string_value",
        "int_value",
        "bool_value",
    ]
    assert spec.space[4].constant.int_value == 4
    assert spec.points_to_evaluate[0].params[0].name == "lr"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ashad_client.Client, aio.Client),
        (ashad_client.Trial, aio.Trial),
        (ashad_client, aio),
    ],
)
def test_the_twins_have_the_same_words(one, other):
    names = ["connect"] if one is ashad_client else [n for n in dir(one) if n[0] != "_"]
    loop_only = {"after_fork", "close_blocking"}
    for name in set(names) - loop_only:
        mine, yours = getattr(one, name), getattr(other, name)
        if callable(mine):
            mine_is, yours_is = inspect.signature(mine), inspect.signature(yours)
            assert list(mine_is.parameters.values()) == list(yours_is.parameters.values()), name
            assert yours.__doc__, name


def test_the_front_of_a_study_that_is_judged_by_fronts(client, make_study):
    objectives = {"loss": {"goal": "minimize"}, "recall": {"goal": "maximize"}}
    name = make_study(
        objectives=objectives, combination="pareto", algorithm={"type": "random"}, max_resource=1,
        limits={"max_trials": 9},
    )  # fmt: skip
    assert client.front(name) == []
    for loss, recall in ((0.5, 0.5), (0.6, 0.4), (0.9, 0.9)):
        client.suggest(name).report(1, loss=loss, recall=recall)
    front = client.front(name)
    found = [(one.trial, one.value, one.metrics, one.by) for one in front]
    assert found == [(0, 0.5, {"recall": 0.5}, "front"), (2, 0.9, {"recall": 0.9}, "front")]
    assert front[0].params == client.get_trial(name, 0).params
    assert client.best(name).trial == 0
