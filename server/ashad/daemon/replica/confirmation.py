"""A writer that lets nothing be answered before the replica has it.

Asks Litestream, over its control socket on this machine, to copy what was committed and to say so.
It waits as long as that takes: an answer that goes out is never lost with this machine.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ashad.store import Batch, Writer

ASSIGNMENTS, ALL = "assignments", "all"
_REPEATED = {"report", "entry", "trial"}  # tables of what a living worker can say again
_TRY_S = 10.0
_PAUSE_S = 0.2


class ConfirmedWriter:
    """Writes to a file, and waits for its replica.

    `what`: "all" waits for every commit; "assignments" not for those that hold nothing but reports,
    which their workers repeat to a daemon that has not got them.
    """

    def __init__(self, inner: Writer, control: Path, what: str, log: Callable[..., object]) -> None:
        self._inner, self._log = inner, log
        self._control, self._all = control, what == ALL
        self._asked = json.dumps({"path": str(inner.path.absolute()), "wait": True, "timeout": 5})
        self._ending = threading.Event()
        self.batch, self.probe, self.purge = inner.batch, inner.probe, inner.purge

    def commit(self, batch: Batch) -> None:
        """Write a batch durably, here and in the replica."""
        self._inner.commit(batch)
        if self._all or batch.rows.keys() - _REPEATED:
            self._confirm()

    def end(self) -> None:
        """Wait for the replica no more: nobody is answered any more."""
        self._ending.set()

    def _confirm(self) -> None:
        told = False
        while not self._ending.is_set():
            wrong = self._ask()
            if not wrong:
                if told:
                    self._log("replica_back", socket=str(self._control))
                return
            if not told:
                self._log("replica_away", socket=str(self._control), why=wrong)
                told = True
            self._ending.wait(_PAUSE_S)

    def _ask(self) -> str:
        """Have it copied; return what kept it from being, or nothing."""
        connection = _Connection(self._control)
        try:
            connection.request("POST", "/sync", self._asked, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read(4096)
            said: Any = json.loads(body)
            if answer.status == http.client.OK and said["replicated_txid"] >= said["txid"]:
                return ""
            return body.decode(errors="replace").strip()
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
            return str(error) or repr(error)
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket of this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TRY_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
