"""How many files and connections may be open: the soft limit is raised to the hard one."""

from __future__ import annotations

import resource
from collections.abc import Callable

RESERVED = 100  # descriptors that are not connections: the file, its threads, the log


def raise_limit(max_connections: int, log_warning: Callable[..., object]) -> int:
    """Raise the soft limit as far as it goes; return how many connections there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = hard - RESERVED if hard != resource.RLIM_INFINITY else max_connections
    if hard < max_connections and hard != resource.RLIM_INFINITY:
        log_warning(
            "descriptors_limited",
            limit=hard,
            connections=max(room, 0),
            max_connections=max_connections,
            fix="raise the hard limit (ulimit -Hn, LimitNOFILE=), or lower --max-connections",
        )
    return min(room, max_connections)
