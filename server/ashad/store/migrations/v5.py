"""From version 4 to 5: the readable view knows imported reports. Never changed after a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_VIEW = """
CREATE VIEW report_in_words AS
SELECT study, seq,
    datetime((since_2030 + 1893456000000000) / 1000000, 'unixepoch') AS utc, report.trial, attempt,
    resource, report.value AS value,
    CASE report.verdict >> 1 & 3 WHEN 1 THEN 'nan' WHEN 2 THEN 'inf' WHEN 3 THEN '-inf'
    END AS diverged, metrics, checkpoint,
    CASE report.verdict >> 3 & 31 WHEN 0 THEN 'CONTINUE' WHEN 1 THEN 'CONTINUE' WHEN 3 THEN 'PAUSE'
    WHEN 6 THEN 'CONTINUE' WHEN 13 THEN 'CONTINUE' ELSE 'STOP' END AS action,
    CASE report.verdict >> 3 & 31 WHEN 0 THEN 'BETWEEN_RUNGS' WHEN 1 THEN 'IN_TOP'
    WHEN 2 THEN 'BELOW_CUTOFF' WHEN 3 THEN 'RUNG_REACHED' WHEN 4 THEN 'MAX_RESOURCE'
    WHEN 5 THEN 'DIVERGED' WHEN 6 THEN 'DIVERGED' WHEN 7 THEN 'STUDY_STOPPED'
    WHEN 8 THEN 'TARGET_REACHED' WHEN 9 THEN 'MAX_TOTAL_RESOURCE' WHEN 10 THEN 'MAX_DURATION'
    WHEN 11 THEN 'MAX_FAILED_TRIALS' WHEN 12 THEN 'MAX_INFEASIBLE_TRIALS'
    WHEN 13 THEN 'IMPORTED' WHEN 14 THEN 'IMPORTED' END AS reason,
    report.verdict >> 8 AS bracket, first_rung, last_rung, rung, level, rank, size, quota, cutoff,
    next_resource
FROM report LEFT JOIN entry USING (study, seq)"""


def imported_reports(db: Database) -> None:
    """Make the view anew."""
    db.execute("DROP VIEW report_in_words")
    db.execute(_VIEW)
