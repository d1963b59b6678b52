"""A hook reports under the study's name, and nothing after a stop or for a second time."""

import subprocess
import sys

import ashad_client
import pytest
from ashad_client.integration.hook import Hook


@pytest.fixture
def trial():
    with ashad_client.connect(standalone=True) as client:
        yield next(client.trials("alone", defaults={"rate": 0.1}, max_resource=3))


class Heard:
    """A trial that notes what is reported, and stops at its target."""

    metric, start_resource, target_resource, resume_checkpoint = "error", 1, 3, ""
    decision = ashad_client.Decision(ashad_client.CONTINUE)

    def __init__(self):
        self.told = []

    def report(self, resource, checkpoint=None, metrics=None):
        self.told.append((resource, metrics))
        if resource == self.target_resource:
            self.decision = ashad_client.Decision(ashad_client.STOP, "MAX_RESOURCE")
        return self.decision


def test_the_framework_and_the_study_may_name_it_differently():
    hook = Hook(trial := Heard(), "Keras", "val_loss")
    assert [hook.report(n, {"val_loss": 0.5}) for n in (1, 2, 2, 3, 4)] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert trial.told == [(2, {"error": 0.5}), (3, {"error": 0.5})]


def test_a_trial_without_a_daemon_names_no_metric(trial):
    hook = Hook(trial, "Keras", "val_loss")
    assert not hook.report(1, {"val_loss": 0.5})
    assert hook.report(3, {"val_loss": 0.5})


def test_the_client_alone_imports_no_framework():
    code = "import ashad_client, sys; print([m for m in sys.modules if 'integration' in m])"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
