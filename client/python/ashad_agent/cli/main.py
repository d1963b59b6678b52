"""The command `run`: settles everything before the first trial, then lets the fleet go.

What can be wrong is told while nothing is spent: placeholders, regexes, signals, GPUs, a program
that is not there, a study that is not there.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Callable

import ashad_client
from ashad_agent.cli import dry_parse
from ashad_agent.cli.options import Options, parse
from ashad_agent.metrics.metric_file import Source, source_of
from ashad_agent.metrics.metric_parser import MetricParser
from ashad_agent.process.child import ProcessOptions
from ashad_agent.process.command_check import problem
from ashad_agent.process.exit_status import NO_ANSWER, REFUSED, USAGE
from ashad_agent.process.gpus import find, share
from ashad_agent.process.output_mux import OutputMux
from ashad_agent.trials.checkpoint_gc import CheckpointCollector
from ashad_agent.trials.checkpoints import CheckpointRoot
from ashad_agent.trials.command_template import Template, shared_variables
from ashad_agent.trials.plan import Limits, Plan
from ashad_agent.trials.slot import Slot
from ashad_agent.trials.slot_pool import SlotPool
from ashad_agent.trials.worker_ids import WorkerIds
from ashad_client.attributes import command_line, gpu, plain
from ashad_client.errors import Error, invalid
from ashad_client.settings import unique_worker
from ashad_client.text import clean
from ashad_client.trackers.run_log import TrackerSet
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

log = logging.getLogger("ashad_agent")

# Reads a study file: its name (may be empty) and its spec.
Read = Callable[[str], tuple[str, pb.StudySpec]]
Connection = Mapping[str, Any]
# Is told the study when all is in order, before the first trial.
Begin = Callable[[pb.Study], object]


def run(
    arguments: Sequence[str],
    *,
    prog: str = "python -m ashad_client run",
    connection: Connection | None = None,
    read: Read | None = None,
    begin: Begin | None = None,
) -> int:
    """Run the agent by its command line; return its exit code.

    `connection`: arguments of `ashad_client.connect`; what is typed comes before them. `read`:
    reads study files, for -f. `begin`: told the study before the first trial.
    """
    fill_streams()
    options = parse(arguments, prog, files=read is not None)
    log_to_stderr(logging.WARNING if options.quiet else logging.INFO)
    known = dict(connection or {})
    if options.address:
        known["address"] = options.address
    try:
        if options.dry_parse:
            return _dry_parse(options, known)
        return _run(options, known, read, begin)
    except Error as error:
        return explain(error)


def explain(error: Error) -> int:
    """Print what is wrong; return the exit code for it."""
    if error.reason == "INVALID_ARGUMENT":
        print(f"error: {clean(error.message)}", file=sys.stderr)
        return USAGE
    print(f"error: {clean(str(error))}", file=sys.stderr)
    return NO_ANSWER if error.transient else REFUSED


def fill_streams() -> None:
    """Open what was closed of stdin, stdout and stderr, lest a connection gets its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:  # noqa: PERF203  # it is closed
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


class _OneLine(logging.Formatter):
    """A message may hold what others chose: parameters, names of studies, last words."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """Write it so that it drives no terminal; a traceback behind it keeps its lines."""
        return clean(super().formatMessage(record))


def log_to_stderr(level: int) -> None:
    """Let the agent say on stderr what it does, and the client what it meets."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("ashad: %(message)s"))
    for logger, least in ((logging.getLogger("ashad_client"), logging.WARNING), (log, level)):
        logger.handlers[:], logger.propagate = [handler], False
        logger.setLevel(least)


def _run(options: Options, connection: Connection, read: Read | None, begin: Begin | None) -> int:
    source = source_of(options.metrics)
    outputs = [OutputMux(1), OutputMux(2)]
    gpus = share(find(options.gpus, os.environ), options.slots) if options.gpus else None
    slots = len(gpus) if gpus else options.slots or 1
    wrong = problem(options.command)
    if wrong:
        raise invalid(wrong)
    if options.file is not None:
        if read is None:
            raise invalid("-f reads a study file, which needs the daemon's install: `ashad run -f`")
        options.study = _made(options, connection, read)
    study = _study(options.study, connection)
    plan = _plan(options, study, source, slots, connection)
    root = CheckpointRoot(options.checkpoints, plan.study, keep=options.keep_checkpoints)
    root.sweep()
    worker_ids = WorkerIds()
    name = options.worker or os.environ.get("ASHAD_WORKER")
    workers = worker_ids.claim(slots, name)
    made = [
        Slot(
            plan,
            _client(connection, worker, told),
            partial(_another, connection, told),
            root,
            outputs,
            gpus[i] if gpus else None,
            named=bool(name),
        )
        for i, worker in enumerate(workers)
        for told in [_attributes(options, gpus[i] if gpus else None)]
    ]
    if begin is not None:
        begin(study)
    # Its last look is made at the end: no longer than the slots for their last calls.
    look_s = min(10.0, connection.get("close_timeout_s", 10.0))
    with CheckpointCollector(root, _client({**connection, "call_timeout_s": look_s}, None, {})):
        code = SlotPool(plan, made).run()
    root.close()
    return code


def _client(
    connection: Connection, worker: str | None, told: Mapping[str, object]
) -> ashad_client.Client:
    # Not to be had by a variable: the ids of the slots differ.
    return ashad_client.connect(
        **connection, worker=worker, standalone=False, attributes=told or False
    )


def _another(connection: Connection, told: Mapping[str, object]) -> ashad_client.Client:
    return _client(connection, unique_worker(), told)


def _attributes(options: Options, gpus: str | None) -> dict[str, object]:
    """Return what a slot tells of its attempts besides what its client finds."""
    found: dict[str, object] = {}
    if os.environ.get("ASHAD_ATTRIBUTES") != "0":
        found["command"] = plain(command_line(options.command)) or None
        if gpus is not None:
            found["gpu"] = plain(gpu(gpus)) or None
            found["cuda_visible_devices"] = plain(gpus) or None
    return found | dict(options.attribute)


def _study(name: str, connection: Connection) -> pb.Study:
    with ashad_client.connect(**connection, standalone=False) as client:
        return client.call(rpc.GET_STUDY, pb.GetStudyRequest(study=name)).study


def _made(options: Options, connection: Connection, read: Read) -> str:
    """Make the study of a file, unless an equal one is there; return its name."""
    name, spec = read(options.file or "")
    name = options.study or name
    if not name:
        raise invalid(f"name the study: STUDY, or the key name in {options.file}")
    # What is wrong with the command is told before there is a study.
    template_of(options.command, spec)
    parser_of(options, spec.metric, spec.resource)
    with ashad_client.connect(**connection, standalone=False) as client:
        try:
            client.create_study(name, spec)
        except Error as error:
            if error.reason == "STUDY_EXISTS":
                message = f"{error.message}; or give this one another name: STUDY before --"
                raise Error(message, code=error.code, reason=error.reason) from None
            if error.reason != "PERMISSION_DENIED":
                raise
            log.info("using study %s as it is: %s", name, error.message)  # if it is there
    return name


def _plan(
    options: Options, study: pb.Study, source: Source, slots: int, connection: Connection
) -> Plan:
    where = template_of([source.path], study.spec)
    if slots > 1 and source.path and not where.is_per_trial:
        raise invalid(
            f"--metrics {options.metrics}: {slots} slots would read one file; "
            "put {trial} or {checkpoint_dir} into its path"
        )
    for name in shared_variables(parameter.name for parameter in study.spec.space):
        log.warning("parameter %s gets no variable: another would have the same", name)
    return Plan(
        study=study.name,
        resource=study.spec.resource,
        template=template_of(options.command, study.spec),
        where=where,
        parser=parser_of(options, study.spec.metric, study.spec.resource),
        source=source,
        process=ProcessOptions(
            options.grace, options.stop_signal, options.pty, options.stall_timeout
        ),
        limits=Limits(
            options.count, options.max_time, options.idle_timeout, options.early_failures
        ),
        environment=_environment(connection),
        add_start=options.add_start,
        prefix=options.prefix,
        whole_lines=slots > 1,
        trackers=TrackerSet(options.log_to) if options.log_to else None,
    )


def template_of(command: Sequence[str], spec: pb.StudySpec) -> Template:
    """Return the command with its placeholders, each known to the study. Raises `Error`."""
    sometimes = [parameter.name for parameter in spec.space if parameter.when]
    flags = [parameter.name for parameter in spec.space if _is_boolean(parameter)]
    return Template(command, [parameter.name for parameter in spec.space], sometimes, flags)


def _is_boolean(parameter: pb.ParameterSpec) -> bool:
    values = [*parameter.categorical.choices]
    if parameter.HasField("constant"):
        values.append(parameter.constant)
    return bool(values) and all(value.HasField("bool_value") for value in values)


def parser_of(options: Options, metric: str, resource: str) -> MetricParser:
    """Return what reads the metric as it was told to. Raises `Error`."""
    return MetricParser(
        metric,
        resource,
        renamed=dict(options.metric),
        resource_key=options.resource,
        regexes=options.regex,
        zero_based=options.zero_based,
    )


def _environment(connection: Connection) -> dict[str, str]:
    """Return the variables of the agent, with the way to the daemon that it goes itself."""
    ways = {
        f"ASHAD_{name.upper()}": os.fspath(value)
        for name, value in connection.items()
        if value and name != "close_timeout_s"
    }
    return {**os.environ, **ways}


def _dry_parse(options: Options, connection: Connection) -> int:
    source = source_of(options.metrics)
    if options.study is None:
        metric, resource, most = options.metric[0][0], options.resource or "epoch", 2**62
    else:
        spec = _study(options.study, connection).spec
        metric, resource, most = spec.metric, spec.resource, spec.max_resource
    parser = parser_of(options, metric, resource)
    assert options.dry_parse is not None
    try:
        with open(options.dry_parse, "rb") as file:
            return dry_parse.show(file, parser, table=source.kind == "csv", most=most)
    except OSError as error:
        raise invalid(f"--dry-parse {options.dry_parse}: {error.strerror}") from None
