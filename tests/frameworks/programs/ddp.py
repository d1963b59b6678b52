"""Plain DDP on the CPU, the same script for one process and for many; `how`: what goes wrong."""

import os
import signal
import sys

import ashad_client
import torch
from torch.nn.parallel import DistributedDataParallel

from tests.frameworks.programs.deaf import deafen

study, how = sys.argv[1:]
rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
client = ashad_client.shared(ashad_client.connect())
if how == "deaf":
    deafen()
if size > 1:
    torch.distributed.init_process_group("gloo")

for trial in client.trials(study):
    torch.manual_seed(trial.seed % 2**31)
    model = torch.nn.Linear(4, 1)
    model = DistributedDataParallel(model) if size > 1 else model
    optimizer = torch.optim.SGD(model.parameters(), lr=trial.params["rate"])
    print(f"rank {rank} trial {trial.number} {trial.params} {trial.seed}", flush=True)
    for step in trial.steps():
        loss = model(torch.ones(8, 4)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if rank == 1 and step == 2:
            if how == "raise":
                raise ValueError("no more memory")
            if how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if how == "terminate":
                os.kill(os.getpid(), signal.SIGTERM)
            if how == "infeasible":
                trial.infeasible("too large for rank 1")
                continue
            if how == "break":
                break
        error = trial.number + (rank if how == "differ" else 0)
        decision = trial.report(step, error=error)
        told = f"{decision.action} {decision.reason}"
        print(f"rank {rank} {trial.number}.{step} {told}", flush=True)
if size > 1:
    torch.distributed.destroy_process_group()
