"""The objects of one factory, by study: made, told and asked, in the process beside the daemon.

The factory is called as `factory(space, goal, seed)`; what it returns has `ask() -> params` and
`tell(params, value, resource, state)`. See docs/samplers.md.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any


class UnusableError(Exception):
    """A factory that no study could have; the message says why and what to do."""


class OwnObjects:
    """What `factory` made, a `module:function`; it is imported here and nowhere else."""

    def __init__(self, factory: str) -> None:
        self._factory = _found(factory)
        self._objects: dict[str, Any] = {}

    def answer(
        self,
        study: str,
        new: dict[str, Any] | None,
        forget: list[str],
        tell: list[list[Any]],
    ) -> dict[str, Any]:
        """Tell the object of a study what is new and ask it; `new`: make it first."""
        for gone in forget:
            self._objects.pop(gone, None)
        try:
            if new is not None:
                self._objects[study] = self._factory(**new)
            sampler = self._objects[study]
            for params, value, resource, state in tell:
                sampler.tell(params, value, resource, state)
        except BaseException:  # who knows what it was told: it is made anew
            self._objects.pop(study, None)
            raise
        return {"params": sampler.ask()}


def _found(factory: str) -> Any:
    """Return what the operator names; raise `UnusableError` where it could make no object."""
    module, _, name = factory.partition(":")
    try:
        found: Any = import_module(module)
    except ModuleNotFoundError as error:
        why = f"it needs the module {error.name}, which is not there"
        raise UnusableError(f"{why}; install it where the daemon runs") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise UnusableError(f"{module} has no {name}; name a class or function that it has")
        found = getattr(found, part)
    if not callable(found):
        raise UnusableError(f"{name} is no function or class, but of type {type(found).__name__}")
    try:
        inspect.signature(found).bind(space={}, goal="", seed=0)
    except TypeError as error:
        raise UnusableError(f"it is called with space, goal and seed: {error}") from None
    except ValueError:  # written in C: what it takes is not told
        pass
    for word in ("ask", "tell") if isinstance(found, type) else ():
        if not hasattr(found, word) and not hasattr(found, "__getattr__"):
            raise UnusableError(f"what {name} makes has no {word}; it needs ask and tell")
    return found
