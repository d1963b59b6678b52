"""Refusals as gRPC statuses: every kind has its code, and what a client reads is bounded."""

import grpc
import pytest
from ashad.core.errors import RefusalError, RefusalKind
from ashad.service.status import MAX_MESSAGE, code_of, fail, refuse
from ashad.store import DiskFullError
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status


class Context:
    async def abort(self, code, details, metadata):
        self.code, self.details, self.metadata = code, details, dict(metadata)


def info(context):
    status = Status.FromString(context.metadata["grpc-status-details-bin"])
    found = ErrorInfo()
    assert status.details[0].Unpack(found)
    assert (status.code, status.message) == (context.code.value[0], context.details)
    return found


@pytest.mark.parametrize("kind", RefusalKind)
async def test_a_refusal_travels_twice(kind):
    context = Context()
    await refuse(context, RefusalError(kind, "REASON", "field: fix", field="x", last=3))
    assert context.code is grpc.StatusCode[kind.name]
    assert context.code.value[0] == code_of(RefusalError(kind, "R", ""))
    found = info(context)
    assert (found.reason, found.domain, context.metadata["ashad-reason"]) == (
        "REASON", "ashad", "REASON",
    )  # fmt: skip
    assert dict(found.metadata) == {"field": "x", "last": "3"}
    pushed_back = kind is RefusalKind.RESOURCE_EXHAUSTED
    assert ("grpc-retry-pushback-ms" in context.metadata) == pushed_back


async def test_a_message_that_is_too_large_stays_so_and_is_not_to_be_repeated():
    context = Context()
    await refuse(context, RefusalError(RefusalKind.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", ""))
    assert "grpc-retry-pushback-ms" not in context.metadata


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
async def test_a_long_message_is_cut_between_letters(letter):
    context = Context()
    await refuse(context, RefusalError(RefusalKind.NOT_FOUND, "R", letter * 2000, f=letter * 2000))
    assert len(context.details.encode()) <= MAX_MESSAGE
    assert context.details.strip(letter) == "…"
    assert len(info(context).metadata["f"].encode()) <= 400


async def test_a_disk_that_is_full_is_told_and_a_bug_is_not():
    told, context = [], Context()
    log = lambda event, **facts: told.append((event, facts))
    await fail(context, DiskFullError("no space"), log)
    assert context.metadata["ashad-reason"] == "STORAGE_FULL"
    await fail(context, ValueError("our secret"), log)
    assert context.code is grpc.StatusCode.INTERNAL
    assert "our secret" not in context.details
    assert [event for event, _ in told] == ["read_failed", "internal_error"]
    assert told[1][1]["number"] in context.details
