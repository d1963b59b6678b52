"""The objects of one factory, by study: made, told and asked, in the process beside the daemon.

The factory is called as `factory(space, goal, seed)`; what it returns has `ask() -> params` and
`tell(params, value, resource, state)`. See docs/samplers.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class OwnObjects:
    """What `factory` made, a `module:function`; it is imported here and nowhere else."""

    def __init__(self, factory: str) -> None:
        module, _, name = factory.partition(":")
        made: Any = import_module(module)
        for part in name.split("."):
            made = getattr(made, part)
        self._factory = made
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
