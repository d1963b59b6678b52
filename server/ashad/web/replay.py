"""What `ashad replay` says of a study, for the page: that very command, in a process beside.

One at a time, of studies that are not too large, and not for long: a simulation holds an
interpreter, and this one has reports to answer. It is given what the caller may read.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from ashad_client.v1 import ashad_pb2 as pb
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ashad.core.errors import RefusalError, RefusalKind, invalid
from ashad.outside import beside
from ashad.service.messages.dump import dumped
from ashad.web.answer import CallEndedError, of_refusal
from ashad.web.connect import Connect

SETTINGS = ("type", "variant", "mode", "eta", "min_resource", "max_rungs", "workers")
MOST_TRIALS, MOST_REPORTS, LONGEST_S = 5_000, 200_000, 30.0
MOST_BYTES = 4096
_PAGE = 500
_SAFE = re.compile(r"[A-Za-z0-9_.]{1,30}")
_SERVICE = "/ashad.v1.StudyService/"


class Replays:
    """Replays of studies, one after the other."""

    def __init__(self, connect: Connect) -> None:
        self._connect, self._turn = connect, asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """POST {"study", "settings"}: {"text"}, what the command prints, and "failed"."""
        fresh = {"cache-control": "no-store"}
        try:
            study, words = _asked(await _body(request))
            scope = request.scope
            host, port = scope.get("client") or ("", 0)
            self._connect.authorize(
                f"{_SERVICE}ListReports", request.headers.items(), f"ipv4:{host}:{port}"
            )
            async with self._turn:
                records = await self._records(study)
                text, failed = await asyncio.wait_for(_run(study, words, records), LONGEST_S)
        except TimeoutError:
            refusal = _refusal(f"it took more than {LONGEST_S:g} s; `ashad replay` has no such end")
            error = of_refusal(refusal)
        except RefusalError as refused:
            error = of_refusal(refused)
        except CallEndedError as ended:
            error = ended
        else:
            return JSONResponse({"text": text, "failed": failed}, headers=fresh)
        return JSONResponse(error.body, error.status, fresh)

    async def _records(self, study: str) -> list[bytes]:
        """Return what the command works on."""
        found = await self._connect.ask(f"{_SERVICE}GetStudy", pb.GetStudyRequest(study=study))
        if found.study.counts.created > MOST_TRIALS:
            text = f"{found.study.counts.created:,} trials are too many for the page, which replays"
            raise _refusal(f"{text} {MOST_TRIALS:,} at most; `ashad replay` takes any number")
        pages = [found]
        for rpc, request in (
            ("ListTrials", pb.ListTrialsRequest(study=study, page_size=_PAGE)),
            ("ListReports", pb.ListReportsRequest(study=study, page_size=_PAGE)),
        ):
            while True:
                page = await self._connect.ask(f"{_SERVICE}{rpc}", request)
                pages.append(page)
                request.page_token = page.next_page_token
                if not request.page_token:
                    break
                if len(pages) * _PAGE > MOST_REPORTS:
                    text = f"more than {MOST_REPORTS:,} reports are too many for the page"
                    raise _refusal(f"{text}; `ashad replay` takes any number")
        return list(dumped(pages))


async def _run(study: str, words: Iterable[str], records: Iterable[bytes]) -> tuple[str, bool]:
    """Return what the command says, and whether it failed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASHAD_")}
    words = (sys.executable, "-P", "-m", "ashad", "replay", "--dump", "-", *words, "--", study)
    env = kept | {"COLUMNS": "120", "NO_COLOR": "1"}
    process = await beside.start(*words, env=env, complains=True)
    try:
        said = await process.communicate(b"".join(records))
        return said.decode(errors="replace"), process.returncode != 0
    finally:
        if process.returncode is None:  # nobody waits for it any more
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _body(request: Request) -> Any:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise invalid("content-type", "send application/json")
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise invalid("request", f"at most {MOST_BYTES} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise invalid("request", "it is not JSON", "MALFORMED_MESSAGE") from None


def _asked(body: Any) -> tuple[str, list[str]]:
    """Return the study, and the settings as the command takes them."""
    study = body.get("study") if isinstance(body, Mapping) else None
    settings = body.get("settings", {}) if isinstance(body, Mapping) else None
    if not isinstance(study, str) or not isinstance(settings, Mapping):
        raise invalid("request", 'send {"study": NAME, "settings": {...}}')
    words = []
    for name, value in settings.items():
        if name not in SETTINGS:
            raise invalid("settings", f"there are {', '.join(SETTINGS)}")
        if not isinstance(value, str) or not _SAFE.fullmatch(value):
            raise invalid(f"settings.{name}", "give a word or a number, as text")
        words += [f"--{name.replace('_', '-')}", value]
    return study, words


def _refusal(text: str) -> RefusalError:
    return RefusalError(RefusalKind.FAILED_PRECONDITION, "TOO_LARGE_FOR_THE_PAGE", text)
