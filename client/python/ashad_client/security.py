"""How a client reaches a daemon safely: TLS, and a token with each try.

A token goes over TLS or to this machine only; it is in no log and no error.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from ashad_client.errors import Error, invalid
from ashad_client.text import split_targets

PathLike = Union[str, "os.PathLike[str]"]
_LOCAL = re.compile(
    r"(unix:|unix-abstract:|(dns:(//.*/)?|ipv4:|ipv6:)?(localhost|127\.[0-9.]+|\[::1\]|::1)(:|$))"
)


@dataclass(frozen=True)
class Security:
    """PEM files and the file of the token, as paths; empty: none."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    token_file: str = ""

    def token(self) -> str:
        """Return what the token's file holds now; empty where there is none. Raises `Error`."""
        if not self.token_file:
            return ""
        try:
            token = Path(self.token_file).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            # As an outage: a file that is being replaced is there again at the next try.
            message = f"token_file: {self.token_file}: {why}"
            raise Error(message, code="UNAVAILABLE", reason="TOKEN_UNREADABLE") from None
        if not re.fullmatch(r"[!-~]+", token):
            message = f"token_file: {self.token_file} holds no token: it must be one line"
            raise Error(message, code="UNAVAILABLE", reason="TOKEN_UNREADABLE")
        return token

    def pem(self, field: str) -> bytes | None:
        """Return the content of `ca`, `cert` or `key`; None where there is none. Raises `Error`."""
        path = getattr(self, field)
        if not path:
            return None
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise invalid(f"{field}: {path}: {error.strerror}") from None
        if b"-----BEGIN " not in content:
            raise invalid(f"{field}: {path} is not a PEM file")
        return content


def secure(
    address: str,
    ca: PathLike | None,
    cert: PathLike | None,
    key: PathLike | None,
    token_file: PathLike | None,
) -> Security:
    """Settle arguments and environment, and read each file once. Raises `Error`."""
    found = Security(
        _path(ca, "ASHAD_CA"),
        _path(cert, "ASHAD_CERT"),
        _path(key, "ASHAD_KEY"),
        _path(token_file, "ASHAD_TOKEN_FILE"),
    )
    if bool(found.cert) != bool(found.key):
        raise invalid("cert and key go together: give both, or neither")
    if found.cert and not found.ca:
        raise invalid("cert: a certificate is shown over TLS only, so give ca as well")
    for field in ("ca", "cert", "key"):
        found.pem(field)
    try:
        token = found.token()
    except Error as error:
        raise invalid(error.message) from None
    elsewhere = [one for one in split_targets(address) if not _LOCAL.match(one)]
    if token and not found.ca and elsewhere:
        raise invalid(
            f"token_file: a token is not sent in the clear to {elsewhere[0]}: give ca (ASHAD_CA), "
            "the CA of the daemon's certificate"
        )
    return found


def _path(given: PathLike | None, variable: str) -> str:
    return os.fspath(given) if given is not None else os.environ.get(variable) or ""
