"""A worker: trains LeNet on Fashion-MNIST with the learning rates and batch sizes it is handed.

The images are those of Debian's package dataset-fashion-mnist; FASHION_MNIST names another folder
with the same four files. The study is the first argument.
"""

import gzip
import os
import sys
from pathlib import Path
from typing import Any

import ashad_client
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

FOLDER = Path(os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))


def read(part: str) -> tuple[Any, Any]:
    """Read images and labels of a part: files of bytes behind headers of 16 and 8."""
    with gzip.open(FOLDER / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(FOLDER / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return torch.from_numpy(images / np.float32(255)), torch.from_numpy(labels.astype(np.int64))


train_images, train_labels = read("train")
test_images, test_labels = read("t10k")


def lenet(activation: Any) -> Any:
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, kernel_size=5, padding=2), activation(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, kernel_size=5), activation(), nn.AvgPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), activation(), nn.Linear(120, 84), activation(), nn.Linear(84, 10)),
    )
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
    return model


def train_one_epoch(model: Any, optimizer: Any, images: Any, batch_size: Any) -> None:
    for batch in torch.randperm(images).split(batch_size):
        optimizer.zero_grad()
        cross_entropy(model(train_images[batch]), train_labels[batch]).backward()
        optimizer.step()


def validation_error(model: Any) -> float:
    parts = zip(test_images.split(500), test_labels.split(500), strict=True)
    with torch.no_grad():
        wrong = sum(int((model(images).argmax(1) != labels).sum()) for images, labels in parts)
    return wrong / len(test_labels)


def main() -> None:
    client = ashad_client.connect()
    for trial in client.trials(sys.argv[1]):
        params = trial.params
        torch.manual_seed(trial.seed)
        model = lenet(getattr(nn, str(params["activation"])))
        optimizer = torch.optim.SGD(model.parameters(), lr=params["learning_rate"])
        for epoch in trial.steps():
            train_one_epoch(model, optimizer, params["images"], params["batch_size"])
            trial.report(epoch, validation_error=validation_error(model))


if __name__ == "__main__":
    main()
