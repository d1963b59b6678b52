"""Why a loop was left: a generator only sees that it was, never by which exception.

Looks at what the interpreter remembers; changes nothing and keeps no frame alive.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from types import CodeType
from typing import Any


class LoopExit:
    """Finds the exception that ended the work on a trial, if one did.

    A candidate is new since the trial began, and is handled by the caller now, or is the uncaught
    one that ends the program (or a cell of a notebook, or an asyncio task).
    """

    def __init__(self, task: asyncio.Task[Any] | None = None) -> None:
        self._old = {id(error) for error in self._known()}
        self._task = task
        self._left_at: list[tuple[CodeType, int]] = []
        self._in_peace = False

    @property
    def task_is_done(self) -> bool:
        """Whether the task of asyncio that worked on the trial has ended."""
        return self._task is not None and self._task.done()

    def mark(self) -> None:
        """Remember from where the loop was left."""
        if self._task is not None:
            # The generator of asyncio is told late: a task that still runs has caught it, if any.
            self._in_peace = not self._task.done()
            return
        stack = traceback.walk_stack(sys._getframe(1))  # noqa: SLF001  # there is no other way
        self._left_at = [(frame.f_code, line) for frame, line in stack]

    def find(self) -> BaseException | None:
        """Return that exception."""
        for known in self._known(self._task):
            error: BaseException | None = known
            while error is not None and id(error) not in self._old:
                if self._passed(error):
                    return error
                error = error.__cause__ or error.__context__
        return None

    def _passed(self, error: BaseException) -> bool:
        """Whether the error went through the loop where it was left; `break` leaves elsewhere."""
        if self._in_peace or not self._left_at:
            return not self._in_peace
        trace = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        codes = {code for code, _ in trace}
        return next((place in trace for place in self._left_at if place[0] in codes), False)

    @staticmethod
    def _known(task: asyncio.Task[Any] | None = None) -> list[Any]:
        return [
            # Not task.exception(): that would silence "exception was never retrieved".
            getattr(task, "_exception", None),
            sys.exc_info()[1],
            getattr(sys, "last_exc", None),
            getattr(sys, "last_value", None),
        ]
