"""The actors of Ray as text, and the resources that are none."""

import pytest
from ashad_agent.fleet.order import Order
from ashad_agent.fleet.ray import Ray
from ashad_client.errors import Error

WHOLE = {
    "study": "digits", "workers": 2, "command": ["./train", "--lr={lr}"], "folder": "/w",
    "cluster": "auto", "variables": {"ASHAD_ADDRESS": "trainer.example:2742"},
}  # fmt: skip


def order(**more):
    return Order(**WHOLE | more)


def test_each_flag_arrives():
    text = Ray.text(order(gpus=2, cpus=4, memory="16G", extra=["TPU=4"], name="mine"))
    asked = "num_cpus=4, num_gpus=2, memory=17179869184, resources={'TPU': 4.0}, max_restarts=-1"
    assert text.count(asked) == 2
    assert "--worker=ray-mine-1 digits -- ./train '--lr={lr}'" in text
    assert "ASHAD_ADDRESS=trainer.example:2742" in text


def test_those_that_follow_the_study_leave_without_a_trial():
    assert "--idle-timeout=60 " in Ray.text(order(elastic=True))
    own = Ray.text(order(elastic=True, agent=["--idle-timeout=5"]))
    assert "--idle-timeout=5 " in own
    assert "--idle-timeout=60" not in own
    assert "--idle-timeout" not in Ray.text(order())


@pytest.mark.parametrize("extra", ["TPU", "=4", "TPU=", "TPU=0", "TPU=nan", "TPU=inf", "TPU=-1"])
def test_a_resource_has_an_amount(extra):
    with pytest.raises(Error, match="is no resource of Ray's"):
        Ray.check(order(extra=[extra]))


@pytest.mark.parametrize("extra", ["CPU=4", "GPU=1", "memory=5"])
def test_what_has_a_flag_is_given_by_it(extra):
    with pytest.raises(Error, match="that is --cpus, --gpus, --memory"):
        Ray.check(order(extra=[extra]))
