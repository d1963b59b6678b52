"""Answers to reports are put together from bytes, the same that protobuf makes of messages."""

from __future__ import annotations

import pytest
from ashad.core.history.records import Decision
from ashad.service.messages import answers, to_proto
from ashad_client.v1 import ashad_pb2 as pb

DECISIONS = [
    Decision("CONTINUE", "BETWEEN_RUNGS", next_resource=30),
    Decision("CONTINUE", "IN_TOP", 3, 0, 30, 1, 2**31 - 1, 1, -0.0, 90),
    Decision("STOP", "SUPERSEDED", current_attempt=7),
    Decision("STOP", "X" * 300, 1, 2, 9, 8, 9, 3, None, 0, 1),  # lengths of more than one byte
]
SEQS = [0, 1, 127, 128, 16_383, 16_384, 2**21 - 1, 2**21, 2**35, 2**62, 2**63 - 1]


@pytest.mark.parametrize("decided", DECISIONS, ids=lambda decided: decided.reason[:20])
def test_an_answer_is_what_protobuf_makes_of_it(decided) -> None:
    for seq in SEQS:
        whole = pb.ReportResponse(decision=to_proto.decision(decided), commit_seq=seq)
        assert answers.whole(decided, seq) == whole.SerializeToString()
        result = pb.ReportStreamResponse(results=[pb.ReportResult(response=whole)])
        assert answers.result(decided, seq) == result.SerializeToString()


def test_results_one_behind_the_other_are_the_answer_to_a_message() -> None:
    told = answers.result(DECISIONS[0], 300), answers.refusal(3, "WHY", "é")
    found = pb.ReportStreamResponse.FromString(b"".join(told)).results
    assert found[0].response.commit_seq == 300
    assert (found[1].refusal.code, found[1].refusal.reason) == (3, "WHY")
    assert found[1].refusal.message == "é"
