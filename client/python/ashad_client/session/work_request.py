"""The request for a trial: it keeps its id until the answer is known.

Whatever interrupts it (cancellation, Ctrl-C, no more time), the next one is the same request. With
another id the daemon would take it for a worker that was started anew, and the trial that it may
have handed out would be one that nobody trains.
"""

from __future__ import annotations

import time
import uuid

from ashad_client.attributes import Attributes
from ashad_client.errors import Error
from ashad_client.session.effects import Effects
from ashad_client.session.outbox import Outbox
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

_GRACE_S = 5.0


class WorkRequest:
    """Asks for trials, one request after the other."""

    def __init__(self, outbox: Outbox, attributes: Attributes) -> None:
        """`attributes`: what is told of an attempt."""
        self._outbox = outbox
        self._attributes = [pb.Attribute(name=name, value=value) for name, value in attributes]
        self._unanswered: pb.SuggestRequest | None = None

    def of_another(self, study: str) -> bool:
        """Whether the answer to a request for another study is not known."""
        return self._unanswered is not None and self._unanswered.study != study

    def ask(
        self, study: str, worker: str, max_wait_s: float, deadline: float
    ) -> Effects[pb.SuggestResponse]:
        """Ask once, and again until there is an answer. Raises `Error`."""
        self._outbox.check_open()
        left_s = deadline - time.monotonic()
        if left_s <= 0 or self._outbox.queue:
            raise out_of_time(study, "the daemon is away")
        request = self._unanswered or pb.SuggestRequest(
            study=study,
            worker=worker,
            request_id=str(uuid.uuid4()),
            attributes=self._attributes,
        )
        return (yield from self._ask(request, min(max_wait_s, left_s), deadline))

    def take_back(self, deadline: float) -> Effects[pb.Assignment | None]:
        """Learn what a request that nobody waits for any more was answered with. Raises `Error`."""
        if self._unanswered is None:
            return None
        try:
            answer = yield from self._ask(self._unanswered, 0.0, deadline)
        except Error as error:
            if error.undelivered:
                raise
            return None
        return answer.assignment if answer.HasField("assignment") else None

    def _ask(
        self, request: pb.SuggestRequest, wait_s: float, deadline: float
    ) -> Effects[pb.SuggestResponse]:
        self._unanswered = request
        request.max_wait.FromNanoseconds(int(wait_s * 1e9))
        try_s = rpc.SUGGEST.deadline_s + wait_s
        # Some grace, so as not to hang up on an answer: it may be a trial.
        deadline += _GRACE_S
        try:
            answer = yield from self._outbox.ask(
                rpc.SUGGEST, request, try_s=try_s, deadline=deadline
            )
        except Error as error:
            if not error.undelivered:
                self._unanswered = None
            raise
        self._unanswered = None
        return answer


def out_of_time(study: str, why: str) -> Error:
    """Make the error of a caller whose time is up."""
    return Error(
        f"no trial of {study} in the time given: {why}", code="DEADLINE_EXCEEDED", reason="NO_TRIAL"
    )
