"""What comes over HTTP: the codec of a call, its message in a body or a query, its deadline."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from urllib.parse import parse_qs

from ashad.core.errors import invalid
from ashad.service.handlers import MESSAGE_BYTES
from ashad.web.answer import CallEndedError, Receive

UNARY = {"application/json": "json", "application/proto": "proto"}
STREAM = {"application/connect+json": "json", "application/connect+proto": "proto"}


class UnsupportedMediaError(Exception):
    """The content type is none of the protocol."""


def codec_of(
    method: str, headers: Mapping[str, str], query: bytes, *, safe: bool, stream: bool
) -> str:
    """Return "json" or "proto"; refuse another method or kind. `safe`: without side effects."""
    if method == "GET" and safe and not stream:
        codec = parse_qs(query.decode("latin-1")).get("encoding", ["json"])[0]
        if codec in UNARY.values():
            return codec
        raise UnsupportedMediaError
    if method != "POST":
        raise CallEndedError("unimplemented", "call it by POST")
    # Nothing else, so that a form of another site cannot call: browsers ask before they send these.
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    found = (STREAM if stream else UNARY).get(kind)
    if found is None:
        raise UnsupportedMediaError
    return found


def query_message(query: bytes) -> bytes:
    """Return the message of a GET."""
    given = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    text = given.get("message", [""])[0]
    if given.get("compression", ["identity"])[0] not in ("", "identity"):
        raise CallEndedError("unimplemented", "compression: identity only in a query")
    if given.get("base64", ["0"])[0] != "1":
        return text.encode("latin-1" if not text.isascii() else "ascii")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise invalid("message", "it is not base64", "MALFORMED_MESSAGE") from None


async def body(receive: Receive, encoding: str) -> bytes:
    """Return the body of a request, or as much of it as shows that it is too long."""
    if encoding not in ("identity", "gzip", ""):
        text = f"content-encoding: {encoding[:40]} is not known; gzip and identity are"
        raise CallEndedError("unimplemented", text)
    parts, size = [], 0
    while size <= MESSAGE_BYTES:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise CallEndedError("canceled", "the caller has gone")
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if not event.get("more_body"):
            break
    data = b"".join(parts)
    if encoding != "gzip" or not data:
        return data
    try:
        return zlib.decompressobj(31).decompress(data, MESSAGE_BYTES + 1)
    except zlib.error:
        raise invalid("request", "it is not gzip", "MALFORMED_MESSAGE") from None


def deadline(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a call may take."""
    text = headers.get("connect-timeout-ms", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise invalid("connect-timeout-ms", "give milliseconds, at most ten digits")
    return int(text) / 1000
