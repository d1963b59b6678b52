"""skorch by Accelerate on the CPU, the same script for one process and for many."""

import os
import sys

import ashad_client
import numpy as np
import torch
from accelerate import Accelerator
from ashad_client.integration.skorch import Reporter
from skorch import NeuralNetRegressor
from skorch.hf import AccelerateMixin

from tests.frameworks.programs.deaf import deafen

study, how = sys.argv[1:]
rank = os.environ.get("RANK", "0")


class Net(AccelerateMixin, NeuralNetRegressor):
    """A net of skorch's on several ranks."""


class Squares:
    """No module: on the CPU Accelerate wraps each, and PyTorch refuses one without weights."""

    def __call__(self, found, wanted):
        return (found - wanted).square().mean()


x, y = np.ones((20, 2), "float32"), np.ones((20, 1), "float32")
accelerator = Accelerator(cpu=True)
client = ashad_client.connect()
if how != "apart":
    client = ashad_client.shared(client, accelerator)
if how == "deaf":
    deafen()
for trial in client.trials(study):
    torch.manual_seed(0)
    net = Net(
        torch.nn.Linear(2, 1), lr=0.01 / (1 + 9 * trial.number), verbose=0, accelerator=accelerator,
        criterion=Squares, max_epochs=trial.target_resource,
        callbacks=[Reporter(trial, "valid_loss")],
    )  # fmt: skip
    net.fit(x, y)
    size, epochs = accelerator.num_processes, len(net.history)
    print(f"rank {rank} of {size} {trial.number} {trial.params} epochs {epochs:g}", flush=True)
accelerator.end_training()
