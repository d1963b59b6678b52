"""Tables of learning curves, as files."""

import json

import numpy as np

PARAMS = [{"name": "n", "type": "int", "lower": 1, "upper": 4, "log": False}]


def save(path, curve, params=PARAMS, mode="min", **arrays):
    meta = json.dumps({"params": params, "mode": mode})
    rows = arrays.pop("params_rows", [[i + 1] for i in range(len(curve))])
    np.savez(path, meta=meta, curve=np.array(curve, float), params=np.array(rows, float), **arrays)
    return path
