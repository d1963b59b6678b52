"""Every reason of the daemon is in a conversation, or said here: why not, and who tests it.

A reason is found in the daemon's source; one that is new must be put into a conversation, or below.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import ROOT
from tests.support.script import FOLDER

WORD = re.compile(r'"([A-Z][A-Z_]{3,})"')
SOURCE = [
    path
    for room in ("security", "core", "scheduler", "service")
    for path in sorted((ROOT / "server/ashad" / room).rglob("*.py"))
]
STATES = {"ACTIVE", "PAUSED", "FINISHED", "STOPPED", "RUNNING", "QUEUED", "COMPLETED", "FAILED"}

# A conversation shows `wait` and `finished` as the client does: the loop goes on, or ends.
BEHIND_WAIT = {
    "MAX_CONCURRENT_TRIALS": "contract/test_answers.py",
    "QUOTA": "contract/test_quotas.py",
    "ROUND_OPEN": "unit/core/engine/test_synchronous.py",
    "SAMPLER_BUSY": "unit/outside/test_optuna.py",
    "STUDY_PAUSED": "contract/test_answers.py",
    "TRIALS_RUNNING": "contract/test_answers.py",
    "WORKER_NAME_HELD": "contract/test_worker_names.py",
}
BEHIND_FINISHED = {
    "CONFIGURATIONS_EXHAUSTED": "contract/test_answers.py",
    "GRID_EXHAUSTED": "contract/test_answers.py",
    "MAX_DURATION": "contract/test_answers.py",  # of time, which a conversation does not wait for
    "MAX_FAILED_TRIALS": "contract/test_answers.py",
    "MAX_INFEASIBLE_TRIALS": "faults/simulation/journal.py",  # after a thousand of them
    "MAX_TRIALS": "contract/test_answers.py",
}
# What creation rules out but for a chance of nothing.
RULED_OUT = {"CONSTRAINTS_NOT_MET": "unit/core/validation/test_relations.py"}
# Of a change that another made in between, and of more of them than a study may have.
BY_CHANGE = dict.fromkeys(
    ("SPACE_VERSIONS_EXHAUSTED", "SPACE_VERSION_CHANGED"),
    "unit/core/engine/configurations/test_space_change.py",
)
# Of the call that the command line alone makes.
BY_IMPORT = {
    "IMPORTED": "contract/test_import.py",
    "INVALID_IMPORT": "contract/test_import.py",
}
# What befalls a daemon that was installed without a library.
INSTALLED = {"SAMPLER_MISSING": "unit/outside/test_own.py"}
# Of a sampler beside the daemon that gives no answer: a conversation has none.
BY_SAMPLERS = dict.fromkeys(
    (
        *("SAMPLER_ANSWER_INVALID", "SAMPLER_BREAKS_CONSTRAINT", "SAMPLER_ENDED"),
        *("SAMPLER_FAILED", "SAMPLER_TIMED_OUT"),
    ),
    "unit/outside/test_own.py",
)
# No client sends these: it makes its own keys, tokens and messages, and pages by itself.
ONLY_BY_HAND = {
    "INVALID_PAGE_TOKEN": "contract/test_refusals.py",
    "MALFORMED_MESSAGE": "contract/test_bad_inputs.py",
    "MESSAGE_TOO_LARGE": "contract/test_bad_inputs.py",
    "REQUEST_CONFLICT": "faults/test_exactly_once.py",
    "UNKNOWN_LEASE_TOKEN": "contract/test_refusals.py",
}
# What befalls the daemon: a client repeats the call, which is what the crash ride shows.
TRANSIENT = {
    "DRAINING": "contract/test_refusals.py",
    "INTERNAL": "contract/test_refusals.py",
    "OVERLOADED": "faults/test_overload.py",
    "RATE_LIMITED": "contract/security/test_roles.py",
    "STORAGE_DAMAGED": "unit/service/test_read_failures.py",
    "STORAGE_FAILED": "unit/service/test_read_failures.py",
    "STORAGE_FULL": "faults/test_full.py",
    "STORAGE_LOCKED": "faults/test_file.py",
    "STUDY_RELOADING": "contract/test_quarantine.py",
}
# Of the stream that only the command line reads.
WATCHING = {
    "SEQ_UNKNOWN": "contract/test_watch.py",
    "WATCHER_SLOW": "contract/test_watch.py",
}
# A conversation has one daemon without tokens; every client is refused by one that wants them.
WITH_TOKENS = {
    "PERMISSION_DENIED": "system/clients/test_every_client.py",
    "TOKEN_INVALID": "contract/security/test_roles.py",
    "TOKEN_MISSING": "system/clients/test_every_client.py",
}
# Told of a trial that is queued; in a conversation it is running again before anyone can look.
BETWEEN = {"LEASE_EXPIRED": "contract/test_leases.py"}
# A conversation has one process.
OF_TWO_PROCESSES = {"WORKER_NAME_IN_USE": "contract/test_worker_names.py"}
# Told to a client, which says again what is lacking; and by a daemon that is back.
AFTER_A_TAKEOVER = dict.fromkeys(
    ("DAEMON_SUPERSEDED", "EPOCH_CHANGED"), "unit/service/test_fence.py"
)
# Words of the journal, and of the code, that no reply carries.
INSIDE = {
    "ALGORITHMS", "ANNOTATED", "ASSIGNED", "COMBINATION_", "CREATED", "DESCRIPTOR", "DURATION",
    "ENQUEUED",
    "EXPLORED", "MAX_LABEL",
    "RECLAIMED", "REPORTED", "RESUMED", "ROLES", "SAMPLERS", "SPACE_CHANGED", "TRIAL_",
    "TRIAL_ANNOTATED",
    "TRIAL_STATE_", "UNKNOWN", "UNSPECIFIED", "UPDATED",
    "WORKER_RESTARTED",
}  # fmt: skip

ELSEWHERE = (
    BEHIND_WAIT
    | BEHIND_FINISHED
    | ONLY_BY_HAND
    | TRANSIENT
    | WATCHING
    | WITH_TOKENS
    | BETWEEN
    | OF_TWO_PROCESSES
    | AFTER_A_TAKEOVER
    | INSTALLED
    | BY_CHANGE
    | BY_IMPORT
    | BY_SAMPLERS
    | RULED_OUT
)


def said() -> set[str]:
    """All words of answers in all conversations."""
    lines = [
        line
        for path in FOLDER.glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("< ")
    ]
    return set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", " ".join(lines)))


def known() -> set[str]:
    """All words of the daemon's source."""
    return {word for path in SOURCE for word in WORD.findall(path.read_text(encoding="utf-8"))}


def test_every_reason_is_in_a_conversation_or_said_to_be_elsewhere() -> None:
    assert known() - said() - set(ELSEWHERE) - INSIDE == set()


def test_what_is_said_to_be_elsewhere_is_there_and_only_there() -> None:
    assert set(ELSEWHERE) & said() == set(), "in a conversation by now"
    assert set(ELSEWHERE) - known() == set(), "no reason of the daemon any more"
    for reason, test in ELSEWHERE.items():
        text = (ROOT / "tests" / Path(test)).read_text(encoding="utf-8")
        assert re.search(rf"\b{reason}\b", text), f"{test} does not test {reason}"
