"""LightGBM as everybody calls it: train.py ITERATIONS NAME=VALUE... It knows nothing of ashad."""

import sys

import lightgbm as lgb
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

iterations = int(sys.argv[1])
params = dict(word.removeprefix("--").split("=") for word in sys.argv[2:])

features, labels = load_breast_cancer(return_X_y=True)
train_x, valid_x, train_y, valid_y = train_test_split(features, labels, random_state=0)
train = lgb.Dataset(train_x, train_y)
valid = lgb.Dataset(valid_x, valid_y, reference=train)
lgb.train(
    {"objective": "binary", "num_threads": 1, **params},
    train,
    iterations,
    valid_sets=[valid],
    callbacks=[lgb.log_evaluation(1)],
)
