"""`ashad.local()`: the private daemon from within Python, used as long as its client is open."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ashad_client
import click
from ashad_client.errors import misuse
from ashad_client.settings import DEFAULT_ADDRESS

from ashad.cli.config import default_db
from ashad.cli.local.private_daemon import private_daemon, when_it_dies

log = logging.getLogger("ashad_client")

_SECURITY = ("ASHAD_CA", "ASHAD_CERT", "ASHAD_KEY", "ASHAD_TOKEN_FILE")


def open_client(db: str | os.PathLike[str] | None, settings: dict[str, Any]) -> ashad_client.Client:
    """Return a client of the private daemon of `db`, started if it is not there."""
    if "address" in settings:
        raise misuse("LOCAL", "local() finds its daemon itself: leave address out, or connect()")
    path = Path(db or os.environ.get("ASHAD_DB") or default_db())
    other = os.environ.get("ASHAD_ADDRESS") or DEFAULT_ADDRESS
    used = contextlib.ExitStack()
    with contextlib.ExitStack() as undo:
        undo.callback(used.close)
        try:
            found = used.enter_context(private_daemon(path, other, allow_network_fs=False))
        except click.ClickException as error:
            raise misuse("LOCAL", error.message) from None
        if found.private:
            used.enter_context(when_it_dies(path, _mourn))
        with _without(_SECURITY if found.private else ()):
            client = ashad_client.connect(found.address, **settings)
        client.when_closed(_in_this_process(used.close))
        undo.pop_all()
    return client


def _mourn(last_words: str) -> None:
    log.error("the private daemon ended: %s; what it took is kept", last_words)


def _in_this_process(leave: Callable[[], object]) -> Callable[[], None]:
    """Let a forked child close its client and leave the daemon to its parent."""
    process = os.getpid()

    def leave_here() -> None:
        if os.getpid() == process:
            leave()

    return leave_here


@contextlib.contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Hide variables that are meant for another daemon: the private one asks for nothing."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
