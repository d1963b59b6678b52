"""Log events are a machine interface: stable snake_case names, never sentences."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support import ROOT

NAMES = {"log", "_log", "log_warning", "_log_error", "_audit", "_tell", "tell"}
LEVELS = {"info", "warning", "error"}
FOLDERS = ("daemon", "scheduler", "security", "service")
FILES = sorted(p for f in FOLDERS for p in (ROOT / "server" / "ashad" / f).rglob("*.py"))


def events(tree: ast.AST) -> list[str]:
    """Return the names of events in calls of a log; of a choice between two, both."""
    found = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = ast.unparse(call.func).split(".")
        if name[-1] not in NAMES and not (
            name[-1] in LEVELS and name[-2:-1] in (["log"], ["_log"])
        ):
            continue
        first = call.args[0]
        chosen = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
        found += [
            c.value for c in chosen if isinstance(c, ast.Constant) and isinstance(c.value, str)
        ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_event_has_a_snake_case_name(path):
    wrong = [
        e for e in events(ast.parse(path.read_text())) if not re.fullmatch(r"[a-z]+(_[a-z]+)*", e)
    ]
    assert wrong == []


def test_events_are_found():
    found = [e for path in FILES for e in events(ast.parse(path.read_text()))]
    assert {"trial_assigned", "lease_expired", "commit_failed", "internal_error"} <= set(found)
