"""The museum's rows go into the table of the fault tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "torture"))
from table import teller, write


@pytest.fixture
def tell() -> Callable[..., None]:
    """Adds a row to the table: what, how many, result, seed."""
    return teller()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    write()
