"""The asyncio client.

    async with ashad_client.aio.connect() as client:
        async for trial in client.trials("digits"):
            for epoch in trial.steps():
                await trial.report(epoch, validation_error=await train_one_epoch(trial.params))

The blocking client is generated from it; a client belongs to one loop, and never blocks it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ashad_client._async.client import Client
from ashad_client._async.trial import Trial
from ashad_client.security import PathLike
from ashad_client.settings import resolve

__all__ = ["Client", "Trial", "connect"]


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
    """Make an asyncio client; arguments, defaults and errors as for `ashad_client.connect`."""
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
