"""ashad_client: asks an ashad daemon for configurations, reports metrics, hears when to stop.

    client = ashad_client.connect()
    for trial in client.trials("digits"):            # ends when the study is finished
        model = build(**trial.params)
        for epoch in trial.steps():                  # ends when told to stop
            trial.report(epoch, validation_error=train_one_epoch(model))

Needs grpcio and protobuf, nothing else. Training goes on through an outage of the daemon; a stop
never raises. How it is built:

_async          the client, for asyncio
_sync           the same for threads, generated from it
aio             the public names of the asyncio client
session         says what to do without doing it
transport       the way to the daemon
dialect         the keys of a study, in files and in Python
tables          a study as data frames and in notebooks
trackers        TensorBoard, MLflow and W&B beside the daemon
plots           pictures of a study
spec            what a study is made of, in plain Python
study_requests  requests of the calls about studies
ranks           several ranks that train one trial
records         what these calls return
decision        the answer to a report
errors          the one error
integration     what reports from within a training framework; imported by the user alone
fleet           how many workers a study can use, and what starts them
security        TLS, and a token with each try
settings        what `connect` is told
attributes      where and how a process runs
text            text that is typed or printed, made safe
values          native Python values to those of the contract, and back
v1              the contract, generated
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ashad_client import aio
from ashad_client._sync.client import Client
from ashad_client._sync.trial import Trial
from ashad_client.decision import CONTINUE, PAUSE, STOP, Decision
from ashad_client.errors import Error
from ashad_client.records import (
    AttemptStatus,
    StoredReport,
    StudyStatus,
    TrialExplanation,
    TrialStatus,
)
from ashad_client.security import PathLike
from ashad_client.settings import DEFAULT_ADDRESS, resolve
from ashad_client.spec import choice, integer, load, loguniform, study_spec, uniform
from ashad_client.study_requests import Best
from ashad_client.values import StudyState, TrialState

if TYPE_CHECKING:
    from ashad_client.ranks import SharedClient

__version__ = "0.2.0"

__all__ = [
    "CONTINUE",
    "DEFAULT_ADDRESS",
    "PAUSE",
    "STOP",
    "AttemptStatus",
    "Best",
    "Client",
    "Decision",
    "Error",
    "StoredReport",
    "StudyState",
    "StudyStatus",
    "Trial",
    "TrialExplanation",
    "TrialState",
    "TrialStatus",
    "aio",
    "choice",
    "connect",
    "integer",
    "load",
    "loguniform",
    "shared",
    "study_spec",
    "uniform",
]


def connect(
    address: str | None = None,
    *,
    ca: PathLike | None = None,
    cert: PathLike | None = None,
    key: PathLike | None = None,
    token_file: PathLike | None = None,
    worker: str | None = None,
    standalone: bool | None = None,
    outage_s: float = 86_400.0,
    max_wait_s: float = 30.0,
    close_timeout_s: float = 30.0,
    call_timeout_s: float = 60.0,
    attributes: bool | Mapping[str, object] = True,
) -> Client:
    """Make a client. It connects when first used, so this never fails for want of a daemon.

    `address`: host:port; else ASHAD_ADDRESS, else 127.0.0.1:2742.
    `ca`, `cert`, `key`: PEM files; with `ca` the connection is TLS, verified by it, and `cert` with
    `key` shows a certificate of one's own; else ASHAD_CA, ASHAD_CERT, ASHAD_KEY.
    `token_file`: the file that holds the caller's token, read for each try; else ASHAD_TOKEN_FILE.
    `worker`: a stable worker id, which makes a restarted worker recognisable and must be held by
    one process at a time; else ASHAD_WORKER, else one that no other client object has.
    `standalone`: with no address given or set, run one dummy trial without a daemon; else whether
    ASHAD_STANDALONE is 1.
    `outage_s`: ride out a daemon that is away for so many seconds (a day).
    `max_wait_s`: let the daemon hold a request for a trial so long (at most 300).
    `close_timeout_s`: spend at most so long at the end on what is still to be sent.
    `call_timeout_s`: deadline of the calls about studies, retries included.
    `attributes`: what is told of each attempt. True: host, gpu, git_commit and command (without
    what looks like a secret), as far as they are found; a mapping: its entries besides, of which
    None leaves one out; False, or ASHAD_ATTRIBUTES=0 for what is not given: nothing.
    Raises `Error` for an argument that cannot be right.
    """
    return Client(
        resolve(
            address,
            worker,
            ca=ca,
            cert=cert,
            key=key,
            token_file=token_file,
            standalone=standalone,
            outage_s=outage_s,
            max_wait_s=max_wait_s,
            close_timeout_s=close_timeout_s,
            call_timeout_s=call_timeout_s,
            attributes=attributes,
        )
    )


def shared(client: Client, group: Any = None) -> SharedClient:
    """Make the client one of all ranks: each trial is taken once, and all ranks agree.

    Call it on every rank, in the main thread, before the first trial; alone it changes nothing.
    `group`: None for what the launcher says (torchrun, `accelerate launch`, mpirun, or JAX once it
    is initialized), `torch.distributed`, an Accelerator, an MPI communicator, `jax`, or whatever
    has `rank`, `size` and `broadcast(text)`. On every rank the loop yields the same trials, each
    with the same params, seed, start and checkpoint; `report` is called by all at the same steps,
    reports the value of rank 0, warns where another rank has another one, and returns the same
    decision. An exception on any rank fails the trial. SIGTERM, where nobody handles it, ends the
    process as `sys.exit(143)` does, so that the trial is given back. Raises `Error` RANKS_DISAGREE
    where ranks are not at the same step, RANK_FAILED and RANK_LOST where one of them is not there
    any more.
    """
    from ashad_client.ranks import SharedClient, group_of

    return SharedClient(client, group_of(group))
