"""Verdicts: every decision of the core has a number, and no number ever changes."""

from __future__ import annotations

import ast
import inspect
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ashad.core.engine import limits, population, report
from ashad.core.history.records import Decision, Report
from ashad.store import Batch, Reader, Writer
from ashad.store.codes import DECISIONS, NUMBERS, VALUES, WORDS


def test_numbers_never_change() -> None:
    """Files hold them: lines may be added here, none altered."""
    assert dict(enumerate(DECISIONS)) == {
        0: ("CONTINUE", "BETWEEN_RUNGS"),
        1: ("CONTINUE", "IN_TOP"),
        2: ("STOP", "BELOW_CUTOFF"),
        3: ("PAUSE", "RUNG_REACHED"),
        4: ("STOP", "MAX_RESOURCE"),
        5: ("STOP", "DIVERGED"),
        6: ("CONTINUE", "DIVERGED"),
        7: ("STOP", "STUDY_STOPPED"),
        8: ("STOP", "TARGET_REACHED"),
        9: ("STOP", "MAX_TOTAL_RESOURCE"),
        10: ("STOP", "MAX_DURATION"),
        11: ("STOP", "MAX_FAILED_TRIALS"),
        12: ("STOP", "MAX_INFEASIBLE_TRIALS"),
        13: ("CONTINUE", "IMPORTED"),
        14: ("STOP", "IMPORTED"),
        15: ("STOP", "EXPLOITED"),
        16: ("CONTINUE", "NO_DONOR"),
        17: ("CONTINUE", "MAX_TRIALS"),
    }
    assert dict(enumerate(VALUES)) == {0: None, 1: "nan", 2: "inf", 3: "-inf"}
    assert NUMBERS["STOP", "DIVERGED", "-inf"] == 5 * 8 + 3 * 2
    assert len(WORDS) == len(DECISIONS) * 8 <= 256


def reasons() -> set[str]:
    """All reasons in the functions of the core that decide what a report is told."""
    found = set()
    deciders = report._decide, report._of_rung, limits.ended_with, limits.ended
    for decider in (*deciders, population._verdict):
        for node in ast.walk(ast.parse(inspect.getsource(decider))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and text.isupper():
                found.add(text)
    return found


def test_every_reason_of_the_core_has_a_number() -> None:
    named = {reason for _, reason in DECISIONS} - {"IMPORTED", "EXPLOITED"}  # not told, a name
    assert reasons() - {"ERROR", "INFEASIBLE"} == named  # those are counts that `ended` looks at


@pytest.mark.parametrize("bracket", [0, 1, 255, 256])
def test_each_decision_is_read_as_it_was_kept_and_in_words(tmp_path: Path, bracket: int) -> None:
    store, batch, kept = Writer(tmp_path / "a.db"), Batch(), []
    for seq, ((action, reason), diverged, entered) in enumerate(
        itertools.product(DECISIONS, VALUES, (False, True)), start=1
    ):
        value, rungs = (0.25 if diverged is None else None), (1, 2) if entered else (None, None)
        grounds = (
            (1, 9, 4, 10**9, 3, None if seq % 3 else 0.5) if entered else (None, *[0] * 4, None)
        )
        decision = Decision(action, reason, bracket, *grounds, 27, int(entered))
        kept.append(
            Report(
                seq, 10**15 * seq, 7, 1, 8 + seq, value, diverged, '{"a": 1}' if seq % 5 else None,
                None if seq % 7 else "s3://c", *rungs, decision,
            )
        )  # fmt: skip
    batch.add(1, kept)
    store.commit(batch)
    store.close()
    reader = Reader(tmp_path / "a.db")
    assert list(map(repr, reader.reports(1))) == list(map(repr, kept))
    reader.close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as file:
        assert file.execute(
            "SELECT seq, action, reason, value, diverged, bracket, rank FROM report_in_words "
            "ORDER BY seq"
        ).fetchall() == [
            (r.seq, r.decision.action, r.decision.reason, r.value, r.diverged, bracket,
             r.decision.rank or None)
            for r in kept
        ]  # fmt: skip
