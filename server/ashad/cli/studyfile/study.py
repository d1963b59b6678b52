"""A study file as a name and a StudySpec; every mistake is named with file and key.

Files are read by the Python client, `ashad_client.dialect`; only YAML is read here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ashad_client.dialect import file

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
    if not os.path.lexists(path):
        raise InvalidFileError(f"{path}: there is no such file; `ashad init` writes one")
    name, spec, mistakes = file.read_file(path, YAML)
    if mistakes:
        from ashad.cli.imports.recognition import hint  # noqa: PLC0415 - only now

        foreign = hint(path)
        raise InvalidFileError(*([f"{path}: {foreign}"] if foreign else mistakes))
    return name, spec
