"""As many workers as a study can use, never more than so many, until it is over. No engine here."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any, Callable

import ashad_client
from ashad_client.fleet.demand import Demand, demand_of
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

EVERY_S = 5.0
_OVER = (pb.STUDY_STATE_FINISHED, pb.STUDY_STATE_STOPPED)


def missing(demand: Demand, alive: Collection[int], most: int) -> list[int]:
    """Return the numbers of workers to start; those below `most` that are not alive, lowest first.

    Nobody is ended: a worker that has no trial ends by itself, or waits for one.
    """
    wanted = demand.within(0, most) - len(alive)
    free = (number for number in range(most) if number not in alive)
    return [number for number, _ in zip(free, range(wanted))]


def keep(
    study: str,
    most: int,
    connection: Mapping[str, Any],
    alive: Callable[[], Collection[int]],
    start: Callable[[int], object],
) -> None:
    """Start workers as they are wanted, until the study is over. Raises `Error` that will not pass.

    `alive`: the numbers of those that there are. A daemon that is away changes nothing.
    """
    with ashad_client.connect(**connection, standalone=False) as client:
        while True:
            try:
                found = client.call(rpc.GET_STUDY, pb.GetStudyRequest(study=study))
            except ashad_client.Error as error:
                if not error.transient:
                    raise
            else:
                if found.study.state in _OVER:
                    return
                for number in missing(demand_of(found.study, found.quotas), alive(), most):
                    start(number)
            time.sleep(EVERY_S)
