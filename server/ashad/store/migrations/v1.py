"""Version 1: the first tables. Never changed after a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES = """
CREATE TABLE study (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL, seed INTEGER NOT NULL,
    created INTEGER NOT NULL, mode TEXT NOT NULL, spec TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
    study INTEGER NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
    params TEXT NOT NULL, origin TEXT NOT NULL, bracket INTEGER NOT NULL, rung INTEGER NOT NULL,
    attempt INTEGER NOT NULL, worker TEXT, start INTEGER NOT NULL, resource INTEGER NOT NULL,
    at INTEGER NOT NULL, checkpoint TEXT, checkpoint_resource INTEGER NOT NULL, value REAL,
    best_value REAL, best_resource INTEGER NOT NULL, best_seq INTEGER NOT NULL,
    spent INTEGER NOT NULL, worker_time INTEGER NOT NULL, assigned INTEGER NOT NULL,
    lost INTEGER NOT NULL, message TEXT, reported INTEGER NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (study, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE change (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, trial INTEGER NOT NULL,
    kind TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, reason TEXT, message TEXT,
    worker TEXT, request TEXT, start INTEGER, target INTEGER, checkpoint TEXT, rung INTEGER,
    crc INTEGER NOT NULL, PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, trial INTEGER NOT NULL,
    attempt INTEGER NOT NULL, resource INTEGER NOT NULL, value REAL, diverged TEXT, metrics TEXT,
    checkpoint TEXT, first_rung INTEGER, last_rung INTEGER, action TEXT NOT NULL,
    reason TEXT NOT NULL, bracket INTEGER NOT NULL, rung INTEGER, level INTEGER NOT NULL,
    rank INTEGER NOT NULL, size INTEGER NOT NULL, quota INTEGER NOT NULL, cutoff REAL,
    next_resource INTEGER NOT NULL, late INTEGER NOT NULL, entry INTEGER, crc INTEGER NOT NULL,
    PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX trial_waits ON trial (study, state) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED');
CREATE UNIQUE INDEX change_request ON change (study, request) WHERE request IS NOT NULL;
CREATE INDEX change_attempt ON change (study, trial, attempt);
CREATE INDEX change_rung ON change (study, seq) WHERE kind <> 'ASSIGNED' AND rung IS NOT NULL;
CREATE UNIQUE INDEX report_key ON report (study, trial, attempt, resource);
CREATE INDEX report_rung ON report (
    study, seq, trial, bracket, first_rung, last_rung, value, rung, reason, entry
) WHERE first_rung IS NOT NULL;
CREATE INDEX report_diverged ON report (study) WHERE diverged IS NOT NULL;
"""


def first_tables(db: Database) -> None:
    """Make the tables of version 1."""
    for statement in TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
