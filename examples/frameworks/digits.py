"""The digits of scikit-learn, and a study of two settings: what these examples share."""

from __future__ import annotations

import ashad_client
import numpy as np
from ashad_client import integer, loguniform
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

STUDY = {
    "metric": "val_loss",
    "goal": "minimize",
    "max_resource": 4,
    "space": {"learning_rate": loguniform(1e-4, 1e-1), "width": integer(8, 64)},
    "algorithm": {"type": "asha", "eta": 2},
    "limits": {"max_trials": 6},
}


def connect(study: str) -> ashad_client.Client:
    """Connect, and make the study where it is not there yet."""
    client = ashad_client.connect()
    client.create_study(study, STUDY)
    return client


def data() -> list[np.ndarray]:
    """Return images and labels to learn from, then those to validate on."""
    images, labels = load_digits(return_X_y=True)
    learn_x, valid_x, learn_y, valid_y = train_test_split(
        (images / 16).astype("float32"), labels.astype("int64"), random_state=0
    )
    return [learn_x, learn_y, valid_x, valid_y]
