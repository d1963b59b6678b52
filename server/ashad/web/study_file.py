"""A study file that was typed into the page, read as `ashad study create` reads it. Makes nothing.

What comes of it, a name and a spec of the contract, is for CreateStudy; or all that is wrong.
"""

from __future__ import annotations

import asyncio
import base64

from ashad_client.dialect.file import MAX_BYTES, read_toml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ashad.core.errors import RefusalError, RefusalKind
from ashad.web.answer import of_refusal
from ashad.web.session import Who, bearer

KIND = "application/toml"  # which no form of another site can send


class StudyFiles:
    """Reads study files, one after the other."""

    def __init__(self, who: Who) -> None:
        self._who, self._turn = who, asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """POST of TOML: {"name", "spec" (base64), "mistakes"}; for those who may make studies."""
        fresh = {"cache-control": "no-store"}
        try:
            self._check(bearer(request.headers.items()))
        except RefusalError as refusal:
            error = of_refusal(refusal)
            return JSONResponse(error.body, error.status, fresh)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
            return JSONResponse({"message": f"send TOML as {KIND}"}, 415, fresh)
        content = b""
        async for part in request.stream():
            content += part
            if len(content) > MAX_BYTES:
                break
        async with self._turn:
            name, spec, mistakes = await asyncio.to_thread(read_toml, content)
        told = base64.b64encode(spec.SerializeToString()).decode()
        return JSONResponse({"name": name, "spec": told, "mistakes": mistakes}, headers=fresh)

    def _check(self, token: str | None) -> None:
        role, _ = self._who(token)
        if role != "admin":
            text = f"a token of the role {role} makes no studies; that takes one of the role admin"
            raise RefusalError(RefusalKind.PERMISSION_DENIED, "PERMISSION_DENIED", text)
