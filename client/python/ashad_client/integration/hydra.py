"""Within a Hydra app: the trial that a job of `--multirun` trains. Imports nothing of Hydra.

The sweeper itself is `hydra_plugins.hydra_ashad_sweeper`, which Hydra finds by its name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import ashad_client
from ashad_client import Client, Trial
from ashad_client.errors import misuse

_held: list[tuple[Trial, Iterator[Trial] | None]] = []


def current(max_resource: int | None = None) -> Trial:
    """Return the trial of this job; a job that is no sweep's has one of its own, without a daemon.

    That one is trained to `max_resource`. Raises `Error` where it is needed and missing.
    """
    if not _held:
        if max_resource is None:
            raise misuse(
                "NO_TRIAL", "no sweep runs this job: current(max_resource=N) says how far it trains"
            )
        settings = ashad_client.connect()._settings  # noqa: SLF001
        alone = Client(dataclasses.replace(settings, standalone=True))
        loop = alone.trials("alone", defaults={}, max_resource=max_resource)
        enter(next(loop), loop)
    return _held[-1][0]


def enter(trial: Trial, loop: Iterator[Trial] | None = None) -> None:
    """Make a trial the current one; called by the sweeper's worker."""
    _held[:] = [(trial, loop)]
