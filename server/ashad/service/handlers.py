"""The contract's rpcs and their handlers.

Bytes that are not a message reach a handler as None; a message that is too long, as its length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.message import DecodeError, Message

MESSAGE_BYTES = 4 * 1024 * 1024
# By (requests are a stream, answers are a stream).
HANDLER_KINDS: dict[tuple[bool, bool], Callable[..., Any]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def handlers(service: object) -> grpc.GenericRpcHandler:
    """Return the handlers of a service, whose class is named as in the contract."""
    described = pb.DESCRIPTOR.services_by_name[type(service).__name__]
    found = {}
    for method in described.methods:
        kind = HANDLER_KINDS[method.client_streaming, method.server_streaming]
        found[method.name] = kind(
            getattr(service, method.name),
            request_deserializer=_reader(getattr(pb, method.input_type.name)),
            response_serializer=_write,
        )
    return grpc.method_handlers_generic_handler(described.full_name, found)


def _write(answer: Message | bytes) -> bytes:
    """Return the bytes of an answer; those of a page are ready."""
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def _reader(kind: type[Message]) -> Callable[[bytes], Message | int | None]:
    def read(data: bytes) -> Message | int | None:
        """Return the message, or what is wrong with these bytes."""
        if len(data) > MESSAGE_BYTES:
            return len(data)
        try:
            return kind.FromString(data)
        except DecodeError:
            return None

    return read
