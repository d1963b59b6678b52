"""`ashad doctor`: looks at what goes wrong between a worker and its daemon, and says what mends it.

Only looks: writes nothing, starts nothing, shows no secret.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click
from ashad_client.dialect.table import close_match
from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2 as pb

from ashad import __version__
from ashad.cli import config
from ashad.cli.errors import CommandError
from ashad.cli.operations import packages
from ashad.cli.operations.diagnosis import GOOD, NOTE, PROBLEM, WARNING, Finding
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import output
from ashad.daemon import filesystem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROXIES = ("grpc_proxy", "https_proxy", "http_proxy", "all_proxy", "no_proxy")
_CONNECT_S = 3.0
_SKEW_S = 2.0  # more between two clocks is told
_LITTLE_ROOM = 1 << 30  # bytes
_FEW_FILES = 4096
# What the clients and the agent read or set, beside the settings of this command line.
_VARIABLES = (
    *("ASHAD_CONFIG", "ASHAD_WORKER", "ASHAD_STANDALONE", "ASHAD_USE_PROXY", "ASHAD_STUDY"),
    *("ASHAD_TRIAL", "ASHAD_ATTEMPT", "ASHAD_PARAMS", "ASHAD_PARAMS_JSON", "ASHAD_LEASE"),
)


@click.command()
@click.option(
    "-o", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@config.settings("address", "ca", "cert", "key", "token_file", "db")
@click.pass_context
def doctor(ctx: click.Context, output_format: str) -> None:
    """Look for what goes wrong between a worker and its daemon.

    Versions and packages, settings, proxies, whether the daemon answers, clocks, the file system of
    the database, and output that is held back. Ends with 1 where there is a problem. Run it where
    the workers run, and where the daemon runs.
    """
    found = []
    for finding in _look(ctx):
        found.append(finding)
        if output_format == "text":
            _print(finding)
    if output_format == "json":
        output.print_json([asdict(finding) for finding in found])
    ctx.exit(int(any(finding.verdict == PROBLEM for finding in found)))


def _print(finding: Finding) -> None:
    colour = {WARNING: "yellow", PROBLEM: "red", GOOD: "green"}.get(finding.verdict)
    word = click.style(finding.verdict.ljust(8), fg=colour)
    click.echo(f"{word} {finding.what.ljust(9)} {clean(finding.said)}")
    if finding.fix:
        click.echo(f"{'':19}{clean(finding.fix)}")


def _look(ctx: click.Context) -> Iterator[Finding]:
    yield from packages.look()
    yield from _settings(ctx)
    yield from _proxies()
    network = [_reach(one) for one in config.value(ctx, "address").split(",")]
    answers = any(one.verdict == GOOD for one in network)
    for one in network:  # of several, one has to answer
        yield replace(one, verdict=NOTE) if answers and one.verdict == PROBLEM else one
    if answers:
        yield from _daemon(ctx)
    yield from _file(config.value(ctx, "db"))
    yield from _limits()
    yield _buffering()


def _settings(ctx: click.Context) -> Iterator[Finding]:
    said = []
    for name in ("address", "ca", "cert", "token_file", "db"):
        value, origin = config.value(ctx, name), config.origin(ctx, name)
        if value is not None:
            said.append(f"{name} {value} ({origin})")
    yield Finding("settings", GOOD, "; ".join(said))
    known = {*_VARIABLES, *(setting.variable for setting in config.SETTINGS.values())}
    for name in sorted(os.environ):
        if name.startswith("ASHAD_") and name not in known:
            close = close_match(name, known)
            if close:
                fix = "rename or unset it"
                yield Finding("settings", WARNING, f"nothing reads {name}{close}", fix)
    for name in ("key", "token_file"):
        path: Path | None = config.value(ctx, name)
        if path is not None and path.exists() and path.stat().st_mode & 0o077:
            said_one = f"{path} can be read by others on this machine"
            yield Finding("settings", WARNING, said_one, f"chmod 600 {path}")


def _proxies() -> Iterator[Finding]:
    names = [n for low in _PROXIES for n in (low, low.upper()) if os.environ.get(n)]
    if not names:
        yield Finding("proxy", GOOD, "no proxy in the environment")
    elif os.environ.get("ASHAD_USE_PROXY") == "1":
        said = f"{', '.join(names)}: gRPC goes through the proxy, since ASHAD_USE_PROXY=1"
        fix = "a proxy must let HTTP/2 through; without it: unset ASHAD_USE_PROXY"
        yield Finding("proxy", WARNING, said, fix)
    else:
        said = f"{', '.join(names)}: ignored; ASHAD_USE_PROXY=1 goes through the proxy"
        yield Finding("proxy", NOTE, said)


def _reach(address: str) -> Finding:
    """Connect as any program would, without gRPC, so that the network can be told from the rest."""
    host, _, port = address.rpartition(":")
    began = time.monotonic()
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S) as connection:
            peer = connection.getpeername()[0]
    except socket.gaierror:
        fix = "check the name, or give the number"
        return Finding("network", PROBLEM, f"the name {host} is not known here", fix)
    except ConnectionRefusedError:
        fix = "start the daemon there with `ashad`, or name another with --address or ASHAD_ADDRESS"
        return Finding("network", PROBLEM, f"nothing listens at {address}", fix)
    except OSError as error:
        said = f"{address} cannot be reached: {error.strerror or 'no answer'}"
        fix = "is the machine up, and does a firewall let this port through?"
        return Finding("network", PROBLEM, said, fix)
    return Finding("network", GOOD, f"{address} ({peer}) accepts connections, {_took(began)}")


def _daemon(ctx: click.Context) -> Iterator[Finding]:
    try:
        with connect(ctx) as daemon:
            began = time.monotonic()
            theirs = daemon.version(_CONNECT_S)
            yield _same_version(theirs, _took(began))
            page = daemon.call("ListStudies", pb.ListStudiesRequest(page_size=1), _CONNECT_S)
            yield _clock(daemon, page.studies[0].name if page.studies else "")
    except (CommandError, click.UsageError) as failure:
        yield Finding("daemon", PROBLEM, failure.message, _advice(failure.message))


def _same_version(theirs: str, took: str) -> Finding:
    if theirs == __version__:
        return Finding("daemon", GOOD, f"it answers, {took}, and is ashad {theirs} as this is")
    what = f"is ashad {theirs}" if theirs else "does not say which ashad it is, so an older one"
    fix = "calls that both know go well; for the others install one version on both machines"
    return Finding("daemon", WARNING, f"it answers, {took}, and {what}; this is {__version__}", fix)


def _took(began: float) -> str:
    return f"{(time.monotonic() - began) * 1000:.1f} ms"


def _advice(message: str) -> str:
    if "TOKEN_MISSING" in message:
        return "ashad token create --role worker, where the daemon runs"
    if "no daemon answers" in message:
        return "what listens there is another program, or a daemon that is starting or stopping"
    return ""


def _clock(daemon: Daemon, study: str) -> Finding:
    """Compare the clocks; leases do not depend on them, times in tables and tokens do."""
    try:
        stream = daemon.stream("WatchStudy", pb.WatchStudyRequest(study=study or "doctor"))
        before = time.time()
        told = next(stream).time
        after = time.time()
    except CommandError as failure:
        if "STUDY_NOT_FOUND" in failure.message:
            return Finding("clock", NOTE, "not compared: the daemon has no study yet")
        return Finding("clock", WARNING, failure.message, "start the daemon of this version")
    skew = told.seconds + told.nanos / 1e9 - (before + after) / 2
    skew = 0.0 if abs(skew) <= (after - before) / 2 else skew
    if abs(skew) <= _SKEW_S:
        return Finding("clock", GOOD, "the daemon's clock and this one agree")
    said = (
        f"the daemon's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this one"
    )
    fix = "leases do not mind; times in tables and the expiry of tokens do: run NTP on both"
    return Finding("clock", WARNING, said, fix)


def _file(db: Path) -> Iterator[Finding]:
    """Look at where a daemon on this machine would keep its database."""
    folder = db.parent
    while not folder.exists():
        folder = folder.parent
    kind = filesystem.network_kind(folder)
    if kind is not None:
        said = f"{db} is on a network file system ({kind}), where SQLite loses data"
        yield Finding("database", PROBLEM, said, "choose a local path with --db or ASHAD_DB")
        return
    if not os.access(db if db.exists() else folder, os.W_OK):
        fix = "choose another with --db, or change its owner"
        yield Finding("database", PROBLEM, f"{db} cannot be written", fix)
        return
    free = shutil.disk_usage(folder).free
    size = f"{_bytes(db.stat().st_size)}, " if db.exists() else "not there yet, "
    said = f"{db}: {size}on a local file system with {_bytes(free)} free"
    if free < _LITTLE_ROOM:
        fix = "a full disk refuses reports until there is room: make room, or choose another --db"
        yield Finding("database", WARNING, said, fix)
    else:
        yield Finding("database", GOOD, said)


def _limits() -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _FEW_FILES:
        said = f"a process here may have {soft:,} files open, and each worker of a daemon takes one"
        fix = f"for more workers: ulimit -n {min(hard, 65536) if hard > 0 else 65536}"
        yield Finding("limits", NOTE, said, fix)


def _buffering() -> Finding:
    said = "programs hold their output back when it is a pipe, and show nothing until they end"
    fix = (
        "`ashad run` sets PYTHONUNBUFFERED for its programs; for those that are not Python: "
        "`ashad run --pty`"
    )
    return Finding("output", NOTE, said, fix)


def _bytes(many: int) -> str:
    size = float(many)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
