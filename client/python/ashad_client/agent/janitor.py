"""The janitor: removes the folders of checkpoints that the daemon names as obsolete.

One thread with a line of its own to the daemon, so that no training ever waits for a disk. It looks
when a trial has ended and now and then, since other agents end trials of ours. What goes wrong is
tried again at the next look; nothing of it ends the agent.
"""

from __future__ import annotations

import logging
import threading

from ashad_client import rpc
from ashad_client.agent.checkpoints import Root
from ashad_client.client import Client
from ashad_client.errors import Error
from ashad_client.v1 import ashad_pb2 as pb

log = logging.getLogger("ashad_client.agent")

_LOOK_S = 60.0
_PAUSE_S = 1.0  # many slots may end a trial at once
_NOW = 1 << 62  # no sequence number is as high: nothing is told, but where the study stands


class Janitor:
    """Keeps one root tidy while it is entered as a context, and once more at the end."""

    def __init__(self, root: Root, client: Client) -> None:
        self._root, self._client = root, client
        self._after: int | None = None
        self._said_why = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ashad-janitor", daemon=True)

    def __enter__(self) -> None:
        if not self._root.keep:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._root.ended.set()
        if not self._root.keep:
            self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while True:
            self._root.ended.clear()
            last = self._closing.is_set()
            try:
                self._look()
            except Error as error:
                if not self._said_why:
                    self._said_why = True
                    log.warning("obsolete checkpoints are not removed for now: %s", error)
            except Exception:
                log.exception("the janitor stumbled, and goes on")
            if last:
                return
            self._closing.wait(_PAUSE_S)
            self._root.ended.wait(_LOOK_S)

    def _look(self) -> None:
        """Remove what became obsolete since the last look."""
        if self._after is None:
            self._after = 0 if self._root.holds_any else self._page(_NOW)
        while True:
            before, self._after = self._after, self._page(self._after)
            if self._after <= before:
                return

    def _page(self, after: int) -> int:
        request = pb.ListObsoleteCheckpointsRequest(study=self._root.study, after_seq=after)
        page = self._client.call(rpc.LIST_OBSOLETE_CHECKPOINTS, request)
        for checkpoint in page.checkpoints:
            if self._root.remove(checkpoint.checkpoint_uri):
                log.debug("removed: %s", checkpoint.checkpoint_uri)
        return page.next_after_seq
