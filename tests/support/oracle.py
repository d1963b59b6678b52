"""What the papers and Determined say, read naively: lists, sorts, loops; no thought of speed.

Written from the formulas, never from the code of `ashad.core`, which must equal it step by step:
ASHA's get-job (arXiv 1810.05934, Alg. 2), the stopping rule of Determined with the older entry
winning ties, Determined's brackets, and what a service owes its workers (a lost job is issued again
before anything else).
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, isfinite, nan


def quota(n, eta, *, promotion):
    """K of the one table that matters: floor(n/eta), with stopping at least 1."""
    k = 0
    while (k + 1) * eta <= n:
        k += 1
    return k if promotion else max(1, k)


def levels(r, top, eta):
    """R, R/eta, R/eta^2 ... rounded down, while not below r; lowest first, none twice."""
    found, k = set(), 0
    while top / eta**k >= r:
        found.add(int(top / eta**k))
        k += 1
    return sorted(found)


def rungs_of(top, eta, count):
    """max(1, floor(R / d^(count-1-i))) for i below count, none twice."""
    return sorted({max(1, int(top / eta ** (count - 1 - i))) for i in range(count)})


def brackets_of(mode, top, eta, max_rungs, trials):
    """Rung counts of the brackets, most first: Determined's makeBrackets in whole numbers."""

    def rungs(number):
        count = 1
        while eta**count <= number:
            count += 1
        return count

    most = min(max_rungs, rungs(top), rungs(trials))
    least = {"aggressive": most, "standard": (most - 1) // 2 + 1, "conservative": 1}[mode]
    return [count for count in range(64, 0, -1) if least <= count <= most]


def split(trials, eta, counts):
    """Trials of each bracket in proportion to d^(b-1)/b, the remainder to the first."""
    weights = [Fraction(eta) ** (b - 1) / b for b in counts]
    shares = [max(1, int(trials * w / sum(weights))) for w in weights]
    rest = trials - sum(shares)
    return [shares[0] + max(0, rest), *shares[1:]]


def hyperband_of(r, top, eta):
    """Hyperband's brackets (levels, n): s_max down to 0, n = ceil((s_max + 1) eta^s / (s + 1))."""
    all_levels = levels(r, top, eta)
    s_max = len(all_levels) - 1
    found = []
    for s in range(s_max, -1, -1):
        exact = (s_max + 1) * Fraction(eta) ** s / (s + 1)
        n = 1
        while n < exact:
            n += 1
        found.append((all_levels[s_max - s :], n))
    return found


def async_hyperband_of(all_levels, most):
    """ASHA brackets (levels, weight): bracket s lacks s levels and weighs S / ((S - s) r_s)."""
    count = len(all_levels)
    return [
        (all_levels[s:], Fraction(count, (count - s) * all_levels[s]))
        for s in range(most or count)[:count]
    ]


@dataclass(frozen=True, order=True)
class Standing:
    """What an entry is ranked by: the feasible, then the infeasible, then what has no value."""

    group: int  # 0, 1, 2
    violation: Fraction
    score: float
    point: tuple = field(default=(), compare=False)  # of a study that compares by several metrics

    @property
    def valid(self):
        return self.group < 2


NOTHING = Standing(2, Fraction(0), inf)


def dominates(p, q):
    return p != q and all(a <= b for a, b in zip(p, q, strict=True))


def by_front_and_spread(entries):
    """NSGA-II's order: front after front, within each by crowding distance, then by arrival."""
    found, left = [], list(entries)
    while left:
        best = [e for e in left if not any(dominates(f[0].point, e[0].point) for f in left)]
        left = [e for e in left if e not in best]
        distance = [0.0] * len(best)
        for axis in range(len(best[0][0].point)):
            line = sorted(range(len(best)), key=lambda n: best[n][0].point[axis])
            at = [best[n][0].point[axis] / 2 for n in line]
            distance[line[0]] = distance[line[-1]] = inf
            for k in range(1, len(line) - 1):
                if at[-1] > at[0]:
                    distance[line[k]] += (at[k + 1] - at[k - 1]) / (at[-1] - at[0])
        found += [best[n] for n in sorted(range(len(best)), key=lambda n: -distance[n])]
    return found


def step(value, goal):
    """In which step of its tolerance a value is; `goal`: (way, tolerance, share, target)."""
    way, tolerance, share, target = goal
    turned = way * Fraction(str(value))
    aim = None if target is None else way * Fraction(str(target))
    if aim is not None:
        turned = max(turned, aim)
    if tolerance:
        return (turned - (aim or 0)) // Fraction(str(tolerance))
    if share and turned:
        ratio, unit, steps = 1 + Fraction(str(share)), abs(aim or Fraction(1)), 0
        if turned > 0:  # the last edge that is not above it
            while turned < unit * ratio**steps:
                steps -= 1
            while turned >= unit * ratio ** (steps + 1):
                steps += 1
        else:
            while turned < -unit * ratio**-steps:
                steps -= 1
            while turned >= -unit * ratio ** -(steps + 1):
                steps += 1
        return (1 if turned > 0 else -1), steps
    return (0, 0) if share else turned


@dataclass
class Rung:
    """Entries as they came: [standing, trial]; the older of two equal ones is the better."""

    level: int
    entries: list = field(default_factory=list)
    promoted: set = field(default_factory=set)
    out: set = field(default_factory=set)  # no longer in the running, though their entry counts
    in_order: bool = False  # points are compared one coordinate after the other

    def ranked(self):
        pointed = [entry for entry in self.entries if entry[0].point]
        rest = [entry for entry in self.entries if not entry[0].point]
        rest = sorted(rest, key=lambda entry: entry[0])  # a stable sort: ties by arrival
        if self.in_order:
            return sorted(pointed, key=lambda entry: entry[0].point) + rest
        return by_front_and_spread(pointed) + rest

    def rank(self, trial):
        return [t for _, t in self.ranked()].index(trial) + 1


@dataclass
class Trial:
    number: int
    bracket: int
    state: str = "QUEUED"
    attempt: int = 0
    rung: int = 0
    at: int = 0
    checkpoint: int = 0
    lost: int = 0
    reported: bool = False
    latest: float | None = None
    worker: str | None = None
    released: bool = False
    restarted: bool = False  # lost because its worker began anew


@dataclass
class Study:
    """One search; `brackets` is [(levels, planned trials), ...]."""

    brackets: list
    eta: Fraction
    promotion: bool
    top: int
    maximize: bool = False
    max_trials: int | None = None
    concurrent: int | None = None
    max_attempts: int = 5
    failed_counts: bool = True
    bounds: tuple = ()  # (metric, 1 for an upper bound and -1 for a lower one, bound)
    fronts: tuple = ()  # (metric, 1 where smaller is better and else -1) beside the judged one
    goals: tuple = ()  # of each of these, the judged one first: (tolerance, share, target)
    paused: bool = False
    trials: list = field(default_factory=list)
    values: list = field(default_factory=list)  # (value, trial, resource), as they came

    def __post_init__(self):
        self.ladders = [[Rung(level) for level in levels] for levels, _ in self.brackets]

    def compare_in_order(self, fronts, goals):
        """Compare by the judged metric, then by these, as their goals say."""
        self.fronts, self.goals = fronts, goals
        for ladder in self.ladders:
            for rung in ladder:
                rung.in_order = True

    def score(self, value, metrics=None):
        if not isfinite(value):
            return NOTHING
        score, beyond = -value if self.maximize else value, Fraction(0)
        for name, way, bound in self.bounds if metrics is not None else ():
            if not isfinite(metrics[name]):
                beyond += 10**30  # beyond any
                continue
            over = way * (Fraction(metrics[name]) - Fraction(bound))
            beyond += max(Fraction(0), over) / (abs(Fraction(bound)) or 1)
        beyond = min(beyond, Fraction(10) ** 18)  # as far as any is told
        point = ()
        if self.fronts and metrics is not None and not beyond:
            others = [way * metrics[name] + 0.0 for name, way in self.fronts]
            point = (score + 0.0, *others)
            if self.goals:  # `point` is turned already
                point = tuple(
                    step(at, (1, tolerance, share, None if target is None else way * target))
                    for at, way, (tolerance, share, target) in zip(
                        point, (-1 if self.maximize else 1, *(w for _, w in self.fronts)),
                        self.goals, strict=True,
                    )
                )  # fmt: skip
        return Standing(int(beyond > 0), beyond, score, point)

    def having(self, *states):
        return [t for t in self.trials if t.state in states]

    # --- get-job -------------------------------------------------------------------------------

    def suggest(self, worker):
        """Return the trial a free worker gets, or the reason why there is none."""
        for trial in self.having("RUNNING"):
            if trial.worker == worker:
                self.lose(trial, restarted=True)
        restarted = [t for t in self.having("QUEUED") if t.worker == worker and t.restarted]
        if self.paused and not restarted:
            return "STUDY_PAUSED"
        if self.concurrent and len(self.having("RUNNING")) >= self.concurrent:
            return "MAX_CONCURRENT_TRIALS"
        trial = self.get_job(worker)
        if trial is None:
            if self.having("RUNNING"):
                return "ROUND_OPEN" if isinstance(self, Rounds) else "TRIALS_RUNNING"
            return "MAX_TRIALS" if Study.spent(self) else "BRACKETS_EXHAUSTED"
        trial.state, trial.worker = "RUNNING", worker
        trial.released = trial.restarted = False
        trial.attempt += 1
        trial.at = trial.checkpoint
        return trial

    def get_job(self, worker):
        queued = self.having("QUEUED")
        own = [t for t in queued if t.worker == worker and t.attempt]
        if own or queued:
            return (own or queued)[0]
        for bracket in range(len(self.brackets)):
            for rung in reversed(self.ladders[bracket][:-1]):
                found = self.promotable(rung)
                if found is not None:
                    rung.promoted.add(found)
                    return self.trials[found]
        return None if self.spent() else self.make()

    def promotable(self, rung):
        """The best of the top floor(n/eta) of all entries that was not promoted yet."""
        if self.promotion:
            for score, trial in rung.ranked()[: quota(len(rung.entries), self.eta, promotion=True)]:
                if trial not in rung.promoted and trial not in rung.out and score.valid:
                    return trial
        return None

    def spent(self):
        counted = len([t for t in self.trials if t.state != "INFEASIBLE"])
        return self.max_trials is not None and counted >= self.max_trials

    def make(self):
        """A new trial, in the bracket that is furthest behind its share."""
        alive = [t for t in self.trials if t.state != "INFEASIBLE"]
        planned = [trials or 0 for _, trials in self.brackets]
        made = [len([t for t in alive if t.bracket == b]) for b in range(len(planned))]
        due = [Fraction(n * (len(alive) + 1), sum(planned) or 1) for n in planned]
        behind = [d - m for d, m in zip(due, made, strict=True)]
        trial = Trial(len(self.trials), behind.index(max(behind)))
        self.trials.append(trial)
        return trial

    # --- what workers tell ---------------------------------------------------------------------

    def report(self, trial, resource, value, *, checkpoint, metrics=None):
        """Return (action, rung that decided, rank, n, K, value at rank K) and change the trial."""
        self.reclaim(trial)
        assert trial.state == "RUNNING"
        assert resource > trial.at
        if not all(isfinite(metrics[name]) for name, _ in self.fronts):
            value = nan
        score, ladder = self.score(value, metrics), self.ladders[trial.bracket]
        crossed = [k for k in range(trial.rung, len(ladder)) if ladder[k].level <= resource]
        if self.promotion:
            crossed = crossed[:1]
        stood = None
        action = "CONTINUE"
        for k in crossed:
            rung = ladder[k]
            rung.entries.append((score, trial.number))
            n, rank = len(rung.entries), rung.rank(trial.number)
            most = self.quota_of(trial, k, n)
            cut = rung.ranked()[most - 1][0] if most else NOTHING
            good = score.valid and rank <= most
            if action == "CONTINUE":
                none = cut.group or self.fronts
                stood = k, rank, n, most, None if none else self.turned(cut.score)
            if not self.promotion and not good and k < len(ladder) - 1:
                action = "STOP"
        if crossed and self.promotion:
            action = "PAUSE"
        if crossed and (not score.valid or resource >= self.top):
            action = "STOP"
        if action == "STOP" and self.promotion:
            ladder[crossed[0]].out.add(trial.number)
        trial.rung += len(crossed)
        trial.at, trial.reported, trial.latest = resource, True, value
        if checkpoint:
            trial.checkpoint = resource
        if score.group == 0:
            self.values.append((value, trial.number, resource))
        done = resource >= self.top and score.valid
        ended = {"STOP": "COMPLETED" if done else "STOPPED", "PAUSE": "PAUSED"}
        trial.state = ended.get(action, "RUNNING")
        return action, stood

    def turned(self, score):
        return -score if self.maximize else score

    def quota_of(self, trial, k, n):
        return quota(n, self.eta, promotion=self.promotion)

    def complete(self, trial):
        self.reclaim(trial)
        if not trial.reported:
            self.fail(trial)
        else:
            trial.state = "COMPLETED" if isfinite(trial.latest) else "STOPPED"

    def fail(self, trial):
        ladder = self.ladders[trial.bracket]
        if self.failed_counts and trial.rung < len(ladder):
            ladder[trial.rung].entries.append((NOTHING, trial.number))
            trial.rung += 1
        trial.state = "FAILED"

    def infeasible(self, trial):
        for rung in self.ladders[trial.bracket]:
            rung.entries = [entry for entry in rung.entries if entry[1] != trial.number]
            rung.promoted.discard(trial.number)
        trial.state = "INFEASIBLE"

    def release(self, trial):
        trial.state, trial.released, trial.restarted = "QUEUED", True, False

    def lose(self, trial, *, restarted=False):
        trial.lost += 1
        trial.restarted = restarted
        if trial.lost >= self.max_attempts:
            self.fail(trial)
        else:
            trial.state = "QUEUED"

    def reclaim(self, trial):
        """A worker whose trial was lost and not issued again calls: it was not lost."""
        if trial.state == "QUEUED" and trial.attempt and not trial.released:
            trial.state = "RUNNING"
            trial.lost -= 1

    def cancel(self, trial):
        if trial.state == "PAUSED":
            self.ladders[trial.bracket][trial.rung - 1].out.add(trial.number)
        trial.state = "CANCELLED"

    def best(self):
        """The best value of a feasible trial, ties to the oldest: (value, trial, resource)."""
        found = None
        for value, trial, resource in self.values:
            better = found is None or self.score(value) < self.score(found[0])
            if better and self.trials[trial].state != "INFEASIBLE":
                found = value, trial, resource
        return found


@dataclass
class Rounds(Study):
    """Synchronous: rung k keeps floor(n / eta^(k+1)) of its bracket's n, when all have come.

    `brackets` is one pass; with `repeat` another bracket begins where a worker would wait.
    """

    repeat: bool = False

    def planned(self, bracket):
        """n of a bracket: what its formula asks for, and what max_trials leaves it."""
        left = self.max_trials
        for number in range(bracket + 1):
            n = self.brackets[number % len(self.brackets)][1]
            if left is not None:
                n = min(n, left)
                left -= n
        return n

    def members(self, bracket):
        return [t for t in self.trials if t.bracket == bracket and t.state != "INFEASIBLE"]

    def opened(self):
        """Make the rungs of a bracket when it is begun."""
        levels, _ = self.brackets[len(self.ladders) % len(self.brackets)]
        self.ladders.append([Rung(level) for level in levels])

    def make_in(self, bracket):
        if bracket == len(self.ladders):
            self.opened()
        trial = Trial(len(self.trials), bracket)
        self.trials.append(trial)
        return trial

    def spent(self):
        """max_trials is reached, or all that is ever begun is full."""
        return super().spent() or (not self.repeat and self.filling() is None)

    def filling(self):
        """The first bracket that lacks trials."""
        for bracket in range(len(self.ladders)):
            if len(self.members(bracket)) < self.planned(bracket):
                return bracket
        return None

    def make(self):
        bracket = self.filling()
        return self.make_in(len(self.ladders) if bracket is None else bracket)

    def get_job(self, worker):
        queued = self.having("QUEUED")
        own = [t for t in queued if t.worker == worker and t.attempt]
        if own or queued:
            return (own or queued)[0]
        spent = Study.spent(self)
        for bracket, ladder in enumerate(self.ladders):
            if len(self.members(bracket)) < self.planned(bracket) and not spent:
                return self.make_in(bracket)
            found = self.goes_on(bracket, ladder)
            if found is not None:
                return found
        return self.make_in(len(self.ladders)) if self.repeat and not spent else None

    def goes_on(self, bracket, ladder):
        """The next promotion of a bracket that has all its trials, the lowest round first."""
        under_way = [t for t in self.having("RUNNING", "QUEUED") if t.bracket == bracket]
        for k, rung in enumerate(ladder[:-1]):
            if any(t.rung <= k for t in under_way):
                return None
            keep = int(self.planned(bracket) / self.eta ** (k + 1))
            for score, trial in rung.ranked()[:keep]:
                if trial not in rung.promoted and trial not in rung.out and score.valid:
                    rung.promoted.add(trial)
                    return self.trials[trial]
        return None

    def quota_of(self, trial, k, n):
        return min(n, int(self.planned(trial.bracket) / self.eta ** (k + 1)))
