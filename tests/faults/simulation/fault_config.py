"""What a seed chooses. Each kind of trouble is on or off and has its own rate (swarm testing)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Grid,
    Halton,
    Hyperband,
    Pbt,
    RandomSampler,
    Single,
    SuccessiveHalving,
    Tpe,
)
from ashad.core.kinds import (
    Random as RandomSearch,
)
from ashad.core.objectives import Objective
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import SECOND, Algorithm, Lease, Limits, Sampler, StudySpec
from ashad.scheduler import Slot
from ashad.scheduler.quotas import QuotaRules

ETAS = (2.0, 2.5, 3.0, 4.0)
ALL = Slot("all")
TOLERANCE = 0.25  # of the loss, where the cost is compared after it
BOUNDS = ("cost <= 4",)  # on what a worker tells beside the loss


@dataclass(frozen=True)
class Knobs:
    """Rates are per message or step; `*_every` is a mean time in seconds, 0 is never."""

    trouble: float  # seconds until everything is healed
    workers: int
    loss: float
    double: float
    late: float  # messages that come much later, past a lease perhaps
    cut_every: float
    crash_every: float
    leave_every: float  # it is ended gently
    downtime: float  # longest
    commit: float  # longest time a commit takes; 0: inline
    full_every: float
    broken_every: float  # a write of unknown outcome
    stall_every: float  # the daemon does not run for a while
    jump_every: float  # of the wall clock
    death_every: float  # of a worker
    freeze_every: float  # of a worker, perhaps past its lease
    stable: float  # share of workers that keep their id over a restart
    mishap: float  # a step ends in failure, infeasibility or release
    nan: float
    skip: float  # a step goes over several units of resource
    people_every: float
    repeat_every: float
    quotas: QuotaRules  # of the operator; none, or of all and of each study
    space_every: float  # somebody changes a space


def knobs(seed: int) -> Knobs:
    """Return what this seed does."""
    random = Random(f"{seed}/knobs")

    def often(share: float, low: float, high: float) -> float:
        value = random.uniform(low, high)
        return value if random.random() < share else 0.0

    return Knobs(
        trouble=random.uniform(150, 300), workers=random.randint(3, 8),
        loss=often(0.7, 0.01, 0.25), double=often(0.7, 0.02, 0.4), late=often(0.5, 0.005, 0.05),
        cut_every=often(0.5, 10, 60), crash_every=often(0.85, 15, 80),
        leave_every=often(0.4, 30, 120), downtime=random.choice([1.0, 10.0, 200.0]),
        commit=often(0.7, 0.01, 3.0),
        full_every=often(0.3, 30, 120), broken_every=often(0.3, 40, 160),
        stall_every=often(0.3, 40, 120), jump_every=often(0.3, 40, 120),
        death_every=often(0.6, 20, 120), freeze_every=often(0.6, 30, 150),
        stable=random.choice([0.0, 0.5, 1.0]), mishap=often(0.6, 0.01, 0.08),
        nan=often(0.5, 0.01, 0.1), skip=often(0.5, 0.05, 0.5),
        people_every=often(0.6, 10, 40), repeat_every=often(0.8, 1, 6),
        space_every=_space_every(seed), quotas=_quotas(seed),
    )  # fmt: skip


def _quotas(seed: int) -> QuotaRules:
    random = Random(f"{seed}/quotas")
    if random.random() < 0.6:
        return QuotaRules()
    quotas = {ALL: random.randint(2, 5), Slot("study", "*"): random.randint(1, 4)}
    return QuotaRules(quotas, {Slot("study", "s0"): 3})


def _space_every(seed: int) -> float:
    random = Random(f"{seed}/spaces")  # of its own: what seeds found before is found again
    return random.uniform(10, 40) if random.random() < 0.4 else 0.0


def specs(seed: int) -> dict[str, StudySpec]:
    """Return the studies of this seed by name."""
    random = Random(f"{seed}/specs")
    made = {f"s{i}": _spec(random) for i in range(random.randint(1, 3))}
    bounded, judged = Random(f"{seed}/outcomes"), Random(f"{seed}/fronts")
    ordered = Random(f"{seed}/orders")  # of its own: what seeds found before is found again
    made = {
        name: replace(spec, outcome_constraints=BOUNDS) if bounded.random() < 0.3 else spec
        for name, spec in made.items()
    }
    made = {n: _by_fronts(spec) if judged.random() < 0.25 else spec for n, spec in made.items()}
    made = {n: _in_order(spec) if ordered.random() < 0.4 else spec for n, spec in made.items()}
    members = Random(f"{seed}/populations")
    return {n: _population(spec, members) for n, spec in made.items()}


def _population(spec: StudySpec, random: Random) -> StudySpec:
    """Return the same study with a population now and then, if it may have one."""
    most = (spec.limits.max_trials or 100) - 1
    settings = Pbt(
        random.randint(2, min(6, most)), random.choice([0, 1, 2]), random.choice([0.25, 0.4, 0.5]),
        explore=random.choice([(), (), ("lr",)]),
    )  # fmt: skip
    plain = not (spec.gridded or spec.objectives) and spec.max_resource > 2
    return replace(spec, algorithm=settings) if random.random() < 0.25 and plain else spec


def _by_fronts(spec: StudySpec) -> StudySpec:
    """Return the same study judged by its loss and cost together, if it may be."""
    if spec.synchronous or spec.sampler.learns or spec.limits.target_value is not None:
        return spec
    objectives = Objective("loss", spec.maximize), Objective("cost", maximize=False)
    return replace(spec, objectives=objectives, combination="pareto")


def _in_order(spec: StudySpec) -> StudySpec:
    """Return a study by fronts judged by its loss and then by its cost instead."""
    if not spec.objectives:
        return spec
    first, *others = spec.objectives
    ones = replace(first, tolerance=TOLERANCE), *others
    return replace(spec, objectives=ones, combination="lexicographic")


def _spec(random: Random) -> StudySpec:
    lease = random.choice([8, 20, 40])
    algorithm = _synchronous(random) if random.random() < 0.25 else _algorithm(random)
    top = random.choice([1, 4, 9, 9, 16, 27])
    space = {"lr": Float(1e-4, 1.0, log=True), "n": Int(1, 9), "o": Choice(("a", 1, True, 1.0))}
    if isinstance(algorithm, Grid):
        space = {"n": Int(1, 4), "o": Choice(("a", "b", 3))}
    if isinstance(algorithm, Asha) and random.random() < 0.3:
        algorithm = Asha(algorithm.promotion, random.randint(1, top), algorithm.eta, 3)
    return StudySpec(
        "loss", random.random() < 0.5, top, space, algorithm,
        sampler=_sampler(random, algorithm),
        points_to_evaluate=({"n": 2}, {"n": 3}) if random.random() < 0.4 else (),
        limits=_limits(random, algorithm), seed=random.choice([None, random.randrange(2**63)]),
        lease=Lease(lease * SECOND, lease * SECOND // 4, random.randint(2, 6)),
        failed_counts_as_worst=random.random() < 0.7,
    )  # fmt: skip


def _algorithm(random: Random) -> Algorithm:
    eta, promotion = random.choice(ETAS), random.random() < 0.5
    roll = random.random()
    if roll < 0.5:
        return Asha(promotion=promotion, eta=eta)
    if roll < 0.6:
        return AsyncHyperband(promotion=promotion, eta=eta)
    if roll < 0.8:
        mode = random.choice(["aggressive", "standard", "conservative"])
        return AdaptiveAsha(promotion=promotion, eta=eta, mode=mode, max_rungs=random.randint(2, 5))
    return random.choice([RandomSearch(), RandomSearch(), Grid(), Single()])


def _sampler(random: Random, algorithm: Algorithm) -> Sampler:
    plain: list[Sampler] = [RandomSampler(), RandomSampler(), Halton(), Tpe(0.1)]
    chosen = random.choice(plain)
    return RandomSampler() if isinstance(algorithm, Grid) else chosen


def _synchronous(random: Random) -> Algorithm:
    eta, repeat = random.choice((3.0, 4.0)), random.random() < 0.5
    if random.random() < 0.5:
        return SuccessiveHalving(eta=eta, max_rungs=2, repeat=repeat)
    return Hyperband(eta=eta, max_rungs=2, repeat=repeat)


def _limits(random: Random, algorithm: Algorithm) -> Limits:
    """Return limits of which at least one ends the study."""
    ends = random.choice(["trials", "trials", "trials", "resource", "time"])
    if isinstance(algorithm, AdaptiveAsha):
        ends = "trials"
    return Limits(
        max_trials=random.randint(4, 24) if ends == "trials" else None,
        max_concurrent_trials=random.randint(1, 6) if random.random() < 0.3 else None,
        max_total_resource=random.randint(30, 200) if ends == "resource" else None,
        max_duration=random.randint(60, 400) * SECOND if ends == "time" else None,
        target_value=random.choice([0.05, 0.95]) if random.random() < 0.1 else None,
        max_failed_trials=random.randint(3, 8) if random.random() < 0.2 else None,
    )
