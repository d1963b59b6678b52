"""The Trainer: each evaluation is reported once, with its own numbers and its checkpoint."""

from __future__ import annotations

import math

import ashad_client
import pytest

from tests.support.libraries import library

transformers = library("transformers")
torch = library("torch")

from ashad_client.integration.transformers import Reporter  # noqa: E402


class Line(torch.nn.Module):
    """A model of the least size, with a loss as the Trainer wants it."""

    def __init__(self, more):
        super().__init__()
        self.layer, self.more = torch.nn.Linear(1, 1), more

    def forward(self, x, labels=None):
        out = self.layer(x)
        loss = (out - labels).square().mean() * self.more
        return {"loss": loss, "logits": out}


DATA = [{"x": torch.ones(1), "labels": torch.ones(1)} for _ in range(8)]


def trainer_of(trial, folder, metric="eval_loss", more=1.0, **options):
    options = {"eval_strategy": "epoch", "save_strategy": "no", **options}
    arguments = transformers.TrainingArguments(
        str(folder), num_train_epochs=trial.target_resource, report_to="none", use_cpu=True,
        per_device_train_batch_size=4, disable_tqdm=True, logging_strategy="no",
        learning_rate=0.01, **options,
    )  # fmt: skip
    return transformers.Trainer(
        Line(more), arguments, train_dataset=DATA, eval_dataset=DATA,
        callbacks=[Reporter(trial, metric)],
    )  # fmt: skip


def told(client, trial):
    return list(client.list_reports("s", trial))


def test_each_evaluation_once_and_a_stop_ends_it(client, study, tmp_path):
    study()
    trained = []
    for trial in client.trials("s"):
        torch.manual_seed(0)
        trainer = trainer_of(trial, tmp_path, more=1.0 + trial.number)
        trainer.train()
        trained.append(trainer.state.epoch)
        evaluated = [one["eval_loss"] for one in trainer.state.log_history if "eval_loss" in one]
        assert [report.value for report in told(client, trial.number)] == evaluated
    assert trained == [4, 1, 1, 1]


def test_by_steps_the_resource_is_the_number_of_the_evaluation(client, study, tmp_path):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        trainer_of(trial, tmp_path, eval_strategy="steps", eval_steps=2).train()
    assert [report.resource for report in told(client, 0)] == [1, 2, 3, 4]


def test_nan_is_told_as_nan(client, study, tmp_path):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        trainer_of(trial, tmp_path, more=math.nan).train()
    assert {report.value is None or math.isnan(report.value) for report in told(client, 0)} == {
        True
    }


def test_a_metric_that_is_not_there_is_refused_at_once(client, study, tmp_path):
    study(limits={"max_trials": 2})
    for trial in client.trials("s"):
        with pytest.raises(ashad_client.Error, match=r"no metric 'eval_acc', it has:.*eval_loss"):
            trainer_of(trial, tmp_path, "eval_acc").train()
        with pytest.raises(ashad_client.Error, match="never evaluates"):
            trainer_of(trial, tmp_path, eval_strategy="no").train()
        trial.fail("as expected")


def test_it_resumes_from_the_checkpoint_of_the_trial(client, study, tmp_path):
    study(algorithm={"type": "asha", "variant": "promotion", "eta": 2}, limits={"max_trials": 2})
    resumed = []
    for trial in client.trials("s"):
        trainer = trainer_of(trial, tmp_path / str(trial.number), save_strategy="epoch")
        trainer.train(resume_from_checkpoint=trial.resume_checkpoint or None)
        if trial.resume_checkpoint:
            resumed.append((trial.start_resource, trainer.state.epoch))
    assert resumed == [(1, 2)]
    best = max(client.list_trials("s"), key=lambda trial: trial.resource)
    assert [report.resource for report in told(client, best.trial)] == [1, 2]
    assert all(report.checkpoint_uri for report in told(client, best.trial))
