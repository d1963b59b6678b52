"""The command `launch`: workers of a study, started by an engine that is there already.

What can be wrong is told before anything is submitted: what the engine cannot do, a study that is
not there or is finished, a placeholder without a parameter, a token that may not train.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import ashad_client
from ashad_agent.cli.main import Connection, explain, log_to_stderr, parser_of, template_of
from ashad_agent.cli.options import (
    Options,
    Parser,
    add_end,
    add_metrics,
    add_programs,
    positive,
    told,
)
from ashad_agent.fleet.dask import Dask
from ashad_agent.fleet.engine import Engine
from ashad_agent.fleet.kubernetes import Kubernetes
from ashad_agent.fleet.order import Order, warning_of
from ashad_agent.fleet.ray import Ray
from ashad_agent.fleet.slurm import Slurm
from ashad_agent.fleet.ssh import Ssh
from ashad_agent.value_text import seconds_of
from ashad_client.errors import Error, invalid
from ashad_client.settings import DEFAULT_ADDRESS
from ashad_client.text import clean
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

log = logging.getLogger("ashad_agent")

ENGINES: Mapping[str, type[Engine]] = {
    "slurm": Slurm,
    "kubernetes": Kubernetes,
    "ssh": Ssh,
    "dask": Dask,
    "ray": Ray,
}
_LOOK_S = 4.0  # where an answer is not needed
_FILES = ("ca", "cert", "key", "token_file")
_ABOUT = """\
Start workers of a study by an engine that is there already; each is `run`, and all end when the
study is finished. The same command starts them again when a limit has been raised.

  %(prog)s slurm digits -n 16 --gpus 1 -- python train.py --lr {lr}
  %(prog)s kubernetes digits -n 16 --gpus 1 --image registry/train:7 -- python train.py --lr {lr}
  %(prog)s ssh digits -n 16 --gpus 1 --hosts a,b -- python train.py --lr {lr}
  %(prog)s ray digits -n 16 --gpus 1 --cluster head:6379 -- python train.py --lr {lr}
  %(prog)s dask digits -n 16 --cluster tcp://scheduler:8786 -- python train.py --lr {lr}

slurm: a job array. kubernetes: an Indexed Job. ssh: one agent a host. dask: tasks. ray: actors.
A worker that is started again has its worker id again, and gets its trial back. Flags of `run` for
metrics, the program and the end are taken too. ASHAD_ADDRESS, ASHAD_CA, ASHAD_CERT,
ASHAD_KEY and ASHAD_TOKEN_FILE travel, secrets in no argument.
"""
_ENDS = """\
Exit code: 0 submitted, or printed; 1 the daemon or the engine refused, and it is said what was left
behind; 2 wrong command line; 69 no answer from the daemon.
"""


class LaunchParser(Parser):
    """The parser, which knows what of it is handed on to the agents."""

    def agent_groups(self) -> list[Any]:
        """Add the groups that `run` has as well."""
        titles = ("metrics", "the program", "when to end, besides when the study is finished")
        self.handed_on = [self.add_argument_group(f"{title} (as of run)") for title in titles]
        return self.handed_on


class Launch(Options):
    """What was typed."""

    engine: str
    study: str
    workers: int
    dry_run: bool


def launch(
    arguments: Sequence[str],
    *,
    prog: str = "python -m ashad_client launch",
    connection: Connection | None = None,
) -> int:
    """Launch by a command line; return its exit code."""
    own, command = list(arguments), []
    if "--" in own:
        at = own.index("--")
        own, command = own[:at], own[at + 1 :]
    parser = parser_of_launch(prog)
    options = parser.parse_args(own, Launch())
    if not command:
        parser.error("say what to run behind --, such as: -- python train.py --lr {lr}")
    log_to_stderr(logging.INFO)
    known = dict(connection or {})
    if options.address:
        known["address"] = options.address
    try:
        engine = ENGINES[options.engine]
        order = _order(parser, options, command, known)
        _refuse(options.engine, engine, order)
        engine.check(order)
        _look(order, options, known)
        for line in warning_of(order):
            print(clean(line), file=sys.stderr)
        if options.dry_run:
            print(engine.text(order), end="")
            return 0
        for line in engine.submit(order):
            print(clean(line))
    except Error as error:
        return explain(error)
    return 0


def parser_of_launch(prog: str) -> LaunchParser:
    """Return the parser of all that stands before the command."""
    parser = LaunchParser(
        prog=prog,
        usage=f"{prog} {{{','.join(ENGINES)}}} [OPTIONS] STUDY -n N -- COMMAND [ARGUMENT...]",
        description=_ABOUT,
        epilog=_ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("engine", choices=list(ENGINES), metavar="ENGINE", help=", ".join(ENGINES))
    add("study", metavar="STUDY", help="the study; it must exist")
    number = told(positive)
    add("-n", "--workers", metavar="N", type=number, required=True, help="so many workers")
    add("--dry-run", action="store_true", help="print what would be submitted, and submit nothing")
    add("--address", metavar="HOST:PORT", help="where workers call the daemon [ASHAD_ADDRESS]")
    each = parser.add_argument_group("each worker")
    each.add_argument("--gpus", metavar="N", type=number, help="GPUs")
    each.add_argument("--cpus", metavar="N", type=number, help="processors")
    each.add_argument("--memory", metavar="SIZE", type=told(_size), help="such as 16G")
    each.add_argument(
        "--ranks", metavar="N", type=number, help="slurm: tasks of COMMAND, by srun, for one trial"
    )
    each.add_argument(
        "--python", metavar="PROGRAM", help="its Python (slurm: this one; else python3)"
    )
    _add_engine(parser.add_argument_group("the engine"), number)
    metrics, programs, end = parser.agent_groups()
    add_metrics(metrics)
    add_programs(programs)
    add_end(end)
    return parser


def _add_engine(group: Any, number: Any) -> None:
    add = group.add_argument
    add("--name", metavar="NAME", help="of the job (ashad-STUDY)")
    add("--at-most", metavar="N", type=number, help="slurm, kubernetes: so many at a time")
    add(
        "--time",
        dest="time_s",
        metavar="TIME",
        type=told(seconds_of),
        help="slurm: time limit, ahead of which a trial is given back and its task queued again",
    )
    add("--queue", metavar="NAME", help="slurm: partition; kubernetes: queue of Kueue")
    add(
        "--extra",
        metavar="FLAG",
        action="append",
        default=[],
        help="one more of sbatch, of ssh; ray: a resource, NAME=AMOUNT",
    )
    add("--hosts", metavar="LIST", help="ssh: a,b,c, or a file with one a line")
    add("--cluster", metavar="ADDRESS", help="dask: of the scheduler; ray: auto, or of the head")
    add(
        "--elastic",
        action="store_const",
        const=True,
        help="ray: as many of them at a time as the study can use (ashad study demand)",
    )
    add("--image", metavar="IMAGE", help="kubernetes: with ashad-client and COMMAND in it")
    add("--namespace", metavar="NAME", help="kubernetes: else that of kubectl")
    add(
        "--secret",
        metavar="NAME",
        help="kubernetes: one that is there, with token, ca.pem; else it is made of the files",
    )


def _size(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,8}[KMGT]", text):
        raise ValueError(f"{text!r} is no size, such as 512M or 16G")
    return text


def _order(
    parser: LaunchParser, options: Launch, command: Sequence[str], connection: Connection
) -> Order:
    fields = set(Order.__dataclass_fields__) & set(vars(options))
    return Order(
        **{name: getattr(options, name) for name in fields},
        command=command,
        folder=os.getcwd(),
        agent=_agent_flags(parser, options),
        grace_s=options.grace,
        variables=_variables(connection),
    )


def _variables(connection: Connection) -> dict[str, str]:
    """Return the way to the daemon as variables; files by paths that hold anywhere here."""
    given = {
        name: connection.get(name) or os.environ.get(f"ASHAD_{name.upper()}") for name in _FILES
    }
    address = connection.get("address") or os.environ.get("ASHAD_ADDRESS") or DEFAULT_ADDRESS
    files = {
        f"ASHAD_{name.upper()}": os.path.abspath(os.fspath(path))
        for name, path in given.items()
        if path
    }
    return {"ASHAD_ADDRESS": str(address), **files}


def _agent_flags(parser: LaunchParser, options: Launch) -> list[str]:
    """Return the flags of `run` among those typed, as they were typed."""
    found: list[str] = []
    for group in parser.handed_on:
        for action in group._group_actions:  # noqa: SLF001  # argparse tells them in no other way
            value, flag = getattr(options, action.dest), action.option_strings[-1]
            if value == action.default:
                continue
            found += [flag] if value is True else [f"{flag}={one}" for one in _typed(value)]
    return found


def _typed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return ["=".join(one) if isinstance(one, tuple) else _one(one) for one in values]


def _one(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _refuse(name: str, engine: type[Engine], order: Order) -> None:
    """Refuse by its name what the engine cannot do. Raises `Error`."""
    for field, why in engine.CANNOT.items():
        if getattr(order, field) not in (None, [], ()):
            flag = "--" + field.removesuffix("_s").replace("_", "-")
            raise invalid(f"{name}: {flag} is nothing that it can do: {why}")


def _look(order: Order, options: Launch, connection: Connection) -> None:
    """Ask the daemon for the study, and whether the token may train. Raises `Error`."""
    away_is_fine = options.dry_run or options.engine == "kubernetes"
    within: dict[str, Any] = {"call_timeout_s": _LOOK_S} if away_is_fine else {}
    try:
        with ashad_client.connect(**connection, **within, standalone=False) as client:
            study = client.call(rpc.GET_STUDY, pb.GetStudyRequest(study=order.study)).study
            template_of(order.command, study.spec)
            parser_of(options, study.spec.metric, study.spec.resource)
            if study.state in (pb.STUDY_STATE_FINISHED, pb.STUDY_STATE_STOPPED):
                raise invalid(
                    f"study {order.study} is over: its workers would leave at once; raise a limit "
                    "first (ashad study update), or make another"
                )
            _may_train(client, study)
    except Error as error:
        if not (error.transient and away_is_fine):
            raise
        log.warning("the study was not looked at: %s", error.message)


def _may_train(client: ashad_client.Client, study: pb.Study) -> None:
    """Refuse a token that only looks: it may not repeat what made the study. Raises `Error`."""
    request = pb.CreateStudyRequest(study=study.name, spec=study.spec, validate_only=True)
    try:
        client.call(rpc.CREATE_STUDY, request)
    except Error as error:
        if error.code == "PERMISSION_DENIED":
            message = f"{error.message}; workers need one that may train: --role worker"
            raise Error(message, code=error.code, reason=error.reason) from None
        if error.reason != "STUDY_EXISTS":  # a worker's, of a spec that was updated since
            raise
