"""Writes scikit-learn's digits as train.csv and validation.csv, for programs in any language.

    python examples/polyglot/export.py FOLDER

A row is a label and 64 pixels from 0 to 16. Two thirds are to learn from, as in examples/digits.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = load_digits(return_X_y=True)
    rows = np.column_stack([labels, images]).astype(int)
    train, validation = train_test_split(rows, test_size=1 / 3, random_state=0, stratify=labels)
    for name, part in (("train", train), ("validation", validation)):
        np.savetxt(folder / f"{name}.csv", part, fmt="%d", delimiter=",")


if __name__ == "__main__":
    main()
