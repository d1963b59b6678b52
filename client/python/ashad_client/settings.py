"""What a client is told at `connect`: arguments first, then the environment, then defaults.

Nothing here touches the network.
"""

from __future__ import annotations

import os
import re
import socket
import uuid
from dataclasses import dataclass

from ashad_client.attributes import Attributes, Given, settle
from ashad_client.errors import invalid
from ashad_client.security import PathLike, Security, secure
from ashad_client.text import split_targets

DEFAULT_PORT = 2742
DEFAULT_ADDRESS = f"127.0.0.1:{DEFAULT_PORT}"


@dataclass(frozen=True)
class Settings:
    """Settled settings of one client; all times in seconds."""

    address: str
    security: Security
    worker: str
    worker_is_stable: bool
    standalone: bool
    outage_s: float
    max_wait_s: float
    close_timeout_s: float
    call_timeout_s: float
    attributes: Attributes = ()


def resolve(
    address: str | None,
    worker: str | None,
    *,
    ca: PathLike | None,
    cert: PathLike | None,
    key: PathLike | None,
    token_file: PathLike | None,
    standalone: bool | None,
    outage_s: float,
    max_wait_s: float,
    close_timeout_s: float,
    call_timeout_s: float,
    attributes: Given = True,
) -> Settings:
    """Fill in what was not given. Raises `Error` for what cannot be right."""
    given = address or os.environ.get("ASHAD_ADDRESS") or ""
    if standalone is None:
        standalone = os.environ.get("ASHAD_STANDALONE") == "1"
    stable = worker or os.environ.get("ASHAD_WORKER") or ""
    if stable and not re.fullmatch(r"[!-~]{1,200}", stable):
        raise invalid("worker: 1 to 200 printable ASCII characters without spaces")
    if not 0 <= max_wait_s <= 300:
        raise invalid(f"max_wait_s: 0 to 300 seconds, not {max_wait_s}")
    target = target_of(given or DEFAULT_ADDRESS)
    return Settings(
        address=target,
        security=secure(target, ca, cert, key, token_file),
        worker=stable or unique_worker(),
        worker_is_stable=bool(stable),
        standalone=standalone and not given,
        outage_s=outage_s,
        max_wait_s=max_wait_s,
        close_timeout_s=close_timeout_s,
        call_timeout_s=call_timeout_s,
        attributes=settle(attributes),
    )


def unique_worker() -> str:
    """Make a worker id that no other client object has: host, process, random."""
    host = re.sub(r"[^!-~]", "-", socket.gethostname())[:100]
    return f"{host or 'host'}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def target_of(address: str) -> str:
    """Return what gRPC calls each address, the port filled in. Raises `Error`."""
    each = [_target(one.strip(" "), address) for one in split_targets(address)]
    twice = next((one for one in each if each.count(one) > 1), None)
    if twice:
        raise invalid(f"address: {address!r} names {twice} twice: give each daemon once")
    return ",".join(each)


def _target(address: str, whole: str) -> str:
    if not address:
        raise invalid(f"address: {whole!r} names none between two commas")
    scheme, found, _ = address.partition("://")
    if found and scheme not in ("dns", "ipv4", "ipv6", "unix"):
        raise invalid(f"address: give host:port without {scheme}://, not {address!r}")
    if address.startswith(("dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:")):
        return address
    if address.endswith("]") or ":" not in address:
        return f"{address}:{DEFAULT_PORT}"
    port = address.rpartition(":")[2]
    if not re.fullmatch(r"0*[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise invalid(f"address: {address!r} has no port from 1 to 65535")
    return address
