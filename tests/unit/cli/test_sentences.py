"""Trials in full sentences, for each state; every reason of the core has words."""

import re

import pytest
from ashad.cli.views import sentences
from ashad_client.v1 import ashad_pb2 as pb

from tests.support import ROOT

SPEC = pb.StudySpec(metric="loss", resource="epoch", max_resource=27)
CORE = ROOT / "server" / "ashad" / "core"


BELOW = "was stopped after 9 of 27 epochs, because it ranked below the cut-off of its rung."
IN_TWO = "in 2 attempts, the last on host-7; 1 lease lost."


def told(**fields):
    return list(sentences.trial(pb.Trial(trial=7, **fields), "digits", SPEC))


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({"state": 1}, "waits for a worker and has reported nothing yet."),
        ({"state": 1, "reason": "LEASE_EXPIRED", "resource": 3},
         "waits for a worker after 3 of 27 epochs, because its worker fell silent."),
        ({"state": 2, "worker": "w", "resource": 3}, "runs on w after 3 of 27 epochs."),
        ({"state": 6, "reason": "ERROR", "message": "oh", "resource": 1},
         "failed after 1 of 27 epochs, because its worker told of an error."),
        ({"state": 8, "reason": "CANCELLED"},
         "was cancelled and has reported nothing yet."),
        ({"state": 99, "reason": "A_NEW_ONE", "resource": 1},
         "is 99 after 1 of 27 epochs, because a new one."),
    ],
    ids=str,
)  # fmt: skip
def test_the_first_sentence(fields, first):
    assert told(**fields)[0] == f"Trial 7 of digits {first}"


def test_the_whole_story():
    found = told(
        state=5, reason="BELOW_CUTOFF", resource=9, value=0.5, best_value=0.25, attempt=2,
        worker="host-7", lost_leases=1, origin="enqueued", bracket=1, checkpoint_uri="s3://c",
        create_time={"seconds": 1_000_000_000}, worker_time={"seconds": 90},
        seed=7,
    )  # fmt: skip
    assert found == [
        "Trial 7 of digits " + BELOW,
        "Its last loss is 0.5, its best was 0.25.",
        "It was made at 2001-09-09T01:46:40Z and was held by workers for 1m30s " + IN_TWO,
        "Its configuration was enqueued by a person; its bracket is 1.",
        "Each attempt trains with the seed 7.",
        "Its latest checkpoint is s3://c",
    ]


def test_every_reason_that_the_core_gives_has_words():
    given = set()
    for name in (
        "engine/lifecycle",
        "engine/suggest",
        "engine/limits",
        "engine/report",
        "history/explain",
    ):
        given |= set(
            re.findall(r'(?:reason=|return )"([A-Z_]{5,})"', (CORE / f"{name}.py").read_text())
        )
    given |= {"LEASE_EXPIRED", "WORKER_RESTARTED", "MAX_RESOURCE", "BELOW_CUTOFF", "DIVERGED"}
    assert len(given) > 8
    assert {
        code for code in given if sentences.reason(code) == code.lower().replace("_", " ")
    } == set()
