"""A worker of a population: each epoch leaves a checkpoint, from which another trial may go on.

Start as many as you like, where all see one folder: `CHECKPOINTS=/shared/folder python train.py`.
"""

import math
import os
from pathlib import Path
from typing import Any

import ashad_client
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

UNITS, BATCH = 8, 8
images, digits = load_digits(return_X_y=True)
train_images, test_images, train_digits, test_digits = train_test_split(
    images / 16, digits, test_size=1 / 3, random_state=0, stratify=digits
)

Network = dict[str, Any]  # arrays by name: weights, and velocities of the momentum


def build(seed: int) -> Network:
    """Return a network as it begins."""
    chance = np.random.default_rng(seed)
    first = chance.normal(0, 0.1, (64, UNITS))
    second = chance.normal(0, 0.1, (UNITS, 10))
    return {"first": first, "second": second, "v_first": 0 * first, "v_second": 0 * second}


def probabilities(network: Network, inputs: Any) -> tuple[Any, Any]:
    """Return the hidden layer, and how probable each digit is, of some images."""
    hidden = np.maximum(inputs @ network["first"], 0)
    scores = hidden @ network["second"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, odds / odds.sum(axis=1, keepdims=True)


def train_one_epoch(network: Network, epoch: int, learning_rate: Any, momentum: Any) -> float:
    """Train on all images once, in small batches, and return the loss on those kept aside."""
    order = np.random.default_rng(epoch).permutation(len(train_images))
    for rows in np.array_split(order, len(order) // BATCH):
        inputs = train_images[rows]
        hidden, wrong = probabilities(network, inputs)
        wrong[np.arange(len(rows)), train_digits[rows]] -= 1
        back = (wrong @ network["second"].T) * (hidden > 0)
        for name, slope in (("first", inputs.T @ back), ("second", hidden.T @ wrong)):
            speed = momentum * network[f"v_{name}"] - learning_rate * slope / len(rows)
            network[f"v_{name}"] = speed
            network[name] = network[name] + speed
    found = probabilities(network, test_images)[1][np.arange(len(test_images)), test_digits]
    return float(-np.log(found + 1e-12).mean()) if np.isfinite(found).all() else math.nan


def save(network: Network, path: Path) -> str:
    """Write a checkpoint, whole or not at all, and return its name."""
    part = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(part, **network)
    part.replace(path)
    return str(path)


def main() -> None:
    folder = Path(os.environ.get("CHECKPOINTS", "checkpoints"))
    folder.mkdir(parents=True, exist_ok=True)
    client = ashad_client.connect()
    for trial in client.trials("schedule"):
        network = build(seed=0)
        if trial.resume_checkpoint:
            network = dict(np.load(trial.resume_checkpoint))
        for epoch in trial.steps():
            loss = train_one_epoch(network, epoch, **trial.params)
            checkpoint = save(network, folder / f"{trial.number}-{epoch}.npz")
            trial.report(epoch, validation_loss=loss, checkpoint=checkpoint)


if __name__ == "__main__":
    main()
