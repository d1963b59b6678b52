"""Calls of the API server, as JSON, by a token."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

MERGE = "application/strategic-merge-patch+json"


class Refused(Exception):
    """What the server said no to."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Api:
    """Where the server is, and who calls."""

    def __init__(self, url: str, token: str, ca: str) -> None:
        self.url, self.token = url, token
        self._context = ssl.create_default_context(cafile=ca)

    def call(self, verb: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """Call it; return what it answers. Raises `Refused`."""
        with self._open(verb, path, body, kind, 30) as answer:
            return json.load(answer)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def watch(self, path: str) -> Iterator[tuple[str, Any]]:
        """Yield what is there, then what changes, until the connection ends."""
        listed = self.get(path)
        for one in listed["items"]:
            yield "ADDED", one
        since = listed["metadata"]["resourceVersion"]
        query = f"{path}?watch=1&resourceVersion={since}&timeoutSeconds=600"
        with self._open("GET", query, None, "application/json", 700) as lines:
            for line in lines:
                event = json.loads(line)
                yield event["type"], event["object"]

    def _open(self, verb: str, path: str, body: Any, kind: str, seconds: float) -> Any:
        request = urllib.request.Request(
            self.url + path, method=verb, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind},
        )  # fmt: skip
        try:
            return urllib.request.urlopen(request, context=self._context, timeout=seconds)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode()) from None
