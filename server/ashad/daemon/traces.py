"""OpenTelemetry's traces of gRPC calls, where the environment asks for them: `ashad[otel]`.

A span for each call of one request and one answer, by OpenTelemetry's own instrumentation, sampled
and sent as its OTEL_* variables say; streams have none, as one may last for days. Off, and not even
imported, where none of these asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from threading import Thread
from typing import Any

import grpc
from ashad_client.v1 import ashad_pb2 as pb

_EXPORTER, _DISABLED = "OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_NAME = "ashad"
LAST_S = 5.0  # seconds for the last spans
# The instrumentation breaks a stream whose handler writes: it takes it for a generator.
_TRACED = {
    f"/{service.full_name}/{method.name}"
    for service in pb.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if not (method.client_streaming or method.server_streaming)
}


class Traces:
    """Spans of calls, on their way to an exporter; none without a provider."""

    def __init__(self, provider: Any = None) -> None:
        self._provider = provider
        self.interceptors: list[grpc.aio.ServerInterceptor] = []
        if provider is not None:
            from opentelemetry.instrumentation import grpc as instrumentation  # noqa: PLC0415

            made = instrumentation.aio_server_interceptor(
                tracer_provider=provider, filter_=lambda details: details.method in _TRACED
            )
            self.interceptors.append(made)

    def close(self) -> None:
        """Send what is left, but do not wait for who does not take it."""
        if self._provider is not None:
            sending = Thread(target=self._provider.shutdown, name="spans", daemon=True)
            sending.start()
            sending.join(LAST_S)


def exporter(environ: Mapping[str, str]) -> str:
    """Return the name of the exporter that is asked for; empty: none."""
    if environ.get(_DISABLED, "").lower() == "true":
        return ""
    wanted = environ.get(_EXPORTER, "").strip().lower()
    if not wanted and any(environ.get(name) for name in _ENDPOINTS):
        wanted = "otlp"
    if wanted != "otlp":
        return "" if wanted == "none" else wanted
    protocol = next((environ[name] for name in _PROTOCOLS if environ.get(name)), "grpc")
    return "otlp_proto_grpc" if protocol == "grpc" else "otlp_proto_http"


def traces(environ: Mapping[str, str], warn: Callable[..., object]) -> Traces:
    """Return the traces that the environment asks for; warn where they cannot be had."""
    name = exporter(environ)
    if not name:
        return Traces()
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        found = entry_points(group="opentelemetry_traces_exporter", name=name)
        if not found:
            warn("traces_off", why=f"{_EXPORTER}: there is no exporter {name} in this installation")
            return Traces()
        named = {} if environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: _NAME}
        provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(next(iter(found)).load()()))
        return Traces(provider)
    except ImportError as error:
        warn("traces_off", why=f"pip install 'ashad[otel]': {error}")
        return Traces()
