"""Whether a command can be executed at all, looked at before a trial is taken. Starts nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence

_INTERPRETER = re.compile(r"(?:python|pypy)[0-9.]*|Rscript|node|julia|perl|ruby|(?:ba|da|k|z)?sh")
_HARMLESS = re.compile(r"-[BEIOPSqsuvx]+|--vanilla|--no-\w+")  # flags that take no argument
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b\x1b" + bytes(range(128, 256))


def problem(command: Sequence[str]) -> str:
    """Say why a command cannot be executed, and what to do; empty where it can be, it seems."""
    program = command[0]
    if "{" in program:
        return ""
    path = shutil.which(program)
    if path is None:
        return f"{program}: {_missing(program)}"
    return _unreadable(program, path) or _without_script(command)


def _missing(program: str) -> str:
    if not os.path.exists(program):
        return "there is no such program; a file of this folder is ./NAME"
    if os.path.basename(program) == program:
        return f"did you mean ./{program}?"
    return "it cannot be executed: chmod +x, or name its interpreter before it"


def _unreadable(program: str, path: str) -> str:
    try:
        with open(path, "rb") as file:
            first = file.read(512)
    except OSError:  # it may be executed, not read
        return ""
    if first.startswith(b"#!"):
        words = first[2:].partition(b"\n")[0].split()
        interpreter = os.fsdecode(words[0]) if words else ""
        if not shutil.which(interpreter or "/"):
            return f"{program}: its first line names {interpreter or 'nothing'}, which is not there"
    elif first.translate(None, _TEXT) == b"":
        return f"{program}: a script without a first line #!; name its interpreter before it"
    return ""


def _without_script(command: Sequence[str]) -> str:
    """Say that an interpreter is given a script that is not there."""
    if not _INTERPRETER.fullmatch(os.path.basename(command[0])):
        return ""
    script = next((word for word in command[1:] if not _HARMLESS.fullmatch(word)), "")
    if not script or script.startswith("-") or "{" in script or os.path.exists(script):
        return ""
    return f"{script}: there is no such file for {os.path.basename(command[0])} to run"
