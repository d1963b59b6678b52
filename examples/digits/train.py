"""A worker: trains one configuration after another, and reports after every epoch.

Start as many as you like, where you like: `ASHAD_ADDRESS=host:port python train.py`.
"""

import math
from typing import Any

import ashad_client
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

images, digits = load_digits(return_X_y=True)
train_images, test_images, train_digits, test_digits = train_test_split(
    images / 16, digits, test_size=1 / 3, random_state=0, stratify=digits
)


def build(units: Any, layers: Any, learning_rate: Any, **others: Any) -> MLPClassifier:
    return MLPClassifier(
        hidden_layer_sizes=[units] * layers,
        solver="sgd",
        learning_rate_init=learning_rate,
        random_state=0,
        **others,  # batch_size, momentum and activation go by scikit-learn's own names
    )


def train_one_epoch(model: MLPClassifier) -> float:
    try:
        model.partial_fit(train_images, train_digits, classes=range(10))
    except ValueError:  # so scikit-learn says that the weights are no longer finite
        return math.nan
    return 1 - float(model.score(test_images, test_digits))


def main() -> None:
    client = ashad_client.connect()
    for trial in client.trials("digits"):
        model = build(**trial.params)
        for epoch in trial.steps():
            trial.report(epoch, validation_error=train_one_epoch(model))


if __name__ == "__main__":
    main()
