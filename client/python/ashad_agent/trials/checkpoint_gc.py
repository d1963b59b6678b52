"""The collector: removes the folders of checkpoints that the daemon names as obsolete.

So it does with those of attempts that are over and that no report named: their agents were killed.

One thread with a line of its own to the daemon, so that no training ever waits for a disk. It looks
when a trial has ended and now and then, since other agents end trials of ours. What goes wrong is
tried again at the next look; nothing of it ends the agent.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from ashad_agent.trials.checkpoints import AttemptFolder, CheckpointRoot, is_within
from ashad_client import Client
from ashad_client.errors import Error
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import TrialState

log = logging.getLogger("ashad_agent")

_LOOK_S = 60.0
_PAUSE_S = 1.0  # many slots may end a trial at once
_ENDED = (
    TrialState.COMPLETED,
    TrialState.STOPPED,
    TrialState.FAILED,
    TrialState.INFEASIBLE,
    TrialState.CANCELLED,
)
_NOW = 1 << 62  # no sequence number is as high: nothing is told, but where the study stands


class CheckpointCollector:
    """Keeps one root tidy while it is entered as a context, and once more at the end."""

    def __init__(self, root: CheckpointRoot, client: Client) -> None:
        self._root, self._client = root, client
        self._after: int | None = None
        self._obsolete: dict[str, set[str]] = {}  # by folder: checkpoints in it
        self._doubtful: set[AttemptFolder] = set()
        self._due = 0.0  # when strays are looked at again
        self._said_why = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ashad-collector", daemon=True)

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
                self._look_closer(last=last)
            except Error as error:
                if not self._said_why:
                    self._said_why = True
                    log.warning("obsolete checkpoints are not removed for now: %s", error)
            except Exception:
                log.exception("removing checkpoints failed; it is tried again")
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
            uri = checkpoint.checkpoint_uri
            place = self._root.place(uri)
            if place is None or place.path == uri or not os.path.exists(place.path):
                self._remove(uri)
            else:  # the program named a file in it: it goes as a whole, when none is needed
                self._obsolete.setdefault(place.path, set()).add(uri)
                self._doubtful.add(place)
        return page.next_after_seq

    def _look_closer(self, *, last: bool) -> None:
        """Remove folders in which nothing is needed, though the daemon never named them."""
        now = time.monotonic()
        if now >= self._due or last:
            self._due = now + _LOOK_S
            self._doubtful.update(self._root.strays())
        for place in list(self._doubtful):
            self._settle(place)
            self._doubtful.discard(place)

    def _settle(self, place: AttemptFolder) -> None:
        """Remove a folder if its attempt is over, and all in it that was named is obsolete."""
        try:
            trial = self._client.get_trial(self._root.study, place.trial)
        except Error as error:
            if error.code == "NOT_FOUND":  # of an earlier study of this name
                return
            raise
        if trial.attempt <= place.attempt and trial.state not in _ENDED:
            return
        reports = self._client.list_reports(self._root.study, place.trial)
        named = {r.checkpoint_uri for r in reports if is_within(r.checkpoint_uri, place.path)}
        if named <= self._obsolete.get(place.path, set()):
            self._remove(place.path)
            self._obsolete.pop(place.path, None)

    def _remove(self, uri: str) -> None:
        if self._root.remove(uri):
            log.debug("removed: %s", uri)
