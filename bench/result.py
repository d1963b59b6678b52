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
_AIMS: list[dict[str, Any]] = []


def keep(part: str, numbers: object) -> None:
    """Put the numbers of one benchmark into the file, beside those of the others."""
    BUILD.mkdir(exist_ok=True)
    known: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[part] = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%S"), "on": machine(), "aims": list(_AIMS),
        "numbers": numbers,
    }  # fmt: skip
    FILE.write_text(json.dumps(known, indent=1))
    print(f"load average {os.getloadavg()[0]:.1f}; raw numbers: {FILE}")


def aim(what: str, found: float, wanted: str, *, met: bool, spread: str = "") -> None:
    """Say in one line whether an aim of this project is met; `keep` keeps that, too."""
    _AIMS.append({"what": what, "found": found, "aim": wanted, "met": met, "spread": spread})
    told = f"{found:.4g}{f' ({spread})' if spread else ''}"
    print(f"AIM {'met   ' if met else 'MISSED'}  {what}: {told}; aim: {wanted}", flush=True)


def machine() -> dict[str, Any]:
    """Return what the numbers depend on, without names."""
    return {
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("grpcio", "protobuf", "uvloop", "numpy")},
    }
