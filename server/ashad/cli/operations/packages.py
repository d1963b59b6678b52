"""What is installed here: versions, what is missing or too old, and what is installed twice."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ashad import __version__
from ashad.cli.operations.diagnosis import GOOD, NOTE, PROBLEM, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = ("ashad-client", "grpcio", "protobuf", "numpy", "click", "rich")
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[.*\])?\s*([^;]*)(?:;(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"](\w+)['\"]")
_LEAST = re.compile(r"(>=|==)\s*([0-9.]+)")
_WHAT_FOR = {"plot": "ashad plot", "optuna": "samplers of Optuna", "demo": "ashad demo"}


def look() -> Iterator[Finding]:
    """Look at versions, requirements, extras, and other installations."""
    yield _versions()
    yield from _client()
    yield from _requirements()
    yield from _installations()
    yield from _protobuf()


def installed(name: str) -> str | None:
    """Return the version of a package, None where it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _versions() -> Finding:
    found = [f"ashad {__version__}", f"Python {sys.version.split()[0]}"]
    found.append(f"SQLite {sqlite3.sqlite_version}")
    found += [f"{name} {installed(name) or 'missing'}" for name in _SHOWN]
    return Finding("versions", GOOD, ", ".join(found))


def _client() -> Iterator[Finding]:
    import ashad_client  # noqa: PLC0415

    theirs = ashad_client.__version__
    if theirs != __version__:
        said = f"ashad is {__version__}, and ashad-client beside it {theirs}"
        fix = f"pip install ashad=={__version__} ashad-client=={__version__}"
        yield Finding("versions", WARNING, said, fix)


def _requirements() -> Iterator[Finding]:
    """Compare what this installation asks for with what is there."""
    try:
        asked = metadata.requires("ashad") or []
    except metadata.PackageNotFoundError:
        said = "ashad runs from files that no package manager knows"
        yield Finding("packages", NOTE, said, "pip install ashad, if that is not meant")
        return
    lacking: dict[str, list[str]] = {}
    for line in asked:
        parsed = _REQUIREMENT.match(line)
        assert parsed is not None
        name, least, marker = parsed[1], parsed[2], parsed[3] or ""
        extra = _EXTRA.search(marker)
        there = installed(name)
        if there is None or not _enough(there, least):
            have = "missing" if there is None else f"{there}, and {least} is needed"
            lacking.setdefault(extra[1] if extra else "", []).append(f"{name}: {have}")
    for extra_name, lines in lacking.items():
        if extra_name:
            what = _WHAT_FOR.get(extra_name, f"the extra {extra_name}")
            said = f"not here, for {what}: {'; '.join(lines)}"
            yield Finding("packages", NOTE, said, f"pip install 'ashad[{extra_name}]'")
        else:
            fix = f"pip install --upgrade ashad=={__version__}"
            yield Finding("packages", PROBLEM, "; ".join(lines), fix)


def _enough(there: str, asked: str) -> bool:
    bounds = _LEAST.findall(asked)
    return all(_numbers(there) >= _numbers(bound) for _, bound in bounds)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.split("+", maxsplit=1)[0])[:4]]


def _installations() -> Iterator[Finding]:
    places = {str(one.locate_file("")) for one in metadata.distributions(name="ashad")}
    if len(places) > 1:
        said = f"ashad is installed {len(places)} times: {', '.join(sorted(places))}"
        yield Finding("packages", WARNING, said, "uninstall those that are not meant")
    first, here = shutil.which("ashad"), Path(sys.executable).parent
    # A link is how pipx and uv offer it.
    if first is not None and not Path(first).is_symlink() and Path(first).parent != here:
        said = f"the shell finds {first} first, of another installation than {here}"
        yield Finding("packages", NOTE, said, f"call {here / 'ashad'}, or change PATH")


def _protobuf() -> Iterator[Finding]:
    from google.protobuf.internal import api_implementation  # noqa: PLC0415

    if api_implementation.Type() == "python":
        said = "protobuf runs in pure Python, some ten times slower"
        fix = "unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION, or install protobuf from a wheel"
        yield Finding("versions", WARNING, said, fix)
