"""What `ashad doctor` finds: how something is, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, NOTE, WARNING, PROBLEM = "ok", "note", "warning", "problem"


@dataclass
class Finding:
    """What was looked at, how it is, and what mends it."""

    what: str
    verdict: str
    said: str
    fix: str = ""
