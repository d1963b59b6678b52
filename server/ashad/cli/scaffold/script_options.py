"""The options of a script: it is run as it would be, up to where argparse reads them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ashad.cli.errors import CommandError, InvalidFileError
from ashad.cli.scaffold import argparse_hook

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_S = 120.0
_LAST = 5  # lines of its output that an error quotes
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ScriptOption:
    """One option as the script has declared it. `flag`: its longest, but for --no-..."""

    name: str
    flag: str
    action: str
    type: str
    default: Any
    choices: tuple[Any, ...]
    nargs: int | str | None
    help: str


def options_of(command: Sequence[str]) -> list[ScriptOption]:
    """Run a script until it reads its options, which never happens twice; return them."""
    with tempfile.TemporaryDirectory(prefix="ashad-init-") as folder:
        told = Path(folder) / "options.json"
        shutil.copy(argparse_hook.__file__, Path(folder) / "sitecustomize.py")
        before = os.environ.get("PYTHONPATH")
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([folder, before] if before else [folder]),
            "ASHAD_INIT_OPTIONS": str(told),
        }
        try:
            done = subprocess.run(  # noqa: S603  # what the user has typed
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE_S,
                check=False,
            )
        except OSError as error:
            raise CommandError(f"{command[0]}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise CommandError(
                f"the script read no options within {PATIENCE_S:g} s; name the parameters "
                "yourself: ashad init -p lr=1e-4..0.1"
            ) from None
        if not told.exists():
            raise CommandError(*_nothing_told(done))
        return _read(told)


def _nothing_told(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    lines = done.stdout.decode(errors="replace").strip().splitlines()[-_LAST:]
    ended = f"the script ended (exit code {done.returncode}) without reading options by argparse"
    first = f"{ended}; name the parameters yourself: ashad init -p lr=1e-4..0.1"
    return [first, *(f"  {line}" for line in lines)]


def _read(path: Path) -> list[ScriptOption]:
    if path.stat().st_size > _MOST_BYTES:
        raise InvalidFileError("the script has more options than anybody could search")
    found = []
    for raw in json.loads(path.read_text(encoding="utf-8")):
        flags = [flag for flag in raw.pop("flags") if not flag.startswith("--no-")] or [""]
        raw["choices"] = tuple(raw["choices"])
        found.append(ScriptOption(flag=max(flags, key=len), **raw))
    return found
