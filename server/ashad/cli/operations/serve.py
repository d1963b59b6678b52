"""`ashad` and `ashad serve`: start the daemon in the foreground."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ashad.cli import config
from ashad.cli.factories import factories
from ashad.security.limits import TransportLimits, described

if TYPE_CHECKING:
    from ashad.daemon.main import Settings

_LISTENING = ("address", "tokens", "tls_cert", "tls_key", "tls_client_ca", "require_tokens")
_LIMITS = tuple(name for name, *_ in described())
_WEB = ("web", "web_url")
_REPLICA = ("replica", "replica_socket", "replica_confirm")
_DAEMON = (
    "db",
    "log_format",
    "log_level",
    "allow_network_fs",
    "health_address",
    "reflection",
    "quotas",
)
_OWN = ("samplers", "sampler_seconds")


SERVING = (*_LISTENING, *_DAEMON, *_OWN, *_REPLICA, *_WEB, *_LIMITS, config.INSIST)


@click.command("serve")
@config.settings(*SERVING)
@click.pass_context
def serve_(ctx: click.Context) -> None:
    """Start the daemon; the same as `ashad` alone.

    It prints the address and the database file, and runs until SIGTERM or Ctrl-C. Off loopback it
    needs TLS (`ashad certs init`) and asks every caller for a token (`ashad token create`). SIGHUP
    reads the certificates and the quotas again.
    """
    start(ctx)


def start(ctx: click.Context) -> None:
    """Run the daemon with the settings of this run and leave with its exit code."""
    ctx.exit(run(settings_of(ctx)))


def settings_of(ctx: click.Context) -> Settings:
    """Return what the daemon is to be started with."""
    listening = {name: config.value(ctx, name) for name in _LISTENING}
    if "," in listening["address"]:
        where = config.origin(ctx, "address")
        said = (
            f"{where}: {listening['address']}: a daemon listens at one address; name it: --address"
        )
        raise click.UsageError(said, ctx)
    chosen = {name: config.value(ctx, name) for name in _DAEMON}
    samplers = factories(config.value(ctx, "samplers")), config.value(ctx, "sampler_seconds")
    limits = TransportLimits(**{name: config.value(ctx, name) for name in _LIMITS})
    # The C core of gRPC would write lines of its own among ours; it looks when it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from ashad.daemon.endpoint import EndpointSettings  # noqa: PLC0415  # other commands do without it
    from ashad.daemon.main import Settings  # noqa: PLC0415
    from ashad.daemon.replica.watch import ReplicaSettings  # noqa: PLC0415
    from ashad.daemon.web_port import WebSettings  # noqa: PLC0415

    endpoint = EndpointSettings(**listening, exposed=config.value(ctx, config.INSIST))
    address, url = (config.value(ctx, name) for name in _WEB)
    asked = config.origin(ctx, "web") != "default"
    web = None if address == "off" else WebSettings(address, url, chosen=asked)
    folder, control, confirm = (config.value(ctx, name) for name in _REPLICA)
    if control is not None and folder is None:
        raise click.UsageError("--replica-socket needs --replica as well", ctx)
    replica = None if folder is None else ReplicaSettings(folder, control, confirm)
    return Settings(endpoint, limits=limits, web=web, replica=replica, samplers=samplers, **chosen)


def run(settings: Settings) -> int:
    """Run the daemon; return its exit code."""
    from ashad.daemon.main import serve  # noqa: PLC0415

    return serve(settings)
