"""A training file without a daemon: one trial with the defaults, trained to the end.

It keeps the shape of a session, so that the same file runs alone; it never opens a connection.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from ashad_client.decision import Decision
from ashad_client.errors import misuse
from ashad_client.session.attempt import Attempt, PendingCall
from ashad_client.session.effects import Effects
from ashad_client.session.session import Session
from ashad_client.transport.rpc import Answer, Request, Rpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import configuration

log = logging.getLogger("ashad_client")


class Standalone(Session):
    """A session that plays the daemon's part for one trial of each study."""

    def begin(self, worker: str) -> None:
        """Hold nothing, and offer nothing."""
        super().begin(worker)
        self._offered: Attempt | None = None

    @property
    def needs_background(self) -> bool:
        """Never: there is nobody to send a heartbeat to."""
        return False

    def offer(
        self, study: str, defaults: Mapping[str, Any] | None, max_resource: int | None
    ) -> None:
        """Set the one trial. Raises `Error` where it is not told what to run."""
        if defaults is None or max_resource is None:
            raise misuse(
                "STANDALONE",
                "no daemon is set, so trials() needs defaults={...} and max_resource=N; "
                "or set ASHAD_ADDRESS",
            )
        assignment = pb.Assignment(
            study=study,
            attempt=1,
            params=configuration(defaults).params,
            target_resource=max_resource,
            max_resource=max_resource,
            next_resource=max_resource,
        )
        self._offered = Attempt(assignment)

    def suggest(self, study: str, timeout_s: float | None) -> Effects[Attempt | None]:
        """Hand out the one trial, once."""
        del timeout_s
        yield from ()
        self._refuse_second_trial()
        attempt, self._offered = self._offered, None
        self.held = attempt
        if attempt is not None:
            log.warning("no daemon: %s runs alone with %s", study, attempt.params)
        return attempt

    def report(
        self, attempt: Attempt, resource: Any, checkpoint: str | None, metrics: Mapping[str, Any]
    ) -> Effects[Decision]:
        """Log it; go on to the last resource."""
        yield from ()
        item = attempt.report(resource, checkpoint, metrics)
        if not attempt.over:
            request = item.request
            log.info("%d: %s", request.resource, {m.name: m.value for m in request.metrics})
            attempt.position = max(attempt.position, request.resource)
            if attempt.position >= attempt.max_resource:
                attempt.end("MAX_RESOURCE")
        return attempt.decision

    def finish(self, attempt: Attempt, item: PendingCall, reason: str) -> Effects[None]:
        """End the trial; nobody is told."""
        del item
        yield from ()
        if not attempt.over:
            attempt.end(reason)
        self.held = None
        if attempt.run_log is not None:
            attempt.run_log.end(attempt.decision)

    def ask_stop(self, study: str, trial: int, attempt: int) -> Effects[bool]:
        """Return False: nobody has decided anything."""
        del study, trial, attempt
        yield from ()
        return False

    def ask_study(self, call: Rpc[Request, Answer], request: Request) -> Effects[Answer]:
        """Let a study be made, as far as the caller can see; refuse the rest."""
        del call
        yield from ()
        if not isinstance(request, pb.CreateStudyRequest):
            raise misuse("STANDALONE", "this client runs without a daemon: set ASHAD_ADDRESS")
        answer = pb.CreateStudyResponse(study=pb.Study(name=request.study, spec=request.spec))
        return cast("Answer", answer)

    def close(self, error: BaseException | None = None) -> Effects[None]:
        """Hold nothing any more, and refuse all calls."""
        del error
        yield from ()
        self.held, self.outbox.closed = None, True
