"""A study file as a name and a StudySpec; every mistake is named with file and key.

The dialect is that of the Python client, `ashad_client.dialect`; only the file is read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes

from ashad.cli.errors import InvalidFileError
from ashad.cli.studyfile import load

if TYPE_CHECKING:
    from pathlib import Path

    from ashad_client.v1 import ashad_pb2 as pb


def read_file(path: Path) -> tuple[str, pb.StudySpec]:
    """Read name (empty if the file has none) and spec, or fail with the first twenty mistakes."""
    try:
        data = load.load(path)
    except load.UnreadableError as error:
        raise InvalidFileError(f"{path}: {error}") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: {error.strerror}") from None
    mistakes = Mistakes()
    name, spec = read(data, mistakes)
    if mistakes.lines:
        raise InvalidFileError(*(f"{path}: {line}" for line in mistakes.lines))
    return name, spec
