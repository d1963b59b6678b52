"""`ashad notify`: run a command, or call an address, when something of a study happened.

Reads what the daemon tells a watcher. Each event is told once: what was told is kept in a file, and
an event that was on its way when this process was killed is told again under the same id.
"""

from __future__ import annotations

import time
from pathlib import Path

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import client_options, study_argument
from ashad.cli.errors import CommandError
from ashad.cli.notification import position
from ashad.cli.notification.delivery import Command, Delivery, PassingError, Webhook, checked_url
from ashad.cli.notification.events import KINDS, Events, StudyEvent, Told, leaders
from ashad.cli.rpc import Daemon, connect, passes
from ashad.cli.study_watch import StudyWatch
from ashad.cli.views import best_view, text
from ashad.cli.views.watch_state import over

_AGAIN_S = (1.0, 2.0, 5.0, 15.0, 60.0)
_REST = 20  # times as long as a question takes there is none
_SAVE_S = 5.0  # between two writes of the file while nothing is told


def _kinds(_: click.Context, __: click.Parameter, words: str) -> frozenset[str]:
    found = frozenset(word.strip() for word in words.split(","))
    if unknown := found - set(KINDS):
        raise click.BadParameter(f"no event {min(unknown)!r}; there are {', '.join(KINDS)}")
    return found


@click.command(short_help="Run a command or call an address when something happened.")
@study_argument
@click.argument("command", metavar="[COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--on",
    "kinds",
    default="best,failed,finished,stalled",
    show_default=True,
    callback=_kinds,
    help="The events, with commas.",
)
@click.option(
    "--webhook",
    metavar="URL",
    envvar="ASHAD_WEBHOOK",
    callback=checked_url,
    help="POST events here as JSON; also ASHAD_WEBHOOK.",
)
@click.option(
    "--stalled-after",
    type=click.FloatRange(1.0),
    metavar="SECONDS",
    default=1800.0,
    show_default=True,
    help="An active study without a report for so long is stalled.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that keeps what was told; by default one for daemon, study and receiver.",
)
@click.option("--follow", is_flag=True, help="Go on after the study has finished.")
@client_options
@click.pass_context
def notify(
    ctx: click.Context,
    *,
    name: str,
    command: tuple[str, ...],
    kinds: frozenset[str],
    webhook: str | None,
    stalled_after: float,
    state: Path | None,
    follow: bool,
) -> None:
    """Tell somebody when a study has a new best, a failure, an end, or no reports any more.

    Give a command after --, or --webhook. A command gets ASHAD_EVENT, ASHAD_EVENT_ID, _STUDY,
    _TRIAL, _VALUE and _MESSAGE in its environment and all of it as JSON on its standard input. Of a
    study with combination = "pareto" each trial that comes into the front is a new best; with
    "lexicographic" each one that becomes the first in order; who leads is looked at now and then,
    so a trial that does only between two looks is not told.
    Begins with what happens from now on; started again, it tells what happened in between. Ends
    when the study has finished.
    """
    if not command and not webhook:
        raise click.UsageError("give a command after --, or --webhook URL", ctx)
    delivery: Delivery = Command(list(command)) if command else Webhook(webhook or "")
    with connect(ctx) as daemon:
        found = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
        path = state or position.default(daemon.address, name, "\0".join(command) or webhook or "")
        try:
            with position.held(path) as held:
                notifier = _Notifier(daemon, found, delivery, held)
                notifier.run(Events(name, kinds, stalled_after, notifier.told), follow=follow)
        except KeyboardInterrupt:
            ctx.exit(130)


class _Notifier:
    """One study, one receiver."""

    def __init__(
        self,
        daemon: Daemon,
        found: pb.GetStudyResponse,
        delivery: Delivery,
        held: position.Position,
    ) -> None:
        self._daemon, self._name = daemon, found.study.name
        self._delivery, self._held = delivery, held
        self._repeated = held.repeated
        self._saved = self._ask_again = 0.0
        self._moved = True  # whether something was reported since it was asked who leads
        self.told = self._begin(found)

    def run(self, events: Events, *, follow: bool) -> None:
        """Tell what happens, until the study is over."""
        if due := self._held.pending:  # as it was saved, whatever is true by now
            self._tell(due)
            self.told.take(due)
            self._save()
        feed = StudyWatch(self._daemon, self._name, after=self.told.after, follow=follow)
        for answer, _ in feed:
            if answer is None:
                click.echo(f"ashad: {feed.watched.trouble}", err=True)
                continue
            for event in events.of(answer, self._leading(answer)):
                self._tell(event)
            if time.monotonic() > self._saved + _SAVE_S:
                self._save()
        self._save()

    def _begin(self, found: pb.GetStudyResponse) -> Told:
        created, told = text.instant_text(found.study.create_time), self._held.told
        if told is not None and told.created == created:
            return told
        if told is not None:
            click.echo(f"ashad: {self._name} is another study of this name: begun anew", err=True)
        first, best = Told(created, found.commit_seq), found.study.best
        if best.params:
            first.best = [best.trial, best.resource, best.value]
        if found.study.spec.combination in best_view.ORDERED:
            asked = self._daemon.call("GetBestTrial", pb.GetBestTrialRequest(study=self._name))
            first.front = [one.trial.trial for one in leaders(asked)]
        self._held.save(first)
        return first

    def _leading(self, answer: pb.WatchStudyResponse) -> pb.GetBestTrialResponse | None:
        """Ask which trials lead, where that takes a question; it looks at all trials, so seldom."""
        study = answer.study
        self._moved |= any(change.HasField("report") for change in answer.changes)
        if study.spec.combination not in best_view.ORDERED or not self._moved:
            return None
        began, tries = time.monotonic(), 0
        if began < self._ask_again and not over(study):
            return None
        while (found := self._ask()) is None and over(study):  # no other answer need come
            time.sleep(_AGAIN_S[min(tries, len(_AGAIN_S) - 1)])
            tries += 1
        now = time.monotonic()
        self._moved, self._ask_again = found is None, now + _REST * (now - began)
        return found

    def _ask(self) -> pb.GetBestTrialResponse | None:
        """Ask once; None where it is worth another try, as with a stream that breaks."""
        try:
            request = pb.GetBestTrialRequest(study=self._name)
            found: pb.GetBestTrialResponse = self._daemon.call("GetBestTrial", request)
        except CommandError as error:
            if not passes(error):
                raise
            return None
        return found

    def _tell(self, event: StudyEvent) -> None:
        """Deliver one, however long it takes; the file says so before and after."""
        self._held.save(self.told, event)
        tries = 0
        while True:
            try:
                self._delivery.send(event, repeated=bool(tries) or event.key == self._repeated)
                break
            except PassingError as error:
                if not tries:
                    click.echo(f"ashad: {event.key}: {error}; trying again", err=True)
                time.sleep(_AGAIN_S[min(tries, len(_AGAIN_S) - 1)])
                tries += 1
        self._repeated = ""
        self._saved = 0.0  # the event is told as soon as the next answer, or event, is looked at

    def _save(self) -> None:
        self._held.save(self.told)
        self._saved = time.monotonic()
