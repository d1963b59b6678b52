"""A study file as a name and a StudySpec; every mistake is named with file and key.

Files are read by the Python client, `ashad_client.dialect`; only YAML is read here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ashad_client.dialect import file, parameters
from ashad_client.dialect.table import Mistakes, Table

from ashad.cli.errors import InvalidFileError

if TYPE_CHECKING:
    from pathlib import Path

    from ashad_client.v1 import ashad_pb2 as pb


def _yaml(text: str) -> dict[str, Any]:
    from ashad.cli.studyfile.yaml_text import parse_yaml  # noqa: PLC0415  # a library few commands need

    return parse_yaml(text)


YAML = {".yaml": _yaml, ".yml": _yaml}


def read_file(path: Path) -> tuple[str, pb.StudySpec]:
    """Read name (empty if the file has none) and spec, or fail with the first twenty mistakes."""
    _check_there(path)
    name, spec, mistakes = file.read_file(path, YAML)
    if mistakes:
        from ashad.cli.imports.recognition import hint  # noqa: PLC0415 - only now

        foreign = hint(path)
        raise InvalidFileError(*([f"{path}: {foreign}"] if foreign else mistakes))
    return name, spec


def read_space(path: Path) -> list[pb.ParameterSpec]:
    """Read the space alone, whatever else the file says, or fail with the first mistakes in it."""
    _check_there(path)
    mistakes = Mistakes()
    try:
        table = Table(file.load(path, YAML), "", mistakes).table("space", required=True)
    except file.UnreadableError as error:
        raise InvalidFileError(f"{path}: {error}") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: {error.strerror}") from None
    found = [] if table is None else parameters.read_space(table)
    if mistakes.lines:
        raise InvalidFileError(*(f"{path}: {line}" for line in mistakes.lines))
    return found


def _check_there(path: Path) -> None:
    if not os.path.lexists(path):
        raise InvalidFileError(f"{path}: there is no such file; `ashad init` writes one")
