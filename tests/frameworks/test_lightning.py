"""Lightning: each epoch is reported once, a stop ends `fit` without a word after it; it resumes."""

from __future__ import annotations

import ashad_client
import pytest

from tests.support.libraries import library

lightning = library("lightning")
torch = library("torch")

from ashad_client.integration.lightning import Reporter  # noqa: E402

DATA = torch.utils.data.DataLoader(torch.ones(4, 1), 2)


class Falls(lightning.LightningModule):
    """Its `val_loss` is 10 divided by the epoch, and the number of the trial more."""

    def __init__(self, trial):
        super().__init__()
        self.layer, self.more, self.epochs = torch.nn.Linear(1, 1), trial.number, []

    def training_step(self, batch, _):
        loss = self.layer(batch).mean()
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def on_train_epoch_start(self):
        self.epochs.append(self.current_epoch)

    def validation_step(self, batch, _):
        self.log("val_loss", self.more + 10 / (self.current_epoch + 1))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(trial, *callbacks, metric="val_loss", ckpt_path=None, **more):
    quiet = dict.fromkeys(
        ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
    )
    options = {"max_epochs": trial.target_resource, "accelerator": "cpu", **quiet, **more}
    model = Falls(trial)
    trainer = lightning.Trainer(callbacks=[*callbacks, Reporter(trial, metric)], **options)
    trainer.fit(model, DATA, DATA, ckpt_path=ckpt_path)
    return model


def told(client, trial):
    return [(r.resource, r.value) for r in client.list_reports("s", trial)]


def test_each_epoch_once_and_nothing_after_a_stop(client, study, tmp_path):
    study()
    trained = [
        fit(trial, val_check_interval=0.5, default_root_dir=tmp_path).epochs
        for trial in client.trials("s")
    ]
    assert trained == [[0, 1, 2, 3], [0], [0], [0]]  # the others were worse at the first rung
    assert told(client, 0) == [(n, pytest.approx(10 / n)) for n in (1, 2, 3, 4)]
    assert told(client, 1) == [(1, 11.0)]


def test_an_epoch_without_a_validation_has_nothing_to_tell(client, study):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        fit(trial, check_val_every_n_epoch=2)
    assert [resource for resource, _ in told(client, 0)] == [2, 4]


def test_a_metric_of_the_training(client, study):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        fit(trial, metric="train_loss", limit_val_batches=0)
    assert len(told(client, 0)) == 4


def test_a_metric_that_is_not_there_is_refused_at_once(client, study):
    study(limits={"max_trials": 1})
    with pytest.raises(ashad_client.Error, match=r"has: train_loss, val_loss; did you mean 'val_l"):
        fit(next(client.trials("s")), metric="valid_loss")


def test_what_holds_a_stop_back_is_said(client, study, caplog):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        fit(trial, min_epochs=2)
    assert "min_epochs=2" in caplog.text


def test_ranks_with_a_trial_each_are_refused(client, study):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        with pytest.raises(ashad_client.Error, match=r"NOT_SHARED.*torchrun"):
            Reporter(trial, "val_loss")._hook.check_ranks(2)


def test_it_resumes_from_the_checkpoint_of_the_trial(client, study, tmp_path):
    study(algorithm={"type": "asha", "variant": "promotion", "eta": 2}, limits={"max_trials": 2})
    trained = []
    for trial in client.trials("s"):
        reporter = Reporter(trial, "val_loss", checkpoints=tmp_path)
        model = Falls(trial)
        trainer = lightning.Trainer(
            max_epochs=trial.target_resource, callbacks=[reporter], accelerator="cpu", logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        trainer.fit(model, DATA, DATA, ckpt_path=trial.resume_checkpoint or None)
        trained.append((trial.number, trial.start_resource, model.epochs))
    resumed = [one for one in trained if one[1]]
    assert resumed
    for _, start, epochs in resumed:
        assert epochs[0] == start
    (number, *_), *_ = resumed
    assert [resource for resource, _ in told(client, number)] == [1, 2]
