"""Folders for checkpoints: one for each attempt, made here, and removed when no use is left.

    ROOT/STUDY/trial-7-attempt-2-1f9c03ab/ashad.json     the marker: an agent made this folder
                                         /named          a report names it, or something in it
                                         /checkpoint/    {checkpoint_dir}

Only what the daemon names as obsolete is removed, or what no report ever named; and only a folder
that lies in the root, that no link leads to, and whose marker names the very place it is in. What
was copied or moved elsewhere, or made by anybody else, is never touched.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ashad_agent.trials.report_schedule import Look
from ashad_client.errors import invalid

log = logging.getLogger("ashad_agent")

MARKER, NAMED, INNER = "ashad.json", "named", "checkpoint"
_NAME = re.compile(r"trial-(\d{1,19})-attempt-(\d{1,10})-[0-9a-f]{8}")
_REMOVING = "removing-"


class Folder:
    """The folder of one attempt."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.named = False  # a report named it, or something in it
        self._seen: tuple[object, ...] = ()
        self._changed = time.monotonic()

    @property
    def empty(self) -> bool:
        """Whether the program has written nothing into it."""
        try:
            with os.scandir(self.path) as entries:
                return next(entries, None) is None
        except OSError:
            return True

    def name(self, uri: str) -> None:
        """Note that a report is about to name a checkpoint, if that is this folder or in it."""
        if not self.named and is_within(uri, self.path):
            self.named = True
            with contextlib.suppress(OSError):
                (Path(self.path).parent / NAMED).touch()

    def look(self) -> Look:
        """Look whether it is being written; the clock is ours, never that of the files."""
        now, seen = time.monotonic(), tuple(sorted(_prints(self.path)))
        if seen != self._seen:
            self._seen, self._changed = seen, now
        return Look(not seen, now - self._changed)


class AttemptFolder(NamedTuple):
    """Where the folder of an attempt is, and whose it is."""

    path: str
    trial: int
    attempt: int


class CheckpointRoot:
    """All folders of one study on this machine. Raises `Error` where none can be made."""

    def __init__(self, base: str, study: str, *, keep: bool) -> None:
        self.study, self.keep = study, keep
        self.ended = threading.Event()  # an attempt has, since this was cleared
        self._own: set[str] = set()  # folders of attempts that run here
        # As the daemon will name it to others: absolute, and without links on the way.
        self.path = os.path.join(os.path.realpath(base), study)
        if not self.path.isprintable() or len(self.path) > 3900:
            raise invalid("--checkpoints: at most 3900 printable characters, please")

    def make(self, trial: int, attempt: int) -> Folder:
        """Make the folder of an attempt: never one that was there. Raises OSError."""
        outer = Path(self.path) / f"trial-{trial}-attempt-{attempt}-{secrets.token_hex(4)}"
        inner = outer / INNER
        for _ in range(10):  # another agent may just be leaving
            Path(self.path).mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                outer.mkdir()
                break
        with (outer / MARKER).open("x") as file:
            json.dump(self._marker(str(inner)), file)
        inner.mkdir()
        self._own.add(str(inner))
        return Folder(str(inner))

    def done(self, folder: Folder) -> None:
        """Remove the folder of an attempt that has ended, if no report named it."""
        if not folder.named and (not self.keep or folder.empty):
            self.remove(folder.path)
        self._own.discard(folder.path)
        self.ended.set()

    @property
    def holds_any(self) -> bool:
        """Whether there are folders of this study, of whatever agent."""
        try:
            return any(_NAME.fullmatch(name) for name in os.listdir(self.path))
        except OSError:
            return False

    def strays(self) -> Iterator[AttemptFolder]:
        """Yield the folders of attempts that do not run here, and that no report named, it seems.

        Their agents may have been killed, or run elsewhere.
        """
        with contextlib.suppress(OSError):
            for name in os.listdir(self.path):
                place = self.place(os.path.join(self.path, name, INNER))
                named = os.path.join(self.path, name, NAMED)
                if place and place.path not in self._own and not os.path.exists(named):
                    yield place

    def place(self, uri: str) -> AttemptFolder | None:
        """Return the folder of this root that a checkpoint is or lies in; None for others."""
        if not uri.startswith(self.path + os.sep) or os.path.normpath(uri) != uri:
            return None
        name, *rest = uri[len(self.path) + 1 :].split(os.sep)
        found = _NAME.fullmatch(name)
        if not found or rest[:1] != [INNER]:
            return None
        return AttemptFolder(os.path.join(self.path, name, INNER), int(found[1]), int(found[2]))

    def remove(self, uri: str) -> bool:
        """Remove the folder of that checkpoint, if it was made here; return whether it was."""
        outer, inner = os.path.split(uri)
        name = os.path.basename(outer)
        if os.path.dirname(outer) != self.path or inner != INNER or not _NAME.fullmatch(name):
            return False
        try:
            with _opened(self.path) as root:
                if not self._is_ours(root, name, uri):
                    return False
                # Out of the way first: what is half removed is nobody's checkpoint.
                os.rename(name, _REMOVING + name, src_dir_fd=root, dst_dir_fd=root)
            self._rmtree(_REMOVING + name)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):  # else another agent was faster
                log.warning("checkpoint %s could not be removed: %s", uri, error)
            return False
        return True

    def sweep(self) -> None:
        """Finish what an agent that died was removing."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self.path):
                if name.startswith(_REMOVING) and _NAME.fullmatch(name[len(_REMOVING) :]):
                    self._rmtree(name)

    def close(self) -> None:
        """Leave no empty folders behind."""
        for path in (self.path, os.path.dirname(self.path)):
            with contextlib.suppress(OSError):
                os.rmdir(path)

    def _is_ours(self, root: int, name: str, uri: str) -> bool:
        with _opened(name, root) as outer:
            marker = os.open(MARKER, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=outer)
            with os.fdopen(marker) as file:
                try:
                    said = json.loads(file.read(10_000))
                except ValueError:
                    return False
            return bool(said == self._marker(uri) and os.fstat(outer).st_uid == os.geteuid())

    def _marker(self, path: str) -> dict[str, object]:
        return {"made by": "ashad run", "study": self.study, "path": path}

    def _rmtree(self, name: str) -> None:
        # It follows no links, and holds each folder open while it empties it.
        shutil.rmtree(os.path.join(self.path, name), ignore_errors=True)


def is_within(uri: str, folder: str) -> bool:
    """Whether a checkpoint is that folder, or lies in it."""
    return uri == folder or uri.startswith(folder + os.sep)


@contextlib.contextmanager
def _opened(path: str, parent: int | None = None) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    folder = os.open(path, flags, dir_fd=parent)
    try:
        yield folder
    finally:
        os.close(folder)


def _prints(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, size and time of all that is in a folder."""
    level = [folder]
    while level:
        try:
            with os.scandir(level.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    yield entry.path, status.st_size, status.st_mtime_ns
                    if entry.is_dir(follow_symlinks=False):
                        level.append(entry.path)
        except OSError:  # noqa: PERF203  # it is gone
            continue
