"""The Trainer of Transformers on the CPU, the same script for one process and for many."""

import os
import sys
import tempfile

import ashad_client
import torch
import transformers
from ashad_client.integration.transformers import Reporter

from tests.frameworks.programs.deaf import deafen

study, how = sys.argv[1:]
rank = os.environ.get("RANK", "0")


class Line(torch.nn.Module):
    """A model of the least size, with a loss as the Trainer wants it."""

    def __init__(self, more):
        super().__init__()
        self.layer, self.more = torch.nn.Linear(1, 1), more

    def forward(self, x, labels=None):
        out = self.layer(x)
        loss = (out - labels).square().mean() * self.more
        return {"loss": loss, "logits": out}


data = [{"x": torch.full((1,), n / 8), "labels": torch.ones(1)} for n in range(8)]
client = ashad_client.shared(ashad_client.connect())
if how == "deaf":
    deafen()
for trial in client.trials(study):
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            folder, num_train_epochs=trial.target_resource, per_device_train_batch_size=2,
            eval_strategy="epoch", save_strategy="no", logging_strategy="no", report_to="none",
            use_cpu=True, ddp_backend="gloo", disable_tqdm=True, learning_rate=0.01,
        )  # fmt: skip
        trainer = transformers.Trainer(
            Line(1.0 + trial.number), arguments, train_dataset=data, eval_dataset=data,
            callbacks=[Reporter(trial, "eval_loss")],
        )  # fmt: skip
        trainer.train()
        size, epochs = trainer.args.world_size, trainer.state.epoch
    print(f"rank {rank} of {size} {trial.number} {trial.params} epochs {epochs:g}", flush=True)
if torch.distributed.is_initialized():
    torch.distributed.destroy_process_group()
