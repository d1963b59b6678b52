"""A study with its trials and reports as one run of bytes, for a process that works on them.

Answers of the contract, each behind a byte that says which one it is, and its length in four.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from ashad_client.v1 import ashad_pb2 as pb

_KINDS: tuple[Any, ...] = (pb.GetStudyResponse, pb.ListTrialsResponse, pb.ListReportsResponse)


def dumped(answers: Iterable[Any]) -> Iterator[bytes]:
    """Yield the bytes of some answers."""
    for answer in answers:
        data = answer.SerializeToString()
        yield bytes((_KINDS.index(type(answer)),)) + len(data).to_bytes(4, "big") + data


def loaded(file: IO[bytes]) -> tuple[pb.Study, list[pb.Trial], list[pb.StoredReport]]:
    """Return what such bytes hold."""
    study, trials, reports = pb.Study(), list[pb.Trial](), list[pb.StoredReport]()
    while head := file.read(5):
        answer = _KINDS[head[0]].FromString(file.read(int.from_bytes(head[1:], "big")))
        if isinstance(answer, pb.GetStudyResponse):
            study = answer.study
        elif isinstance(answer, pb.ListTrialsResponse):
            trials += answer.trials
        else:
            reports += answer.reports
    return study, trials, reports
