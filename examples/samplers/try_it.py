"""Ask and tell a sampler as the daemon does, without one: `try_it.py with_nevergrad:make`."""

import json
import math
import sys
from importlib import import_module

SPACE = {
    "learning_rate": {"type": "float", "low": 1e-4, "high": 1.0, "log": True},
    "layers": {"type": "int", "low": 1, "high": 8, "log": False, "step": 1},
    "optimizer": {"type": "choice", "choices": ["sgd", "adam"]},
}


def loss(params):
    rate = (math.log10(params["learning_rate"]) + 2) ** 2
    return rate + abs(params["layers"] - 3) / 8 + (params["optimizer"] == "sgd")


def main(factory, asked=40):
    module, _, function = factory.partition(":")
    sampler = getattr(import_module(module), function)(SPACE, "minimize", 3)
    found = []
    for _ in range(asked):
        params = json.loads(json.dumps(sampler.ask(), default=lambda value: value.item()))
        found.append((loss(params), params))
        sampler.tell(params, loss(params), 1, "paused")
    print(f"best of the first half {min(v for v, _ in found[: asked // 2]):.3f},", end=" ")
    print(f"of the second {min(v for v, _ in found[asked // 2 :]):.3f}: {min(found)[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
