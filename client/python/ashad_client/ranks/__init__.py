"""Several ranks that train one trial: one of them asks the daemon, and all of them agree.

A client that is shared takes each trial once, on rank 0, and every decision is made once and heard
by every rank at the same step.

agreement      a word of each rank, and one answer for all
client         the loop over trials, on every rank
group          which rank this process is, by torch, Accelerate, MPI, JAX or XGBoost
message        what ranks say to each other
star      the line between rank 0 and the others
trial          a trial that all ranks hold
"""

from __future__ import annotations

from ashad_client.ranks.client import SharedClient
from ashad_client.ranks.group import Group, group_of
from ashad_client.ranks.trial import SharedTrial

__all__ = ["Group", "SharedClient", "SharedTrial", "group_of"]
