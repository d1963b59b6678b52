"""Search with PyTorch Lightning, on one process or on several ranks.

python lightning_ddp.py
torchrun --nproc-per-node 2 lightning_ddp.py
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import ashad_client
import lightning
import torch
from ashad_client.integration.lightning import Reporter
from digits import connect, data
from torch.utils.data import DataLoader, TensorDataset


class Digits(lightning.LightningModule):
    """One hidden layer."""

    def __init__(self, learning_rate: float, width: int) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(64, width), torch.nn.ReLU(), torch.nn.Linear(width, 10)
        )

    def training_step(self, batch: Any, _: int) -> torch.Tensor:
        """Return the loss."""
        return torch.nn.functional.cross_entropy(self.layers(batch[0]), batch[1])

    def validation_step(self, batch: Any, _: int) -> None:
        """Log the loss, reduced over ranks."""
        loss = torch.nn.functional.cross_entropy(self.layers(batch[0]), batch[1])
        self.log("val_loss", loss, sync_dist=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)


learn_x, learn_y, valid_x, valid_y = map(torch.tensor, data())
learn = DataLoader(TensorDataset(learn_x, learn_y), 64, shuffle=True)
valid = DataLoader(TensorDataset(valid_x, valid_y), 256)
ranks = int(os.environ.get("WORLD_SIZE", "1"))

client = ashad_client.shared(connect("lightning"))
for trial in client.trials("lightning"):
    lightning.seed_everything(trial.seed % 2**32)
    trainer = lightning.Trainer(
        max_epochs=trial.target_resource,
        callbacks=[Reporter(trial, "val_loss")],
        accelerator="cpu",
        devices=ranks,
        strategy="ddp" if ranks > 1 else "auto",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tempfile.gettempdir(),
    )
    trainer.fit(Digits(**trial.params), learn, valid, ckpt_path=trial.resume_checkpoint or None)
