"""A token as a cookie of the browser, which no script can read and no other site can send.

The cookie holds the token itself, and it is looked at again with each call: one that is revoked or
expired is worth nothing, and a restarted daemon knows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ashad.core.errors import RefusalError
from ashad.web.answer import of_refusal
from ashad.web.guard import Origin

COOKIE = "ashad_token"
MOST_BYTES = 4096
# The role of a token and whether one is needed; raises `RefusalError`.
Who = Callable[[str | None], tuple[str, bool]]


def bearer(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the token that headers bring, as one of its own or as a cookie."""
    found = dict(headers)
    scheme, _, token = found.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    try:
        morsel = SimpleCookie(found.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None


class Sessions:
    """Says who calls, and makes and ends the cookie."""

    def __init__(self, who: Who, origin: Origin, version: str) -> None:
        self._who, self._origin, self._version = who, origin, version

    async def answer(self, request: Request) -> Response:
        """GET: who calls. POST: log in with {"token": ...}. DELETE: log out."""
        try:
            if request.method == "POST":
                return await self._log_in(request)
            if request.method == "DELETE":
                gone = JSONResponse({})
                gone.delete_cookie(COOKIE, path=self._path)
                return gone
            return self._told(*self._who(bearer(request.headers.items())))
        except RefusalError as refusal:
            return _refused(refusal)

    async def _log_in(self, request: Request) -> Response:
        token = await _token(request)
        if token is None:
            return JSONResponse({"message": 'send {"token": "..."} as application/json'}, 400)
        answer = self._told(*self._who(token))
        answer.set_cookie(
            COOKIE,
            token,
            path=self._path,
            httponly=True,
            samesite="strict",
            secure=self._origin.secure,
            max_age=30 * 86400,
        )
        return answer

    def _told(self, role: str, needs_token: bool) -> JSONResponse:
        plain = {"role": role, "needsToken": needs_token, "version": self._version}
        return JSONResponse(plain, headers={"cache-control": "no-store"})

    @property
    def _path(self) -> str:
        return self._origin.prefix or "/"


async def _token(request: Request) -> str | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return None
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            return None
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    token = found.get("token") if isinstance(found, dict) else None
    return token.strip() if isinstance(token, str) and token.isascii() and token.strip() else None


def _refused(refusal: RefusalError) -> Response:
    error = of_refusal(refusal)
    return JSONResponse(error.body, error.status, {"cache-control": "no-store"})
