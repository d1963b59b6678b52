"""What the tests of the core share: a study with its archive, driven call by call."""

from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import ReportContent
from ashad.core.kinds import AdaptiveAsha, Asha
from ashad.core.space import Float
from ashad.core.spec import Limits, StudySpec

SPACE = {"x": Float(0.0, 1.0)}


def asha(top, eta, *, promotion, least=1, maximize=False, max_trials=None, **rest):
    limits = Limits(max_trials=max_trials)
    algorithm = Asha(promotion, least, eta)
    return StudySpec("loss", maximize, top, SPACE, algorithm, limits=limits, **rest)


def adaptive(top, trials, **how):
    return StudySpec(
        "loss", False, top, SPACE, AdaptiveAsha(**how), limits=Limits(max_trials=trials)
    )


class Search:
    """A study whose records are committed at once, and workers without a mind of their own."""

    def __init__(self, spec, seed=0):
        self.memory = InMemoryArchive()
        self.records = []
        self.now = self.calls = 0
        self.study, records = Study.create("s", "uid", spec, seed, self.now, self.memory)
        self.keep(records)

    @property
    def state(self):
        return self.study.state

    def keep(self, records):
        self.records += records
        self.memory.take(records)
        self.state.committed(self.state.seq)

    def do(self, method, *arguments, **named):
        self.now += 1
        result = getattr(self.study, method)(self.now, *arguments, **named)
        *answer, records = (result,) if isinstance(result, list) else result
        self.keep(records)
        return answer[0] if answer else None

    def suggest(self, worker="w"):
        self.calls += 1
        return self.do("suggest", worker, f"r{self.calls}")

    def report(self, assignment, resource, value, checkpoint=None):
        content = ReportContent(resource, value, None, checkpoint)
        return self.do("report", assignment.key, content)

    def end(self, method, assignment, **named):
        return self.do(method, assignment.key, **named)

    def jobs(self, loss, most=None):
        """Let one worker train level by level; yield (trial, level, decision) of each report."""
        while most is None or most > 0:
            job = self.suggest()
            if not isinstance(job, Assignment):
                return
            level, told = job.next_resource, "CONTINUE"
            while told == "CONTINUE" and (most is None or most > 0):
                decision = self.report(job, level, loss(job.trial, level), f"mem:{level}")
                yield job.trial, level, decision
                told = decision.action
                level = decision.next_resource
                most = None if most is None else most - 1

    def sizes(self):
        return [[rung.size for rung in bracket.rungs] for bracket in self.state.brackets]

    def resting(self):
        """How many trials came to rest at each resource."""
        found = {}
        for row in self.memory.trials.values():
            found[row.resource] = found.get(row.resource, 0) + 1
        return dict(sorted(found.items()))
