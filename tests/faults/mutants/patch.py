"""How a mutant is made: functions are replaced in a module as soon as it has been imported.

Whoever imports a name from that module does so later, and gets the mutant. Nothing here imports
what may be mutated.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple


class Mutant(NamedTuple):
    """A bug, the modules that have it, and the test that finds it."""

    test: str
    modules: tuple[str, ...]
    put_in: Callable[[Any], None]

    @property
    def name(self) -> str:
        return self.put_in.__name__


PARTS = ("core", "server", "client")
MUTANTS: dict[str, Mutant] = {}


def mutant(test: str, *modules: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a mutant: the test that finds it, and the modules it is given after their import."""

    def register(put_in: Callable[[Any], None]) -> Callable[[Any], None]:
        assert put_in.__name__ not in MUTANTS, put_in.__name__
        MUTANTS[put_in.__name__] = Mutant(test, modules, put_in)
        return put_in

    return register


def replace(owner: Any, name: str, value: Any) -> Any:
    """Replace what is there, and return what was."""
    real = getattr(owner, name)
    setattr(owner, name, value)
    return real


def shadow(module: Any, name: str, **changes: Any) -> None:
    """Give a module a changed copy of a module that it uses."""
    real = getattr(module, name)
    assert set(changes) <= set(vars(real)), changes
    setattr(module, name, SimpleNamespace(**(vars(real) | changes)))


class _Finder(MetaPathFinder):
    def __init__(self, chosen: Mutant) -> None:
        self._chosen, self._left = chosen, set(chosen.modules)

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name not in self._left:
            return None
        self._left.discard(name)
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        real = spec.loader.exec_module

        def load(module: ModuleType) -> None:
            real(module)
            self._chosen.put_in(module)

        spec.loader.exec_module = load  # type: ignore[method-assign]
        return spec


def install(name: str) -> None:
    """Put a mutant into this process, before its modules are imported."""
    for part in PARTS:
        importlib.import_module(f"tests.faults.mutants.{part}")
    assert not set(MUTANTS[name].modules) & set(sys.modules), "too late"
    sys.meta_path.insert(0, _Finder(MUTANTS[name]))


def put_in_all() -> None:
    """Import what is mutated, and put in every mutant: fails where a bug no longer fits."""
    for part in PARTS:
        importlib.import_module(f"tests.faults.mutants.{part}")
    for found in MUTANTS.values():
        for name in found.modules:
            found.put_in(importlib.import_module(name))
