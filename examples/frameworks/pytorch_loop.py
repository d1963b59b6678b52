"""Search with a loop of one's own in PyTorch; on several ranks it is the same script.

python pytorch_loop.py
torchrun --nproc-per-node 2 pytorch_loop.py
"""

from __future__ import annotations

import os

import ashad_client
import torch
from digits import connect, data
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

client = ashad_client.shared(connect("pytorch"))  # before the model: all ranks share the trial
ranks = int(os.environ.get("WORLD_SIZE", "1"))
if ranks > 1:
    torch.distributed.init_process_group("gloo")

learn_x, learn_y, valid_x, valid_y = map(torch.tensor, data())
for trial in client.trials("pytorch"):
    torch.manual_seed(trial.seed % 2**32)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, trial.params["width"]),
        torch.nn.ReLU(),
        torch.nn.Linear(trial.params["width"], 10),
    )
    train_model = DistributedDataParallel(model) if ranks > 1 else model
    optimizer = torch.optim.Adam(model.parameters(), lr=trial.params["learning_rate"])
    images = TensorDataset(learn_x, learn_y)
    sampler = DistributedSampler(images) if ranks > 1 else None
    for epoch in trial.steps():
        if sampler is not None:
            sampler.set_epoch(epoch)
        for x, y in DataLoader(images, 64, shuffle=sampler is None, sampler=sampler):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(train_model(x), y).backward()
            optimizer.step()
        with torch.no_grad():  # every rank validates on all of it, so all have one value
            loss = torch.nn.functional.cross_entropy(model(valid_x), valid_y)
        trial.report(epoch, val_loss=loss)
if ranks > 1:
    torch.distributed.destroy_process_group()
