"""GetParameterImportance: of the trials of one level, kept as long as the study stands still."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from ashad_client.v1 import ashad_pb2 as pb
from numpy.typing import NDArray

from ashad.core.engine.configurations.versions import SpaceVersions
from ashad.core.engine.state import State
from ashad.core.errors import invalid
from ashad.core.space import Constant
from ashad.core.spec import StudySpec
from ashad.service.reads.anova import chosen, importance, top_size
from ashad.service.reads.pages import Memory
from ashad.service.reads.sample import Numbers, least
from ashad.store import Reader
from ashad.store.queries.trials import configurations

MOST = 10_000  # trials that are compared
LEAST = 10
_BEST = 0.1  # share of the trials that are the best, if nothing is said
_KEPT = 64


class LevelEntries(NamedTuple):
    """The trials of a level and their scores, smaller for better ones."""

    level: int
    trials: Numbers
    scores: NDArray[np.float64]


class ImportanceCache:
    """The latest answers, each good for one sequence number of one study."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], pb.GetParameterImportanceResponse] = (
            OrderedDict()
        )

    def find(self, uid: str, asked: bytes, seq: int) -> pb.GetParameterImportanceResponse | None:
        """Return the answer to this question as the study stands."""
        found = self._kept.get((uid, asked))
        return found if found is not None and found.commit_seq == seq else None

    def keep(self, uid: str, asked: bytes, answer: pb.GetParameterImportanceResponse) -> None:
        """Keep an answer."""
        self._kept[uid, asked] = answer
        self._kept.move_to_end((uid, asked))
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def share(request: pb.GetParameterImportanceRequest) -> float:
    """Return the share of the trials that are the best."""
    if request.best_fraction and not 0 < request.best_fraction < 1:
        raise invalid("best_fraction", "give a number above 0 and below 1, or 0 for 0.1")
    return request.best_fraction or _BEST


def evidence(state: State, level: int) -> LevelEntries:
    """Return the trials that are compared, and their scores; copies what entered the level."""
    brackets, varying = state.brackets, _varying(state.spec)
    levels = brackets.levels()
    if level and level not in levels:
        known = ", ".join(map(str, levels[::-1][:20]))
        raise invalid("level", f"this study compares trials at {known}; give one of them, or 0")
    level = level or chosen({at: brackets.size(at) for at in levels}, varying)
    parts = brackets.columns(level) if level else []
    scores = np.concatenate([part for part, _ in parts] or [np.empty(0)])
    trials = np.concatenate([part for _, part in parts] or [np.empty(0, np.uint32)])
    return LevelEntries(level, trials, scores)


def answer(
    reader: Reader, memory: Memory, spaces: SpaceVersions, found: LevelEntries, best: float
) -> pb.GetParameterImportanceResponse:
    """Return how much each parameter counts."""
    valid = np.isfinite(found.scores)
    scores = dict(zip(found.trials[valid].tolist(), found.scores[valid].tolist(), strict=True))
    numbers = least(np.array(list(scores), np.uint32), MOST).tolist()
    if len(numbers) < LEAST:
        return pb.GetParameterImportanceResponse(commit_seq=memory.seq)
    params = configurations(reader, memory.number, numbers)
    space = spaces.now.view
    if len(spaces.all) > 1:  # as the space is by now, without what it does not hold
        seen = {number: space.of(one) for number, one in params.items()}
        params = {number: one for number, one in seen.items() if one is not None}
        if len(params) < LEAST:
            return pb.GetParameterImportanceResponse(commit_seq=memory.seq)
    ranked = [scores[number] for number in params]
    counts = importance(space.space, list(params.values()), ranked, best)
    ordered = sorted(counts, key=lambda name: -counts[name])  # of equal ones, as in the space
    return pb.GetParameterImportanceResponse(
        parameters=[pb.ParameterImportance(name=name, importance=counts[name]) for name in ordered],
        level=found.level,
        trials=len(ranked),
        best_trials=top_size(ranked, best),
        commit_seq=memory.seq,
    )


def _varying(spec: StudySpec) -> int:
    return sum(not isinstance(domain, Constant) for domain in spec.space.values())
