"""ashad: hyperparameter search by asynchronous successive halving, as a service.

One idea: a study is a deterministic state machine. Decide, record, commit, reply: a request is
decided in memory by a pure core, the core hands out the records that say what happened, the records
are committed to SQLite, and only then does the answer leave. A restart loads the records and is the
same study; running the recorded requests again through a fresh core gives the same decisions.

cli        starts things
daemon     starts the service
service    speaks to the outside
web        the contract over HTTP, and the page
simulate   runs the same under a virtual clock
scheduler  holds the studies, the clock, the commit queue
store      holds the file
outside    samplers of Optuna and of one's own, in processes beside the daemon
core       decides; pure
security   tokens, certificates, TLS

Each imports only from below. The way of a report: `SchedulerService.Report`
(proto to arguments), `Scheduler.report` (finds the study, renews the lease), `Study.report`
(decides, returns the decision and records), the open batch, commit, reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

    from ashad_client import Client

__version__ = "0.2.0"


def local(db: str | PathLike[str] | None = None, **settings: Any) -> Client:
    """Return a client of a daemon of this user's own, for a notebook or a script without one.

    The daemon is started if it is not there, found by the next process that asks for the same
    database, and ends when the last client of it is closed or its process has ended. `db`: the
    database file; else ASHAD_DB, else that of `ashad` on this machine. Where an ordinary daemon
    serves it already, that one is used. The other settings are those of `ashad_client.connect`.
    Raises `ashad_client.Error` LOCAL where no daemon can be started.
    """
    from ashad.cli.local.door import open_client  # noqa: PLC0415  # `import ashad` starts nothing

    return open_client(db, settings)
