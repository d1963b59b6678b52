"""What is to be launched: workers of one study, the same whoever launches them. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LEAVE_S = 60.0  # beyond --grace, for an agent to give its trials back and to end

# Which variables name a file, and what it is called where it is brought.
FILES = {
    "ASHAD_TOKEN_FILE": "token",
    "ASHAD_CA": "ca.pem",
    "ASHAD_CERT": "client.pem",
    "ASHAD_KEY": "client.key",
}


@dataclass(frozen=True)
class Order:
    """Workers of a study. None: not asked for."""

    study: str
    workers: int
    command: Sequence[str]
    folder: str  # where it was typed
    agent: Sequence[str] = ()  # flags of `run`
    grace_s: float = 30.0
    gpus: int | None = None
    cpus: int | None = None
    memory: str | None = None
    time_s: float | None = None
    at_most: int | None = None
    elastic: bool | None = None
    ranks: int | None = None
    queue: str | None = None
    hosts: str | None = None
    cluster: str | None = None
    image: str | None = None
    namespace: str | None = None
    secret: str | None = None
    name: str | None = None
    python: str | None = None
    extra: Sequence[str] = ()
    # The settings by which the daemon is reached, as variables: ASHAD_ADDRESS, ASHAD_CA, ...; of
    # secrets the paths.
    variables: Mapping[str, str] = field(default_factory=dict)

    def words(self, python: str, *more: str, before: Sequence[str] = ()) -> list[str]:
        """Return the words that start an agent; `before`: what stands before the program."""
        run = [python, "-m", "ashad_client", "run", *self.agent, *more, self.study]
        return [*run, "--", *before, *self.command]

    @property
    def address(self) -> str:
        """Where workers call the daemon."""
        return self.variables["ASHAD_ADDRESS"]

    @property
    def leave_s(self) -> int:
        """How long a worker that is told to leave may take."""
        return round(self.grace_s + LEAVE_S)


def shell(words: Sequence[str]) -> str:
    """Write words so that a shell reads them as they are."""
    return " ".join(map(shlex.quote, words))


def is_here(address: str) -> bool:
    """Whether an address means the machine that uses it, so that others reach nothing by it."""
    return any(
        re.fullmatch(r"(?:localhost|127\.[0-9.]+|\[::1\]|unix):.*", one)
        for one in address.split(",")
    )


def warning_of(order: Order) -> list[str]:
    """Return a word on an address that others cannot reach; none where they can, it seems."""
    if not is_here(order.address):
        return []
    return [f"warning: on another machine {order.address} is that machine itself (ASHAD_ADDRESS)"]
