"""The command line of `run`: one parser, one help, whoever calls it. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Callable, NoReturn, TypeVar

from ashad_agent.process.exit_status import signal_number
from ashad_agent.value_text import seconds_of
from ashad_client.text import clean

T = TypeVar("T")

_ABOUT = """\
Run any executable as the trials of a study; no client code is needed in it.

  %(prog)s digits -- ./train --lr {lr} --epochs {target}

Placeholders: each parameter of the study by its name; {args} (all of them, as --name=value, an
argument each; of a boolean, --name or nothing), {flag:name} (--name if the boolean is true, else
nothing), {params_json}, {study}, {trial}, {attempt}, {seed}, {start}, {target},
{max_resource}, {checkpoint_dir} (a folder for this attempt), {resume_from} (the one to resume
from, or empty). {{name}} is the text {name}. A parameter that not every trial has stands in an
argument of its own, --momentum={momentum}, which is left out where there is none. The same stand in
variables: ASHAD_TRIAL, ASHAD_PARAMS (JSON), ASHAD_PARAM_LR, ... No shell reads any of it.
"""
_METRICS = """\
A line counts if it holds the study's metric: a JSON object, `[tune-metric]: {...}`, or key=value
and key: value anywhere in it. The resource is in the same line (epoch=3, "Epoch 3/10", a leading
[3]); where it is not, lines count up. A key `checkpoint` names a checkpoint of the program's own.
"""
_ENDS = """\
Exit code of the program: 0 completed; 75 given back; anything else failed. Stopped or paused by a
decision: as decided, whatever the code. The first TERM, INT, HUP or USR1 to the agent is passed on,
after --grace the trials are given back; the second kills.
Exit codes of the agent: 0 the study is finished, or --count, --max-time or --idle-timeout is
reached; 1 the daemon refused; 2 wrong command line, nothing was run; 3 three trials failed in the
first minute; 69 no answer from the daemon; 70 a fault of the agent; 128+N ended by signal N.
"""


class Options(argparse.Namespace):
    """What was typed."""

    study: str
    file: str | None
    command: list[str]
    address: str | None
    local: bool
    db: str | None
    metrics: str
    metric: list[tuple[str, str]]
    resource: str | None
    regex: list[str]
    zero_based: bool
    add_start: bool
    dry_parse: str | None
    prefix: bool
    quiet: bool
    pty: bool
    stop_signal: int
    grace: float
    stall_timeout: float | None
    slots: int | None
    gpus: str | None
    worker: str | None
    attribute: list[tuple[str, str]]
    count: int | None
    max_time: float | None
    idle_timeout: float | None
    early_failures: int
    checkpoints: str
    keep_checkpoints: bool
    log_to: list[str]


class Parser(argparse.ArgumentParser):
    """Whose complaints quote the words that were typed so that they drive no terminal."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and leave."""
        super().error(clean(message))

    def flags(self) -> dict[str, str]:
        """Return each flag that is shown, and its help."""
        known = self._option_string_actions.items()
        return {flag: one.help or "" for flag, one in known if one.help != argparse.SUPPRESS}


def parse(arguments: Sequence[str], prog: str, *, files: bool) -> Options:
    """Read a command line; leaves with exit code 2 where it is wrong. `files`: -f is taken."""
    own, command = list(arguments), []
    if "--" in own:
        at = own.index("--")
        own, command = own[:at], own[at + 1 :]
    parser = parser_of_run(prog, files=files)
    options, unknown = parser.parse_known_args(own, Options())
    if unknown:
        behind = "" if command or unknown[0].startswith("-") else "; the command goes behind --"
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{behind}")
    options.command = command
    if options.study is None and options.file is None and not options.dry_parse:
        parser.error("name the study: STUDY" + (" or -f study.toml" if files else ""))
    if not command and not options.dry_parse:
        parser.error("say what to run behind --, such as: -- ./train --lr {lr}")
    if (options.local or options.db) and not files:
        parser.error("--local and --db need the daemon's install: pip install ashad; ashad run")
    if options.local and options.address:
        parser.error("--local finds its daemon itself: leave --address out")
    if options.dry_parse and options.study is None and not options.metric:
        parser.error("--dry-parse needs the STUDY, or --metric NAME=KEY")
    return options


def parser_of_run(prog: str, *, files: bool) -> Parser:
    """Return the parser of all that stands before the command; `files`: -f is taken."""
    parser = Parser(
        prog=prog,
        usage=f"{prog} [OPTIONS] STUDY -- COMMAND [ARGUMENT...]",
        description=_ABOUT,
        epilog=_ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("study", metavar="STUDY", nargs="?", help="the study; it must exist, but for -f")
    made = "make the study of this file if it is not there"
    add("-f", "--file", metavar="FILE", help=made if files else argparse.SUPPRESS)
    add("--address", metavar="HOST:PORT", help="where the daemon listens [ASHAD_ADDRESS]")
    local = "with a daemon of its own, on this machine's database; shows how the search goes"
    add("--local", action="store_true", help=local if files else argparse.SUPPRESS)
    database = "the database of --local [ASHAD_DB]"
    add("--db", metavar="FILE", help=database if files else argparse.SUPPRESS)
    add_metrics(parser.add_argument_group("metrics", _METRICS))
    add_programs(parser.add_argument_group("the program"))
    _add_slots(parser.add_argument_group("several at a time"))
    add_end(parser.add_argument_group("when to end, besides when the study is finished"))
    return parser


def add_metrics(group: Any) -> None:
    """Add what says where the metric is."""
    add = group.add_argument
    add(
        "--metrics",
        metavar="SOURCE",
        default="stdout",
        help="stdout (default), stderr, file:PATH (lines), csv:PATH (commas, tabs or semicolons); "
        "PATH may hold placeholders",
    )
    add(
        "--metric",
        metavar="NAME=KEY",
        action="append",
        default=[],
        type=_renamed,
        help="the metric NAME is printed as KEY; repeat for others",
    )
    add("--resource", metavar="KEY", help="the resource is printed as KEY (default: its name)")
    add(
        "--regex",
        metavar="REGEX",
        action="append",
        default=[],
        help="take only what this matches, by named groups: (?P<metric>...) or its name, "
        "(?P<resource>...), (?P<checkpoint>...), others; repeat",
    )
    add("--zero-based", action="store_true", help="the first resource that is printed is 0")
    add(
        "--add-start",
        action="store_true",
        help="a resumed program counts from its start again: add {start} to what it prints",
    )
    add(
        "--dry-parse", metavar="LOG", help="show what would be taken from this log, and run nothing"
    )


def add_programs(group: Any) -> None:
    """Add what says how a program is run and ended."""
    add = group.add_argument
    add(
        "--pty",
        action="store_true",
        help="give it a terminal, so that it does not hold back "
        "its output (for Python the agent sets PYTHONUNBUFFERED=1)",
    )
    add("--prefix", action="store_true", help="write [trial N] before each line of its output")
    add(
        "--stop-signal",
        metavar="SIGNAL",
        type=told(signal_number),
        default=15,
        help="sent to its process group when it is to stop (TERM)",
    )
    add(
        "--grace",
        metavar="TIME",
        type=told(seconds_of),
        default=30.0,
        help="SIGKILL after so long (30s)",
    )
    add(
        "--stall-timeout",
        metavar="TIME",
        type=told(seconds_of),
        help="end one that said no metric for so long: it hangs, and has failed (never)",
    )
    add(
        "--checkpoints",
        metavar="DIR",
        default="ashad-checkpoints",
        help="where folders for checkpoints are made (./ashad-checkpoints)",
    )
    add(
        "--keep-checkpoints",
        action="store_true",
        help="keep those folders that can never be used again; else they are removed",
    )
    add(
        "--log-to",
        metavar="TRACKER",
        action="append",
        default=[],
        help="tell a tracker too: tensorboard[:FOLDER], mlflow[:URI] or wandb[:PROJECT]; repeat",
    )
    add("-q", "--quiet", action="store_true", help="say only what is wrong")


def _add_slots(group: Any) -> None:
    add = group.add_argument
    add("--slots", metavar="N", type=told(positive), help="run N trials at a time (1)")
    add(
        "--gpus",
        metavar="LIST",
        help="auto, or 0,1,...: a slot for each, or --slots shared out; sets CUDA_VISIBLE_DEVICES",
    )
    add(
        "--attribute",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=_attribute,
        help="tell this of each attempt; repeat. Told by itself: host, gpu, git_commit, command "
        "[ASHAD_ATTRIBUTES=0: none of these]",
    )
    add("--worker", metavar="ID", help="worker id, in place of this machine's own [ASHAD_WORKER]")


def add_end(group: Any) -> None:
    """Add when to end."""
    add = group.add_argument
    add("--count", metavar="N", type=told(positive), help="after N trials")
    add(
        "--max-time",
        metavar="TIME",
        type=told(seconds_of),
        help="after e.g. 3h50m; starts none "
        "that the slowest so far says it cannot finish, gives back what still runs",
    )
    add("--idle-timeout", metavar="TIME", type=told(seconds_of), help="after so long with no trial")
    add(
        "--early-failures",
        metavar="N",
        type=told(_count),
        default=3,
        help="after N failures in the first minute (3; 0: never)",
    )


def told(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let the message of a ValueError through argparse."""

    def convert(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def _renamed(text: str) -> tuple[str, str]:
    name, equals, key = text.partition("=")
    if not name or not (key or not equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=KEY")
    return name, key or name


def _attribute(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def positive(text: str) -> int:
    """Read 1 or more. Raises ValueError."""
    if _count(text) < 1:
        raise ValueError(f"{text!r} is not 1 or more")
    return int(text)
