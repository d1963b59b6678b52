"""Why a loop was left: a generator only sees that it was, never by which exception.

Looks at what the interpreter remembers; changes nothing.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Callable, Optional

Witness = Callable[[], Optional[BaseException]]


def since_now() -> Witness:
    """Return a function that finds an exception that came up after this moment.

    That is one that is being handled by the caller, or the uncaught one that is ending the program
    (or ended the last cell of a notebook).
    """
    old = {id(error) for error in _known()}

    def find() -> BaseException | None:
        for error in _known():
            if error is not None and id(error) not in old:
                return error
        return None

    return find


def of_task(task: asyncio.Task[Any] | None) -> Witness:
    """Return a function that finds the exception that ended an asyncio task, or a newer one."""
    fallback = since_now()

    def find() -> BaseException | None:
        # Not task.exception(): that would silence asyncio's "exception was never retrieved".
        error: BaseException | None = getattr(task, "_exception", None)
        return error or fallback()

    return find


def _known() -> list[BaseException | None]:
    return [
        sys.exc_info()[1],
        getattr(sys, "last_exc", None),
        getattr(sys, "last_value", None),
    ]
