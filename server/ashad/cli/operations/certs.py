"""`ashad certs`: a private CA and a server certificate, in one command."""

from __future__ import annotations

from pathlib import Path

import click
import platformdirs
from ashad_client.text import clean

from ashad.cli.errors import InvalidFileError


def _default_folder() -> Path:
    return platformdirs.user_config_path("ashad") / "certs"


@click.group()
def certs() -> None:
    """Make the certificates that a daemon off loopback needs."""


@certs.command()
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=_default_folder,
    show_default=str(_default_folder()),
    help="Where they go.",
)
@click.option("--client", help="Make CLIENT.pem and CLIENT.key as well, for mutual TLS.")
def init(names: tuple[str, ...], folder: Path, client: str | None) -> None:
    """Make a private CA and a server certificate for NAMES.

    NAMES are the host names and IP addresses by which workers reach the daemon. Only ca.pem leaves
    this machine: workers need it, and it is no secret. The certificate is good for 397 days; to
    renew it, remove server.pem and server.key, run this again and send the daemon SIGHUP.
    """
    from ashad.security.certificates import CertificateError, make  # noqa: PLC0415

    if client is not None and (not client.isidentifier() or client in ("ca", "server")):
        raise click.UsageError("--client: a plain name other than ca and server")
    try:
        made = make(folder, names, client=client)
    except CertificateError as error:
        raise InvalidFileError(str(error)) from None
    for path in made:
        click.echo(clean(f"made {path}"), err=True)
    cert, key, ca = (folder / name for name in ("server.pem", "server.key", "ca.pem"))
    click.echo("Start the daemon with:", err=True)
    click.echo(clean(f"  ashad --address 0.0.0.0:2742 --tls-cert {cert} --tls-key {key}"), err=True)
    click.echo(
        f"Each worker needs a copy of {clean(str(ca))}, a token, and these two lines:", err=True
    )
    click.echo(f"export ASHAD_ADDRESS={names[0]}:2742 ASHAD_CA=/path/to/ca.pem")
    click.echo("export ASHAD_TOKEN_FILE=/path/to/token")
