"""Libraries that a test is about: one that is not there is named, and in CI it has to be there."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def library(name: str) -> ModuleType:
    """Return a library; without it the test is skipped by name, or fails in CI."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        why = f"{name} is not here ({error}): make test-frameworks makes the environment"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why, allow_module_level=True)
