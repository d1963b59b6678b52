"""Population based training, read naively: the paper's loop with the quantiles of Ray's.

Never read from `ashad.core`. Which of the donors it is, and what is drawn, is not said here: a
report leaves those that it may be, and `born` takes the one that it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from tests.support.oracle import Study, Trial

MEMBERS = ("QUEUED", "RUNNING", "PAUSED")


@dataclass
class Members(Study):
    """Those that have not ended, ranked by the level that each reached last."""

    population: int = 2
    share: Fraction = Fraction(1, 4)
    over: bool = False  # the study ends with the next report
    children: set = field(default_factory=set)
    stands: list = field(default_factory=list)  # (standing, trial), the latest last
    donors: list = field(default_factory=list)  # of the last report
    parent: Trial | None = None  # who waits to be replaced

    def spent_members(self):
        """Whether no new member is to be made; those that are infeasible are made up for."""
        alive = [t for t in self.trials if t.state != "INFEASIBLE"]
        return self.spent() or len(alive) - len(self.children) >= self.population

    def waiting(self):
        """Who is furthest behind of those that nobody trains, the oldest first."""
        return sorted(self.having("QUEUED", "PAUSED"), key=lambda t: (t.rung, t.number))

    def get_job(self, worker):
        own = [t for t in self.having("QUEUED") if t.worker == worker and t.attempt]
        found = self.waiting()
        if own:
            return own[0]
        if not self.spent_members() and not (found and found[0].rung == 0):
            return self.make()
        return found[0] if found else None

    def report(self, trial, resource, value, *, checkpoint, metrics=None):
        self.reclaim(trial)
        assert trial.state == "RUNNING"
        assert resource > trial.at
        score, ladder = self.score(value, metrics), self.ladders[trial.bracket]
        level = len([rung for rung in ladder if rung.level <= resource])
        reached, stood, action = level > trial.rung, None, "CONTINUE"
        trial.at, trial.reported, trial.latest = resource, True, value
        trial.checkpoint = resource if checkpoint else trial.checkpoint
        if score.group == 0:
            self.values.append((value, trial.number, resource))
        self.donors = []
        if reached:
            action, stood = self.compare(trial, level, score, saved=checkpoint)
        if reached and action != "STOP":
            trial.rung = level
        done = resource >= self.top and score.valid
        ended = {"STOP": "COMPLETED" if done else "STOPPED", "PAUSE": "PAUSED"}
        trial.state = ended.get(action, "RUNNING")
        return action, stood

    def compare(self, trial, level, score, *, saved):
        """Return what a level decides, and where its member stands."""
        self.stands = [entry for entry in self.stands if entry[1] is not trial]
        self.stands.append((score, trial))
        ranked = [entry for entry in self.stands if entry[1].state in MEMBERS]
        ranked = sorted(ranked, key=lambda entry: entry[0])  # a stable sort: ties by arrival
        n = len(ranked)
        ends = min(ceil(n * self.share), n // 2)
        rank = [t for _, t in ranked].index(trial) + 1
        cut = ranked[n - ends - 1][0]
        cutoff = None if cut.group else self.turned(cut.score)
        stood = level - 1, rank, n, n - ends, cutoff
        if trial.at >= self.top:
            return "STOP", stood
        if self.over:
            return "CONTINUE" if score.valid else "STOP", stood
        if (rank > n - ends or not score.valid) and not self.spent():
            self.donors = [t for s, t in ranked[:ends] if s < score and t.checkpoint]
        if self.donors:
            self.parent = trial
        if self.donors or not score.valid:
            return "STOP", stood
        behind = [t for t in self.waiting() if t.rung < level]
        waits = saved and (behind or not self.spent_members())
        return "PAUSE" if waits else "CONTINUE", stood

    def born(self, donor):
        """The new trial that goes on for the one that exploited."""
        start = donor.checkpoint
        rung = len([one for one in self.ladders[0] if one.level <= start])
        trial = Trial(len(self.trials), 0, checkpoint=start, rung=rung)
        self.trials.append(trial)
        self.children.add(trial.number)
        self.parent = None
        return trial

    def fail(self, trial):
        trial.state = "FAILED"

    def cancel(self, trial):
        trial.state = "CANCELLED"
