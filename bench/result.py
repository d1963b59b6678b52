"""Where the raw numbers go: one JSON file, a part for each benchmark."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

BUILD = Path(".build")
FILE = BUILD / "bench.json"


def keep(part: str, numbers: object) -> None:
    """Put the numbers of one benchmark into the file, beside those of the others."""
    BUILD.mkdir(exist_ok=True)
    known: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[part] = {"when": time.strftime("%Y-%m-%dT%H:%M:%S"), "on": machine(), "numbers": numbers}
    FILE.write_text(json.dumps(known, indent=1))


def machine() -> dict[str, Any]:
    """Return what the numbers depend on, without names."""
    return {
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("grpcio", "protobuf", "uvloop", "numpy")},
    }
