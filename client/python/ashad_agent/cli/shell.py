"""`ask` and `tell`: a worker in a shell script, without the agent.

    while eval "$(ashad ask digits -o env)"; do ...; ashad tell epoch=1 loss=0.5 || break; ...

Each is one call by a process of its own, so the lease travels in the variable ASHAD_LEASE. Nothing
is queued: `tell` returns when the daemon has committed what it was told, however long that takes.
Between two calls nobody sends heartbeats: where an epoch is longer than the lease, `tell --alive`
does, in the background.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import ashad_client
from ashad_agent.cli.main import Connection, explain, log_to_stderr
from ashad_agent.cli.options import Parser, told
from ashad_agent.trials.command_template import Job, variable
from ashad_agent.value_text import quoted, seconds_of
from ashad_client import Client
from ashad_client.decision import Decision, read
from ashad_client.errors import Error, invalid
from ashad_client.session.attempt import Attempt
from ashad_client.text import clean
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

NO = 3  # the study is finished; the trial is to stop
_OUTAGE_S = 86400.0
_BEAT_S = 20.0  # a heartbeat is not worth a longer wait: another will be sent
_MAX_WAIT_S = 20.0  # well below the deadline of one try
_ASK = """\
Ask for a trial, and print it for eval by a POSIX shell, or as JSON.

  while eval "$(%(prog)s digits -o env)"; do ... ; done

The variables are those of `run`, ASHAD_TRIAL, ASHAD_START, ASHAD_TARGET, ASHAD_PARAM_LR, ..., and
ASHAD_LEASE, which `tell` needs. When the study is finished, or on an error, `false` is printed, so
that the loop ends. Exit code: 0 a trial; 3 the study is finished; 1, 2, 69 as of `run`.
"""
_TELL = """\
Tell how the trial that was asked for goes on. Prints the decision and its reason.

  %(prog)s epoch=3 loss=0.25 || break
  %(prog)s --done

An epoch that is longer than the study's lease (90s) needs heartbeats beside it:

  (while sleep 30 && kill -0 $$; do %(prog)s --alive; done) > /dev/null & beat=$!
  ...
  kill $beat

Exit code: 0 go on; 3 stop: leave the loop; 1 refused; 2 wrong command line; 69 no answer.
"""


def ask(
    arguments: Sequence[str],
    *,
    prog: str = "python -m ashad_client ask",
    connection: Connection | None = None,
) -> int:
    """Run `ask`; return its exit code."""
    options = parser_of_ask(prog).parse_args(arguments)
    log_to_stderr(logging.WARNING)
    try:
        with _client(options, connection) as client:
            spec = client.study(options.study).spec
            answer = _suggest(client, options.study)
    except Error as error:
        print("false" if options.output == "env" else "null")
        return explain(error)
    if not answer.HasField("assignment"):
        print("false" if options.output == "env" else "null")
        said = f"study {options.study} is finished: {answer.finished.reason}"
        print(clean(said), file=sys.stderr)
        return NO
    write = _as_variables if options.output == "env" else _as_json
    lines = write(answer.assignment, spec)
    # A shell that evaluates it needs each byte; a person who looks needs a terminal that stays so.
    print("\n".join(map(clean, lines) if sys.stdout.isatty() else lines))
    return 0


def tell(
    arguments: Sequence[str],
    *,
    prog: str = "python -m ashad_client tell",
    connection: Connection | None = None,
) -> int:
    """Run `tell`; return its exit code."""
    parser = parser_of_tell(prog)
    options = parser.parse_args(arguments)
    ends = [
        options.done,
        options.failed is not None,
        options.infeasible is not None,
        options.release,
        options.alive,
    ]
    if bool(options.values) == any(ends):
        parser.error("say either NAME=VALUE..., or one of --done, --failed, --infeasible, ...")
    log_to_stderr(logging.WARNING)
    try:
        with _client(options, connection) as client:
            return _told(client, _attempt(os.environ), options)
    except Error as error:
        return explain(error)


def _told(client: Client, attempt: Attempt, options: argparse.Namespace) -> int:
    if options.values:
        resource, metrics = _values(options.values, os.environ.get("ASHAD_RESOURCE", ""))
        item = attempt.report(resource, options.checkpoint, metrics)
        return _decided(read(client.call(item.rpc, item.request).decision))
    if options.alive:
        answer = client.call(rpc.HEARTBEAT, attempt.heartbeat())
        return _decided(read(answer.decision))
    if options.done:
        item = attempt.completion()
    elif options.release:
        item = attempt.release()
    else:
        unable = options.infeasible is not None
        item = attempt.failure(options.infeasible if unable else options.failed, infeasible=unable)
    client.call(item.rpc, item.request)
    return 0


def _decided(decision: Decision) -> int:
    print(decision.action, clean(decision.reason))
    return NO if decision.should_stop else 0


def _suggest(client: Client, study: str) -> pb.SuggestResponse:
    """Ask until there is a trial or the study is finished."""
    while True:
        request = pb.SuggestRequest(study=study, worker=client.worker, request_id=str(uuid.uuid4()))
        request.max_wait.FromNanoseconds(int(_MAX_WAIT_S * 1e9))
        answer = client.call(rpc.SUGGEST, request)
        if not answer.HasField("wait"):
            return answer
        time.sleep(answer.wait.delay.ToTimedelta().total_seconds())


def _job(assignment: pb.Assignment, resource: str) -> Job:
    attempt = Attempt(assignment)
    return Job(
        study=attempt.study,
        trial=attempt.number,
        attempt=attempt.attempt,
        params=attempt.params,
        start=attempt.start_resource,
        target=attempt.target_resource,
        max_resource=attempt.max_resource,
        seed=attempt.seed,
        metric=attempt.metric,
        resource=resource,
        resume_from=attempt.resume_checkpoint,
    )


def _as_variables(assignment: pb.Assignment, spec: pb.StudySpec) -> list[str]:
    named = _job(assignment, spec.resource).environment()
    del named["ASHAD_CHECKPOINT_DIR"]  # only the agent makes folders
    named["ASHAD_LEASE"] = assignment.lease_token
    # A parameter that this trial does not have must not be that of the trial before it.
    gone = sorted({variable(parameter.name) for parameter in spec.space} - set(named))
    return [
        *(f"unset {name}" for name in gone),
        *(f"export {name}={quoted(value)}" for name, value in named.items()),
    ]


def _as_json(assignment: pb.Assignment, spec: pb.StudySpec) -> list[str]:
    job = _job(assignment, spec.resource)
    named: dict[str, Any] = {**vars(job), "lease": assignment.lease_token}
    del named["checkpoint_dir"]
    return [json.dumps(named)]


def _attempt(environment: Mapping[str, str]) -> Attempt:
    """Read the attempt that `ask` put into the variables."""
    try:
        return Attempt(
            pb.Assignment(
                study=environment["ASHAD_STUDY"],
                trial=int(environment["ASHAD_TRIAL"]),
                attempt=int(environment["ASHAD_ATTEMPT"]),
                lease_token=environment["ASHAD_LEASE"],
                metric=environment["ASHAD_METRIC"],
            )
        )
    except KeyError as missing:
        raise invalid(
            f'{missing.args[0]} is not set: eval "$(ashad ask STUDY -o env)" comes first'
        ) from None
    except ValueError:
        raise invalid("ASHAD_TRIAL and ASHAD_ATTEMPT: whole numbers, as `ask` set them") from None


def _values(words: Sequence[str], resource: str) -> tuple[int, dict[str, str]]:
    metrics: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise invalid(f"{word!r} is not NAME=VALUE, such as {resource or 'epoch'}=3")
        if name in metrics:
            raise invalid(f"{name} is told twice")
        metrics[name] = value
    at = metrics.pop(resource, "")
    if not at.isdecimal():
        raise invalid(f"tell how far it is: {resource or 'the resource'}=N, a whole number")
    return int(at), metrics


def parser_of_ask(prog: str) -> Parser:
    """Return the parser of `ask`."""
    parser = _parser(prog, _ASK)
    add = parser.add_argument
    add("study", metavar="STUDY")
    add("-o", "--output", choices=["env", "json"], default="env", help="the form (env)")
    return parser


def parser_of_tell(prog: str) -> Parser:
    """Return the parser of `tell`."""
    parser = _parser(prog, _TELL)
    parser.add_argument("values", metavar="NAME=VALUE", nargs="*", help="resource and metrics")
    parser.add_argument("--checkpoint", metavar="URI", help="from where this can be resumed")
    add = parser.add_mutually_exclusive_group().add_argument
    add("--done", action="store_true", help="the training has ended")
    add("--failed", metavar="MESSAGE", help="the training broke")
    add("--infeasible", metavar="MESSAGE", help="this configuration cannot work at all")
    add("--release", action="store_true", help="give the trial back")
    add("--alive", action="store_true", help="keep the lease; hear whether to stop")
    return parser


def _parser(prog: str, about: str) -> Parser:
    parser = Parser(
        prog=prog,
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--address", metavar="HOST:PORT", help="where the daemon listens [ASHAD_ADDRESS]")
    add(
        "--timeout",
        metavar="TIME",
        type=told(seconds_of),
        help="give up when the daemon did not answer for so long (24h; --alive: 20s)",
    )
    return parser


def _client(options: argparse.Namespace, connection: Connection | None) -> Client:
    known = dict(connection or {})
    if options.address:
        known["address"] = options.address
    most_s = options.timeout
    if most_s is None:
        most_s = _BEAT_S if getattr(options, "alive", False) else _OUTAGE_S
    return ashad_client.connect(**known, standalone=False, call_timeout_s=most_s, outage_s=most_s)
