"""What is served where: rpcs by their paths, what the page needs besides, probes, metrics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ashad.core.errors import RefusalError
from ashad.web.answer import of_refusal
from ashad.web.connect import Connect
from ashad.web.guard import Guard, Origin
from ashad.web.replay import Replays
from ashad.web.session import Sessions, Who, bearer
from ashad.web.study_file import StudyFiles

STATIC = Path(__file__).parent / "static"
NO_PAGE = """This is ashad. The page is not part of this installation, which was made without Node;
the contract is served here all the same:

    curl --json '{{"study": "NAME"}}' {url}/ashad.v1.StudyService/GetStudy
"""


def site(
    connect: Connect,
    sessions: Sessions,
    origin: Origin,
    ready: Callable[[], bool],
    metrics: Callable[[], tuple[bytes, str]],
    who: Who,
    static: Path = STATIC,
) -> Guard:
    """Return the whole application; `who` gives the role of a token that may read."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def is_ready(_: Request) -> Response:
        return PlainTextResponse("ok\n") if ready() else PlainTextResponse("draining\n", 503)

    async def told(request: Request) -> Response:
        try:
            who(bearer(request.headers.items()))
        except RefusalError as refusal:
            error = of_refusal(refusal)
            return PlainTextResponse(f"{error}\n", error.status)
        text, kind = metrics()
        return Response(text, media_type=kind, headers={"cache-control": "no-store"})

    async def no_page(request: Request) -> Response:
        return PlainTextResponse(NO_PAGE.format(url=str(request.base_url).rstrip("/")))

    routes: list[Any] = [
        Route("/healthz", live),
        Route("/readyz", is_ready),
        Route("/metrics", told),
        Route("/study-file", StudyFiles(who).answer, methods=["POST"]),
        Route("/replay", Replays(connect).answer, methods=["POST"]),
        Route("/session", sessions.answer, methods=["GET", "POST", "DELETE"]),
    ]
    if (static / "index.html").is_file():
        routes.append(Mount("/", _Page(directory=static, html=True)))
    else:
        routes.append(Route("/", no_page))
    # Not so the answers of rpcs, where secrets and what others wrote would stand side by side.
    pages = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=2000)])

    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        serves = connect if scope["path"].startswith("/ashad.v1.") else pages
        await serves(scope, receive, send)

    return Guard(dispatch, origin)


class _Page(StaticFiles):
    """Files of the page; those named by their content are kept for good."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Say for how long a file is good."""
        answer = super().file_response(*args, **kwargs)
        hashed = "assets" in Path(args[0]).parts
        answer.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return answer
