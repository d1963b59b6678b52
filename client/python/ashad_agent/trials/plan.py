"""What an agent was asked to do, settled before the first trial. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ashad_agent.metrics.metric_file import Source
from ashad_agent.metrics.metric_parser import MetricParser
from ashad_agent.process.child import ProcessOptions
from ashad_agent.trials.command_template import Template
from ashad_client.trackers.run_log import TrackerSet


@dataclass(frozen=True)
class Limits:
    """When the agent ends by itself, besides when the study is finished. Times in seconds."""

    count: int | None = None
    max_time_s: float | None = None
    idle_s: float | None = None
    early_failures: int = 3  # 0: any number


@dataclass(frozen=True)
class Plan:
    """One agent's work: the same for all its slots."""

    study: str
    resource: str
    template: Template
    where: Template  # the path of a metrics file, which may hold placeholders
    parser: MetricParser
    source: Source
    process: ProcessOptions
    limits: Limits
    environment: Mapping[str, str]
    add_start: bool = False  # to the resources that are printed
    prefix: bool = False
    whole_lines: bool = False
    trackers: TrackerSet | None = None  # that hear of each report too
