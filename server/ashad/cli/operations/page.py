"""`ashad open`: the page of the daemon in a browser."""

from __future__ import annotations

import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import click
from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import config
from ashad.cli.arguments import Word, client_options
from ashad.cli.errors import CommandError
from ashad.cli.local.private_daemon import when_it_dies
from ashad.cli.operations.completion import studies
from ashad.cli.rpc import connect
from ashad.cli.views import output


@click.command("open")
@click.argument("study", metavar="[STUDY]", type=Word(), required=False, shell_complete=studies)
@click.option("--print", "only_print", is_flag=True, help="Print the address, and open nothing.")
@client_options
@click.pass_context
def open_(ctx: click.Context, study: str | None, only_print: bool) -> None:
    """Open the page of the daemon, or of one study, in a browser.

    The address is printed as well. A daemon on another machine that shows its page on its loopback
    only is reached through a tunnel: ssh -L 2744:127.0.0.1:2744 HOST

    With --local the page is there, where nothing else keeps the daemon, until Ctrl-C.
    """
    with connect(ctx) as daemon:
        if study is not None:
            daemon.call("GetStudy", pb.GetStudyRequest(study=study))
        url = clean(daemon.page())
        if not url.startswith(("http://", "https://")):
            text = f"the daemon at {daemon.address} serves no page; start it without --web off"
            raise CommandError(text)
        url = f"{url}/#/{quote(study, safe='')}" if study is not None else f"{url}/"
        output.say(url)
        if not only_print:
            webbrowser.open(url)
        if daemon.private:
            _stay(config.value(ctx, "db"))


def _stay(db: Path) -> None:
    """Use the private daemon until Ctrl-C, or until it dies."""
    ended = when_it_dies(db, lambda words: output.say(f"ashad: it ended: {words}", err=True))
    with suppress(KeyboardInterrupt), ended as died:
        sys.stdout.flush()
        output.say("ashad: the page is there until Ctrl-C", err=True)
        died.wait()
