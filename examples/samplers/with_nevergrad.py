"""Nevergrad as a sampler: whichever of its optimizers, asked and told by the daemon.

An optimizer of one fidelity: it is told what each configuration came to at the lowest rung, which
all of them reach. `pip install nevergrad` where the daemon runs; tried with 1.0.12.
"""

import nevergrad as ng


def make(space, goal, seed):
    return Nevergrad(space, goal, seed, "TwoPointsDE")


class Nevergrad:
    def __init__(self, space, goal, seed, optimizer):
        searched = {n: domain(d) for n, d in space.items() if d["type"] != "constant"}
        parameters = ng.p.Dict(**searched)
        parameters.random_state.seed(seed)
        self.optimizer = ng.optimizers.registry[optimizer](parameters, budget=10_000)
        self.sign = -1 if goal == "maximize" else 1
        self.asked = {}  # candidates that were asked for and not told of, by their values
        self.lowest = None

    def ask(self):
        candidate = self.optimizer.ask()
        self.asked[key(candidate.value)] = candidate
        return candidate.value

    def tell(self, params, value, resource, state):
        if state == "failed" or value is None:
            loss = float("inf")
        else:
            self.lowest = self.lowest or resource
            if resource != self.lowest:
                return
            loss = self.sign * value
        here = {name: params[name] for name in self.optimizer.parametrization.value}
        candidate = self.asked.pop(key(here), None)
        if candidate is None:  # of a person, or of the object before a restart
            candidate = self.optimizer.parametrization.spawn_child(new_value=here)
        self.optimizer.tell(candidate, loss)


def key(params):
    return tuple(sorted(params.items()))


def domain(described):
    if described["type"] == "choice":
        return ng.p.Choice(described["choices"])
    low, high, step = described["low"], described["high"], described.get("step")
    if step and step != 1:
        return ng.p.TransitionChoice(
            [low + i * step for i in range(round((high - low) / step) + 1)]
        )
    made = (ng.p.Log if described["log"] else ng.p.Scalar)(lower=low, upper=high)
    return made.set_integer_casting() if described["type"] == "int" else made
