"""The limits of the daemon: settings with their defaults, and the options by which gRPC keeps them.

What gRPC cannot limit (floods of frames, of connections, of handshakes) is left to a proxy in front
of the daemon: see deploy/haproxy. Never counts anything itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

TRANSPORT_BYTES = 16 * 1024 * 1024  # above our own limit of 4 MiB, so that we say what is wrong


def _limit(default: int, most: int, what: str) -> int:
    made: int = field(default=default, metadata={"most": most, "help": what})
    return made


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """The limits that are settings."""

    max_connections: int = _limit(20_000, 10**6, "Connections at a time, of all peers.")
    max_streams: int = _limit(200, 10**6, "Calls under way on one connection.")
    max_refused_rate: int = _limit(
        5, 10**6, "Calls a second of one address without a good token; ten seconds' worth at once."
    )
    max_token_rate: int = _limit(
        20_000, 10**6, "Calls a second of a token that has no --rate of its own."
    )
    max_header_bytes: int = _limit(16_384, 1 << 20, "Headers of one call.")
    handshake_seconds: int = _limit(10, 600, "Time to connect, TLS and all.")
    idle_seconds: int = _limit(600, 10**6, "A connection without calls is closed after so long.")


DEFAULTS = TransportLimits()


def described() -> list[tuple[str, int, int, str]]:
    """Return (name, default, most, help) of each limit that may be set."""
    return [
        (one.name, getattr(DEFAULTS, one.name), one.metadata["most"], one.metadata["help"])
        for one in fields(TransportLimits)
    ]


def transport(limits: TransportLimits) -> tuple[tuple[str, Any], ...]:
    """Return the options by which gRPC keeps the limits that it can keep."""
    return (
        ("grpc.so_reuseport", 0),  # else a second daemon would silently share the port
        ("grpc.max_receive_message_length", TRANSPORT_BYTES),
        ("grpc.max_send_message_length", TRANSPORT_BYTES),
        ("grpc.max_concurrent_streams", limits.max_streams),
        ("grpc.max_allowed_incoming_connections", limits.max_connections),
        ("grpc.max_metadata_size", limits.max_header_bytes),
        ("grpc.absolute_max_metadata_size", limits.max_header_bytes),
        ("grpc.server_handshake_timeout_ms", 1000 * limits.handshake_seconds),
        ("grpc.http2.settings_timeout", 1000 * limits.handshake_seconds),
        ("grpc.max_connection_idle_ms", 1000 * limits.idle_seconds),
        # Else gRPC cancels some of a thousand calls that come at once, whatever they are; admission
        # control knows which can wait, and says when to retry.
        ("grpc.server.max_pending_requests", 100_000),
        ("grpc.server.max_pending_requests_hard_limit", 100_000),
        # Our clients ping every 30 s; a connection that pings more often is closed at the third.
        ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
        ("grpc.http2.max_ping_strikes", 2),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
    )
