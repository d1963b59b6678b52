"""What operators are told: calls as gRFC A66 names them, and `ashad_*`, in Prometheus' format.

On the way of a call there are a few additions; all else is counted when it is asked for. Labels
are methods, statuses and states: never a name that a client chose.
"""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ashad import __version__
from ashad.core.history.records import STATES, Record
from ashad.scheduler import Scheduler
from ashad.scheduler.ports import OpenBatch, StudyWriter
from ashad.store import StudyRow

# Of gRFC A66, in seconds; from 100 microseconds on.
LATENCY = (
    *(0.0001, 0.0003, 0.0006, 0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.01, 0.013, 0.016, 0.02),
    *(0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8),
    *(1, 2, 5, 10, 20, 50, 100),
)
_SHORT = (0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_STUDY_STATES = ("ACTIVE", "PAUSED", "STOPPED", "FINISHED")
_EVENTS = {  # of the scheduler's log, and the counter of each
    "lease_expired": ("ashad_leases_expired", "Leases that expired: their worker fell silent"),
    "writes_refused": ("ashad_writes_refused", "Times that the file could not be written"),
}


class Metrics:
    """All that is counted of one daemon."""

    def __init__(self, log: Callable[..., object]) -> None:
        """`log` gets the events that are counted here."""
        self.registry = registry = CollectorRegistry()
        self._log = log
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._started = Counter(
            "grpc_server_call_started",
            "Calls that began (grpc.server.call.started)",
            ["grpc_method"],
            registry=registry,
        )
        self._duration = Histogram(
            "grpc_server_call_duration_seconds",
            "Time of a call from its first byte to its end (grpc.server.call.duration)",
            ["grpc_method", "grpc_status"],
            buckets=LATENCY,
            registry=registry,
        )
        self._queue = Histogram(
            "ashad_commit_queue_seconds",
            "Time that the first change of a batch waited for its commit to begin",
            buckets=_SHORT,
            registry=registry,
        )
        self._commit = Histogram(
            "ashad_commit_seconds",
            "Time of one commit, its fsync included",
            buckets=_SHORT,
            registry=registry,
        )
        self._batch = Histogram(
            "ashad_commit_batch_changes",
            "Changes that one commit wrote",
            buckets=_SIZES,
            registry=registry,
        )
        self._events = {
            event: Counter(name, text, registry=registry) for event, (name, text) in _EVENTS.items()
        }
        self._begins: dict[str, Any] = {}
        self._ends: dict[tuple[str, str], Any] = {}

    def began(self, method: str) -> None:
        """Count a call that begins."""
        known = self._begins.get(method)
        if known is None:
            known = self._begins[method] = self._started.labels(method)
        known.inc()

    def ended(self, method: str, status: str, seconds: float) -> None:
        """Count a call that has ended."""
        known = self._ends.get((method, status))
        if known is None:
            known = self._ends[method, status] = self._duration.labels(method, status)
        known.observe(seconds)

    def told(self, event: str, **facts: object) -> object:
        """Log an event of the scheduler, and count it where it counts."""
        counter = self._events.get(event)
        if counter is not None:
            counter.inc()
        return self._log(event, **facts)

    def committed(self, waited: float, took: float, changes: int) -> None:
        """Count a commit."""
        self._queue.observe(waited)
        self._commit.observe(took)
        self._batch.observe(changes)

    def watch(self, scheduler: Scheduler, under_way: Callable[[], int], db: Path) -> None:
        """Look at these each time that somebody asks."""
        self.registry.register(_Looked(scheduler, under_way, db))

    def text(self) -> tuple[bytes, str]:
        """Return all there is, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Looked(Collector):
    """What is looked at when it is asked for."""

    def __init__(self, scheduler: Scheduler, under_way: Callable[[], int], db: Path) -> None:
        self._scheduler, self._under_way, self._db = scheduler, under_way, db

    def describe(self) -> list[Metric]:
        """Return nothing: names are known when they are asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what there is now."""
        states: Counts[str] = Counts()
        trials: Counts[str] = Counts()
        now = time.time_ns() // 1000
        for _, study in self._scheduler.loaded():
            states[study.status(now)[0]] += 1
            trials.update(study.state.counts)
        yield _gauge("ashad_studies", "Studies in memory, by state", "state", states, _STUDY_STATES)
        text = "Trials of the studies in memory, by state"
        yield _gauge("ashad_trials", text, "state", trials, STATES)
        text = "Workers that wait for a slot of a quota"
        waiting = GaugeMetricFamily("ashad_quota_waiting_workers", text)
        waiting.add_metric([], self._scheduler.quota_waiting())
        yield waiting
        calls = GaugeMetricFamily("ashad_calls_under_way", "Calls that are worked at")
        calls.add_metric([], self._under_way())
        yield calls
        sizes = {"main": self._db, "wal": self._db.with_name(f"{self._db.name}-wal")}
        found: Counts[str] = Counts()
        for name, path in sizes.items():
            with suppress(OSError):
                found[name] = path.stat().st_size
        yield _gauge("ashad_database_bytes", "Size of the database", "file", found, sizes)
        built = GaugeMetricFamily("ashad_build_info", "The version", labels=["version"])
        built.add_metric([__version__], 1)
        yield built


def _gauge(
    name: str, text: str, label: str, counts: Counts[str], known: Iterable[str]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value in known:
        family.add_metric([value.lower()], counts[value])
    return family


class MeasuredBatch:
    """An open batch that knows when its first change came, and how many came."""

    def __init__(self, inner: OpenBatch) -> None:
        self.inner, self.began, self.changes = inner, 0.0, 0

    def add(self, study: int, records: Iterable[Record]) -> None:
        """Add the records of one study."""
        self.began = self.began or time.perf_counter()
        self.changes += 1
        self.inner.add(study, records)

    def put(self, study: StudyRow) -> None:
        """Add a study, new or changed."""
        self.began = self.began or time.perf_counter()
        self.inner.put(study)

    def __bool__(self) -> bool:
        return bool(self.inner)


class MeasuredWriter:
    """A writer whose commits are counted."""

    def __init__(self, inner: StudyWriter, metrics: Metrics) -> None:
        self._inner, self._metrics = inner, metrics
        self.probe, self.purge = inner.probe, inner.purge

    def batch(self) -> MeasuredBatch:
        """Return an empty batch."""
        return MeasuredBatch(self._inner.batch())

    def commit(self, batch: MeasuredBatch) -> None:
        """Write a batch, durably."""
        began = time.perf_counter()
        self._inner.commit(batch.inner)
        waited = began - batch.began if batch.began else 0.0
        self._metrics.committed(waited, time.perf_counter() - began, batch.changes)
