"""Where and how a process runs, as it tells with each request for a trial. Reads a few small files.

Starts nothing and asks nobody, so it costs a training nothing; what cannot be found is left out.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Union

from ashad_client.errors import invalid

Attributes = tuple[tuple[str, str], ...]
Given = Union[bool, Mapping[str, object]]

MOST, MOST_CHARACTERS = 32, 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_SECRET = re.compile(r"token|secret|passw|passphrase|credential|api[-_]?key", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_GPUS = Path("/proc/driver/nvidia/gpus")


def settle(given: Given = True) -> Attributes:
    """Return what a client tells: what is found, and what is given. Raises `Error`.

    True: host, gpu, git_commit and command; a mapping: these and its entries, of which None leaves
    out what is found; False, or ASHAD_ATTRIBUTES=0 for what is not given: nothing.
    """
    if given is False:
        return ()
    told = dict(given) if isinstance(given, Mapping) else {}
    silent = os.environ.get("ASHAD_ATTRIBUTES") == "0"
    made = {} if silent else found(getattr(sys, "orig_argv", sys.argv))
    for name, value in told.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid(
                f"attributes: {name!r:.80} is no name: 1 to 64 letters, digits, and _ . -, "
                "a letter or _ first"
            )
        text = str(value)
        if value is not None and not (1 <= len(text) <= MOST_CHARACTERS and text.isprintable()):
            raise invalid(f"attributes[{name!r}]: 1 to {MOST_CHARACTERS} printable characters")
        made[name] = "" if value is None else text
    if len(made) > MOST:
        raise invalid(f"attributes: at most {MOST}")
    return tuple((name, value) for name, value in sorted(made.items()) if value)


def found(command: Sequence[str]) -> dict[str, str]:
    """Return what can be told of this process."""
    script = Path(sys.argv[0] if sys.argv else "")
    facts = {
        "host": socket.gethostname(),
        "gpu": gpu(os.environ.get("CUDA_VISIBLE_DEVICES")),
        "git_commit": git_commit(Path()) or git_commit(script.parent),
        "command": command_line(command),
    }
    return {name: text for name, value in facts.items() if (text := plain(value))}


def plain(text: str) -> str:
    """Return text as the daemon takes it: one printable line, and what is too long cut off."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line.strip()[:MOST_CHARACTERS]


def command_line(words: Sequence[str]) -> str:
    """Return a command as a shell would take it; what looks like a secret is left out."""
    shown, hidden = [], False
    for word in words:
        name, equals, _ = word.partition("=")
        is_flag = name.startswith("-") and _SECRET.search(name) is not None
        if hidden and not word.startswith("-"):
            shown.append("***")
        elif (is_flag or _SECRET.search(name)) and equals:
            shown.append(f"{name}=***")
        else:
            shown.append(shlex.quote(word))
        hidden = is_flag and not equals
    return " ".join(shown)


def gpu(visible: str | None) -> str:
    """Return the models of the GPUs of this machine; `visible` names those that are to be used."""
    models = []
    try:
        for card in sorted(_GPUS.iterdir()):
            text = (card / "information").read_text(encoding="utf-8", errors="replace")
            models += [line.partition(":")[2].strip() for line in text.splitlines()[:1]]
    except OSError:  # no such driver
        return ""
    if visible is not None:
        devices = [device for device in visible.split(",") if device.strip()]
        if not devices or not models:
            return ""
        if len(set(models)) == 1:
            models = models[:1] * len(devices)
    kinds = dict.fromkeys(models)
    return ", ".join(f"{models.count(kind)} x {kind}".removeprefix("1 x ") for kind in kinds)


def git_commit(folder: Path) -> str:
    """Return the commit that is checked out in or above a folder; empty where there is none."""
    try:
        folder = folder.resolve()
        for above in (folder, *folder.parents):
            if (above / ".git").exists():
                return _head(above / ".git")
    except (OSError, ValueError):
        pass
    return ""


def _head(git: Path) -> str:
    if git.is_file():  # of a worktree or submodule
        git = (git.parent / git.read_text(encoding="utf-8").partition(":")[2].strip()).resolve()
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if head.startswith("ref:"):
        head = _referred(git, head[4:].strip())
    return head if _COMMIT.fullmatch(head) else ""


def _referred(git: Path, name: str) -> str:
    common = git / "commondir"
    if common.exists():
        git = (git / common.read_text(encoding="utf-8").strip()).resolve()
    loose = git / name
    if loose.is_file():
        return loose.read_text(encoding="utf-8").strip()
    for line in (git / "packed-refs").read_text(encoding="utf-8").splitlines():
        commit, _, packed = line.partition(" ")
        if packed == name:
            return commit
    return ""
