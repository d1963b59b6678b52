"""SMAC as a sampler: a random forest over the space, its conditions and prior included.

It is told what each configuration came to at the highest rung that enough of them reached, and
asked through its own ask and tell. `pip install smac` where the daemon runs; tried with 2.4.1.
"""

import tempfile
from collections import defaultdict

from ConfigSpace import (
    Categorical,
    Configuration,
    ConfigurationSpace,
    Constant,
    Float,
    InCondition,
    Integer,
)
from ConfigSpace.conditions import AndConjunction
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue

ENOUGH = 10  # configurations of a rung


def make(space, goal, seed):
    return Smac(space, goal, seed)


class Smac:
    def __init__(self, space, goal, seed):
        self.space, self.seed = configuration_space(space, seed), seed
        self.sign = -1 if goal == "maximize" else 1
        self.rungs = defaultdict(list)  # what came of configurations, by resource
        self.level, self.smac = 0, self.begin()

    def begin(self):
        scenario = Scenario(
            self.space,
            deterministic=True,
            n_trials=1_000_000,
            seed=self.seed,
            output_directory=tempfile.mkdtemp(),
        )
        return HyperparameterOptimizationFacade(
            scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=False
        )

    def ask(self):
        return dict(self.smac.ask().config)

    def tell(self, params, value, resource, state):
        if value is None:
            return
        self.rungs[resource].append((params, self.sign * value))
        enough = [at for at, found in self.rungs.items() if len(found) >= ENOUGH]
        if (level := max(enough, default=min(self.rungs))) != self.level:
            self.level, self.smac = level, self.begin()  # costs of two rungs are not alike
            for found in self.rungs[level]:
                self.learn(*found)
        elif resource == level:
            self.learn(params, self.sign * value)

    def learn(self, params, cost):
        trial = TrialInfo(Configuration(self.space, values=params), seed=0)
        self.smac.tell(trial, TrialValue(cost=cost), save=False)


def configuration_space(space, seed):
    made = ConfigurationSpace(seed=seed)
    made.add([domain(name, described) for name, described in space.items()])
    for name, described in space.items():
        when = [
            InCondition(made[name], made[parent], values)
            for parent, values in described.get("when", {}).items()
        ]
        if when:
            made.add(when[0] if len(when) == 1 else AndConjunction(*when))
    return made


def domain(name, described):
    if described["type"] == "constant":
        return Constant(name, described["value"])
    if described["type"] == "choice":
        return Categorical(name, described["choices"], weights=described.get("weights"))
    kind = Integer if described["type"] == "int" else Float
    return kind(name, (described["low"], described["high"]), log=described["log"])
