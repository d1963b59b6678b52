"""SummarizeStudy: a study with a histogram of each of its rungs. From memory alone."""

from __future__ import annotations

import asyncio

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.brackets.histogram import Histogram, histogram
from ashad.core.engine.state import State
from ashad.core.engine.study import Study


async def histograms(study: Study, shown: pb.Study) -> list[pb.RungHistogram]:
    """Return a histogram for each rung that is shown and has an entry; others have their turn."""
    found = []
    for ladder in shown.brackets:
        await asyncio.sleep(0)
        rungs = study.state.brackets[ladder.bracket].rungs
        for rung in ladder.rungs:
            if rungs[rung.rung].size:
                of = histogram(rungs[rung.rung], study.state.spec.worst_score)
                found.append(_message(study.state, ladder.bracket, rung.rung, of))
    return found


def _message(state: State, bracket: int, rung: int, found: Histogram) -> pb.RungHistogram:
    message = pb.RungHistogram(
        bracket=bracket,
        rung=rung,
        worse=found.worse,
        diverged=found.diverged,
        infeasible=found.infeasible,
    )
    if not found.counts:
        return message
    up = -1 if state.spec.maximize else 1  # a score that is better is a metric that is higher
    ends = sorted((state.spec.score(found.low), state.spec.score(found.high)))
    message.low, message.high = ends
    message.counts.extend(found.counts[::up])
    message.promoted.extend(found.promoted[::up])
    return message
