"""HEBO as a sampler: a Gaussian process on warped inputs and outputs.

It is told what each configuration came to at the lowest rung, which all of them reach. HEBO 0.3.6
asks for numpy below 1.25 and the daemon for 1.26 at least, so that pip cannot install them in one
environment; beside a daemon this has not been shown to work (docs/samplers.md).
"""

import numpy as np
import pandas as pd
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO


def make(space, goal, seed):
    return Hebo(space, goal, seed)


class Hebo:
    def __init__(self, space, goal, seed):
        searched = {n: d for n, d in space.items() if d["type"] != "constant"}
        self.names = list(searched)
        self.hebo = HEBO(
            DesignSpace().parse([domain(n, d) for n, d in searched.items()]), scramble_seed=seed
        )
        self.sign = -1 if goal == "maximize" else 1
        self.lowest = None

    def ask(self):
        return self.hebo.suggest(n_suggestions=1).iloc[0].to_dict()

    def tell(self, params, value, resource, state):
        if value is None:
            return
        self.lowest = self.lowest or resource
        if resource == self.lowest:
            row = pd.DataFrame([{name: params[name] for name in self.names}])
            self.hebo.observe(row, np.array([[self.sign * value]]))


def domain(name, described):
    if described["type"] == "choice":
        return {"name": name, "type": "cat", "categories": described["choices"]}
    kind = {"float": ("num", "pow"), "int": ("int", "pow_int")}[described["type"]]
    return {
        "name": name,
        "type": kind[described["log"]],
        "lb": described["low"],
        "ub": described["high"],
    }
