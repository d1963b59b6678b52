"""What gRPC calls the four shapes of an rpc: (requests are a stream, answers are a stream)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

SHAPES: dict[tuple[bool, bool], Callable[..., Any]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
