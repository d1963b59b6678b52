"""A build in which only rank 0 hears: what all ranks agree on is there for this."""

import os

import ashad_client
from ashad_client.ranks import SharedTrial


def deafen() -> None:
    """Let this process go on whatever was decided, unless it is rank 0."""
    hear = SharedTrial._hear

    def deaf(trial, word, own):
        hear(trial, word, own)
        trial.decision = ashad_client.Decision(ashad_client.CONTINUE)

    if os.environ.get("RANK", "0") != "0":
        SharedTrial._hear = deaf
