"""The answer to a report, as plain Python. Never an exception: a stop is an answer."""

from __future__ import annotations

from dataclasses import dataclass

from ashad_client.v1 import ashad_pb2 as pb

CONTINUE = "CONTINUE"
STOP = "STOP"
PAUSE = "PAUSE"

# An action added to the contract later must not end a training that an old client runs.
_ACTIONS = {pb.ACTION_STOP: STOP, pb.ACTION_PAUSE: PAUSE}


@dataclass(frozen=True)
class Decision:
    """What to do, and why.

    `action` is "CONTINUE", "STOP" (for good) or "PAUSE" (the checkpoint may be resumed later).
    `reason` is a word of the contract (IN_TOP, BELOW_CUTOFF, MAX_RESOURCE, SUPERSEDED, ...), or of
    this client: UNREACHABLE (the report is queued, go on), OUTAGE (the daemon stayed away too
    long), or the reason of a refusal.

    The other fields are the grounds where a rung was entered: its bracket, number and level, the
    `rank` of the trial (1 = best) among `size` entries, of which `quota` may go on, and the metric
    at the `cutoff`. `next_resource` is where the next decision will be made, `late` that the report
    came after its level, `current_attempt` who holds a superseded trial now.
    """

    action: str
    reason: str = ""
    bracket: int = 0
    rung: int | None = None
    level: int = 0
    rank: int = 0
    size: int = 0
    quota: int = 0
    cutoff: float | None = None
    next_resource: int = 0
    late: bool = False
    current_attempt: int = 0

    @property
    def should_stop(self) -> bool:
        """True for STOP and PAUSE: leave the loop and ask for another trial."""
        return self.action != CONTINUE


def read(message: pb.Decision) -> Decision:
    """Read the message of the contract."""
    return Decision(
        action=_ACTIONS.get(message.action, CONTINUE),
        reason=message.reason,
        bracket=message.bracket,
        rung=message.rung if message.HasField("rung") else None,
        level=message.level,
        rank=message.rank,
        size=message.size,
        quota=message.quota,
        cutoff=message.cutoff if message.HasField("cutoff") else None,
        next_resource=message.next_resource,
        late=message.late,
        current_attempt=message.current_attempt,
    )
