"""Accelerate's own loop: the same script alone and under `accelerate launch`."""

import os
import sys

import ashad_client
import torch
from accelerate import Accelerator

study = sys.argv[1]
accelerator = Accelerator(cpu=True)
client = ashad_client.shared(ashad_client.connect(), accelerator)
for trial in client.trials(study):
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=trial.params["rate"])
    model, optimizer = accelerator.prepare(model, optimizer)
    for step in trial.steps():
        loss = model(torch.ones(4, 2)).square().mean()
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        trial.report(
            step, error=accelerator.gather(loss.detach().reshape(1)).mean() * 0 + trial.number
        )
    said = f"rank {accelerator.process_index} of {client.size} trial {trial.number}\n"
    os.write(1, said.encode())  # at once: two ranks write to one pipe
accelerator.end_training()
