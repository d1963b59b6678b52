"""Which tool a file or folder is of, and what reads it. Looks at few bytes, and runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports import (
    experiment_files,
    optuna_storage,
    ray_tune,
    space_files,
    syne_tune,
    wandb,
)
from ashad.cli.imports.source_text import parse_json, parse_old_yaml, read_text
from ashad.cli.studyfile.yaml_text import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ashad.cli.imports.draft import ImportDraft

_SQLITE = b"SQLite format 3\0"
_ASHAD = 0x41534841  # the application id of a database of ours, at byte 68
KNOWN = (
    "an Optuna storage or journal, a Syne Tune experiment, a Ray Tune results folder, a W&B sweep, "
    "a Determined experiment, a Katib Experiment, an NNI or ConfigSpace search space"
)


class ForeignSource(NamedTuple):
    """What a file is, in words, and what makes a draft of it (given: the study, the metric)."""

    words: str
    read: Callable[[str, str], ImportDraft]


def recognise(path: Path) -> ForeignSource | None:
    """Return what a file or folder of another tool is; None of anything else."""
    if path.is_dir():
        return _folder(path)
    with path.open("rb") as file:
        head = file.read(100)
    if head.startswith(_SQLITE):
        if int.from_bytes(head[68:72], "big") == _ASHAD:
            return None
        return ForeignSource("an Optuna storage", lambda of, _: optuna_storage.storage(path, of))
    if head[:1] == b"\x80":
        read_text(path)  # says that it is a pickle
    if head.lstrip().startswith(b'{"op_code"'):
        return ForeignSource("an Optuna journal", lambda of, _: optuna_storage.journal(path, of))
    return _table(path)


def _folder(path: Path) -> ForeignSource | None:
    if (path / "metadata.json").exists():
        return ForeignSource("a Syne Tune experiment", lambda *_: syne_tune.experiment(path))
    if any(path.glob("experiment_state-*.json")) or any(path.glob("*/params.json")):
        return ForeignSource(
            "a Ray Tune results folder", lambda _, metric: ray_tune.results(path, metric)
        )
    return None


def _table(path: Path) -> ForeignSource | None:
    """Recognise a JSON or YAML file by its keys."""
    if path.suffix.lower() not in (".json", ".yaml", ".yml"):
        return None
    text = read_text(path)
    data = parse_json(text, path.name) if path.suffix.lower() == ".json" else parse_yaml(text)
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("hyperparameters"), list):
        return _of("a ConfigSpace space", space_files.configspace, data)
    if data.get("kind") == "Experiment" and "kubeflow" in str(data.get("apiVersion")):
        return _of("a Katib Experiment", experiment_files.katib, data)
    if isinstance(data.get("searcher"), dict) and "name" in data["searcher"]:
        return _of("a Determined experiment", experiment_files.determined, data)
    if isinstance(data.get("parameters"), dict) and "space" not in data:
        old = data if path.suffix.lower() == ".json" else parse_old_yaml(text)
        return _of("a W&B sweep", wandb.sweep, old)
    if data and all(isinstance(v, dict) and "_type" in v for v in data.values()):
        return _of("an NNI search space", space_files.nni, data)
    return None


def _of(
    words: str, read: Callable[[dict[str, Any]], ImportDraft], data: dict[str, Any]
) -> ForeignSource:
    return ForeignSource(words, lambda *_: read(data))


def hint(path: Path) -> str:
    """Say that a file is of another tool and how it is taken; nothing where it is not."""
    try:
        found = recognise(path)
    except (UnreadableError, OSError):
        return ""
    return f"this is {found.words}; `ashad import {path}` makes a study of it" if found else ""
