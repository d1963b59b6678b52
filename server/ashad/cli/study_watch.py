"""What a watcher of a study is told, over the daemon's absences, until the study is over."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.errors import CommandError, StreamBrokenError
from ashad.cli.views import sentences
from ashad.cli.views.plain import word
from ashad.cli.views.watch_state import Watched, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ashad.cli.rpc import Daemon

_AGAIN_S = (0.5, 1.0, 2.0, 5.0)
_RUNNING = [pb.TRIAL_STATE_RUNNING]


class StudyWatch:
    """One study as it is told: what is known of it is in `watched`."""

    def __init__(
        self, daemon: Daemon, name: str, *, after: int | None = None, follow: bool = False
    ) -> None:
        found = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
        request = pb.ListTrialsRequest(study=name, states=_RUNNING)
        self.daemon = daemon
        self.watched = Watched(found.study, daemon.pages("ListTrials", request, "trials"))
        self.after = found.commit_seq if after is None else after
        self._follow = follow
        self._ended = threading.Event()

    def __iter__(self) -> Iterator[tuple[pb.WatchStudyResponse | None, list[str]]]:
        """Yield each answer and what happened; None when the daemon went away or came back."""
        tries = 0
        while not self._ended.is_set():
            try:
                for answer in self._stream():
                    self.after, tries = answer.commit_seq, 0
                    self.watched.trouble = ""
                    yield answer, self.watched.take(answer)
                    if answer.HasField("study") and self.watched.over() and not self._follow:
                        return
            except StreamBrokenError as error:
                self.watched.trouble = f"{error.message}; trying again"
                if not tries and not self._ended.is_set():
                    yield None, []
                self._ended.wait(_AGAIN_S[min(tries, len(_AGAIN_S) - 1)])
                tries += 1
            except CommandError:
                if not self._ended.is_set():
                    raise

    def end(self) -> None:
        """Have whoever iterates in another thread stop; look once more how the study stands."""
        self._ended.set()
        name = self.watched.study.name
        with contextlib.suppress(CommandError):
            request = pb.ListTrialsRequest(study=name, states=_RUNNING)
            trials = list(self.daemon.pages("ListTrials", request, "trials"))
            self.watched.running = {trial.trial: trial for trial in trials}
            found = self.daemon.call("GetStudy", pb.GetStudyRequest(study=name))
            self.watched.study = found.study
        self.daemon.hang_up()

    def _stream(self) -> Iterator[pb.WatchStudyResponse]:
        request = pb.WatchStudyRequest(study=self.watched.study.name, after_seq=self.after)
        return self.daemon.stream("WatchStudy", request)


def follow_in_lines(feed: StudyWatch, every: float, say: Callable[[str], object]) -> None:
    """Say what is out of the ordinary at once, and how it stands every so many seconds."""
    watched, due = feed.watched, 0.0
    for answer, lines in feed:
        if answer is None:
            say(f"{_now()}  {watched.trouble}")
            continue
        for line in lines:
            if _matters(line):
                say(line)
        if not watched.over() and (not due or (answer.changes and time.monotonic() >= due)):
            due = time.monotonic() + every
            say(f"{_now()}  {summary(watched)}")
    study = watched.study
    if study.reason:
        ended = f"{word(study, 'state')}: {sentences.reason(study.reason)}"
        say(f"{_now()}  {ended}; {summary(watched)}")


def _matters(line: str) -> bool:
    words = (" best so far", " failed", " lost", " infeasible", "study ")
    return any(word in line for word in words)


def _now() -> str:
    return time.strftime("%H:%M:%S")
