"""How an event reaches a command or an address on the web.

A command gets the event as JSON on its standard input and in `ASHAD_EVENT*`; nothing of it goes
through a shell. An address gets the same JSON by POST. Never follows a redirection: what would be
sent on is the event, to whoever answers.
"""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import click

from ashad.cli.errors import CommandError
from ashad.cli.views.plain import json_text

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from typing import IO

    from ashad.cli.notification.events import StudyEvent

_TIMEOUT_S = 20.0
_PASSING = frozenset({408, 425, 429})


class PassingError(Exception):
    """It did not arrive, and may later."""


class Delivery(Protocol):
    """Where events go."""

    def send(self, event: StudyEvent, *, repeated: bool) -> None:
        """Deliver one. Raises PassingError where it may be tried again, CommandError where not."""
        ...


class Command:
    """A program of the user: it runs once for each event, one at a time."""

    def __init__(self, words: list[str]) -> None:
        self._words = words

    def send(self, event: StudyEvent, *, repeated: bool) -> None:
        """Run it to its end; one that fails has run, and is not run again."""
        about = {
            "ASHAD_EVENT": event.kind,
            "ASHAD_EVENT_ID": event.key,
            "ASHAD_EVENT_STUDY": event.study,
            "ASHAD_EVENT_TRIAL": "" if event.trial is None else str(event.trial),
            "ASHAD_EVENT_VALUE": "" if event.value is None else repr(event.value),
            "ASHAD_EVENT_MESSAGE": event.message,
            "ASHAD_EVENT_REPEATED": "1" if repeated else "",
        }
        try:
            done = subprocess.run(  # noqa: S603 - what the user typed
                self._words,
                input=json_text(event.data()) + "\n",
                text=True,
                env=os.environ | about,
                check=False,
            )
        except OSError as error:
            raise CommandError(f"{self._words[0]}: {error.strerror}") from None
        if done.returncode:
            said = f"{event.key}: {self._words[0]} ended with {done.returncode}"
            click.echo(f"ashad: {said}; it is not run again for this event", err=True)


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002 - as the library has it
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        return None


class Webhook:
    """An address on the web. What it refuses for good ends the command; the event stays pending."""

    def __init__(self, url: str) -> None:
        self._url, self._host = url, urlsplit(url).hostname
        self._open = urllib.request.build_opener(_NoRedirection()).open

    def send(self, event: StudyEvent, *, repeated: bool) -> None:
        """POST it; a second time with the same `Idempotency-Key`."""
        del repeated
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url,
            data=json_text(event.data()).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": event.key},
            method="POST",
        )
        try:
            self._open(request, timeout=_TIMEOUT_S).close()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500 or error.code in _PASSING:
                raise PassingError(f"{self._host} answered {error.code}") from None
            raise CommandError(
                f"--webhook: {self._host} answered {error.code} to {event.key}, which stays pending"
            ) from None
        except OSError as error:  # the address is a secret: only its host is named
            why = getattr(error, "reason", None) or error
            raise PassingError(f"{self._host}: {why}") from None


def checked_url(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    """Refuse what is no address on the web."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname
    except ValueError:
        wrong = True
    if wrong:
        raise click.BadParameter("give an address that begins with https:// or http://")
    return url
