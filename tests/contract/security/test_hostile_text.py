"""Text of clients forges nothing: no log line, no terminal, no path, whatever field it is in.

Every text field of every request is planted in turn, found by the contract's descriptor, so that
a new one is in here by itself; and every command prints what was taken, into a pipe and on a
terminal.
"""

from __future__ import annotations

import json
import os

import click
import grpc
import pytest
from ashad.cli import main
from ashad.security import TokenFile
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc
from google.protobuf.descriptor import FieldDescriptor as Field

from tests.support.callers import spec
from tests.support.command import on_a_terminal, piped

PLANTED = (
    '../../x\r\n{"event": "forged"}\n\x1b[2J\x1b]0;owned\x07\x9b31m'
    "\u202egpj.exe\u2028[red]$(id)`id`"
)
DRIVE = ("\x1b[2J", "\x1b]0;owned", "\x07", "\x9b", "\u202e", "\u2028", '\n{"event": "forged"}')
# What a note and a label may hold of it.
SAID, LABEL = "owned\n<b>[red]$(id)`id`</b>\t\r", "[red]$(id)`id`=owned"
DEEP = 6
_RPCS = [
    method
    for service in ("SchedulerService", "StudyService")
    for method in pb.DESCRIPTOR.services_by_name[service].methods
]


@pytest.fixture(scope="module")
def planted(new_daemon, tmp_path_factory):
    """A daemon with a study that holds all hostile text that it takes."""
    folder = tmp_path_factory.mktemp("planted")
    with new_daemon(folder / "data") as daemon:
        daemon.db.parent.mkdir()
        daemon.start()
        made = spec(description=PLANTED) if "description" in fields(pb.StudySpec) else spec()
        made.space.add(name="word").categorical.choices.add(string_value=PLANTED)
        made.space.add(name="fixed").constant.string_value = PLANTED
        studies, scheduler = daemon.studies(), daemon.scheduler()
        studies.CreateStudy(pb.CreateStudyRequest(study="s", spec=made, request_id="c"))
        held = scheduler.Suggest(pb.SuggestRequest(study="s", worker="w", request_id="r"))
        trial = held.assignment
        scheduler.FailTrial(
            pb.FailTrialRequest(
                study="s", trial=trial.trial, attempt=trial.attempt, message=PLANTED,
                lease_token=trial.lease_token, kind=pb.FAILURE_KIND_ERROR,
            )
        )  # fmt: skip
        daemon.held = scheduler.Suggest(
            pb.SuggestRequest(study="s", worker="v", request_id="q")
        ).assignment
        yield daemon


def fields(kind) -> set[str]:
    return set(kind.DESCRIPTOR.fields_by_name)


def texts(described, deep=0):
    """Yield the path of each field of text within a message."""
    for field in described.fields:
        if field.type in (Field.TYPE_STRING, Field.TYPE_BYTES):
            yield (field.name,)
        elif field.type == Field.TYPE_MESSAGE and deep < DEEP:
            for rest in texts(field.message_type, deep + 1):
                yield (field.name, *rest)


def plant(message, path) -> None:
    """Put the text there; of what repeats, into the first, made if there is none."""
    field = message.DESCRIPTOR.fields_by_name[path[0]]
    value = PLANTED.encode() if field.type == Field.TYPE_BYTES else PLANTED
    repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == 3
    if len(path) == 1 and repeated:
        getattr(message, path[0]).append(value)
    elif len(path) == 1:
        setattr(message, path[0], value)
    elif repeated:
        inner = getattr(message, path[0])
        plant(inner[0] if len(inner) else inner.add(), path[1:])
    else:
        getattr(message, path[0]).SetInParent()
        plant(getattr(message, path[0]), path[1:])


def sound(method, held):
    """Return a request that would be taken, as far as names of fields tell how."""
    request = getattr(pb, method.input_type.name)()
    reporting = method.name == "ReportStream"
    for target in [request.reports.add()] if reporting else [request]:
        known = {
            "study": f"new-{method.name}" if method.name == "CreateStudy" else "s",
            "trial": held.trial, "attempt": held.attempt, "lease_token": held.lease_token,
            "worker": "x", "request_id": f"k-{method.name}", "resource": 1,
        }  # fmt: skip
        for name, value in known.items():
            if name in target.DESCRIPTOR.fields_by_name:
                setattr(target, name, value)
        if "spec" in target.DESCRIPTOR.fields_by_name:
            target.spec.CopyFrom(spec())
        if "metrics" in target.DESCRIPTOR.fields_by_name:
            target.metrics.add(name="loss", value=0.5)
    return request


CASES = [
    pytest.param(method, path, id=f"{method.name}-{'.'.join(path)}")
    for method in _RPCS
    for path in dict.fromkeys(texts(method.input_type))
]


@pytest.mark.parametrize(("method", "path"), CASES)
def test_what_a_refusal_says_is_one_printable_line(planted, method, path):
    request = sound(method, planted.held)
    plant(request, path)
    stub = getattr(ashad_pb2_grpc, method.containing_service.name + "Stub")(planted.channel())
    call = getattr(stub, method.name)
    try:
        if method.client_streaming:
            list(call(iter([request]), timeout=10))
        elif method.server_streaming:
            answers = call(request, timeout=10)
            next(answers)
            answers.cancel()
        else:
            call(request, timeout=10)
    except grpc.RpcError as error:
        refused = error
    else:
        return
    assert refused.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
    assert refused.details().isprintable()
    assert len(refused.details().encode()) <= 1200
    for key, value in refused.trailing_metadata():
        assert key.endswith("-bin") or value.isprintable()


def test_the_table_is_not_empty():
    assert len(CASES) >= 50
    assert {method.name for method in _RPCS} - {case.values[0].name for case in CASES} == set()


def test_the_log_holds_only_lines_of_ours(planted):
    """Runs behind all the refusals above."""
    lines = planted.log.read_text().split("\n")[:-1]
    assert len(lines) > 3
    for line in lines:
        assert line.isprintable()
        assert json.loads(line)["event"] not in ("forged", "internal_error"), line


def test_no_text_became_a_path(planted):
    assert {path.name for path in planted.db.parent.iterdir()} <= {
        "ashad.db", "ashad.db-wal", "ashad.db-shm", "ashad.db.lock", "daemon.log",
        "daemon.out",
    }  # fmt: skip
    assert {path.name for path in planted.db.parent.parent.iterdir()} == {"data"}


# --- commands ------------------------------------------------------------------------------------


def leaves(command, path=()):
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from leaves(command.get_command(context, name), (*path, name))


TEXT = [
    f"study note s {SAID}", f"study label s {LABEL}", f"trial note s 0 {SAID}",
    f"trial label s 0 {LABEL}", "study note s", "trial note s 0", f"study label s {PLANTED}",
    f"study list --label {PLANTED}", f"trial list s --label {PLANTED}", "trial list s --label x",
    f"study change s --add-choice word={LABEL} --yes",
    "study list", "study show s", "study pause s", "study resume s",
    "study update s --max-trials 50", f"study change s --range x={PLANTED} --yes",
    f"study change s --add-choice {PLANTED}=1 --dry-run", f"study change s {PLANTED}",
    "trial list s", "trial show s 0", "trial show s 1", "why s 0", "why s 1",
    "trial lineage s", "trial lineage s 0", "export s --schedule",
    "watch s --once", "watch s --once -o lines", "export s", "export s --what reports",
    "export s -o jsonl", "study list -o csv", "study list -o json", "study show s -o json",
    "trial list s -o csv", "trial list s -o json", "trial show s 0 -o json", "why s 0 -o json",
    "watch s --once -o jsonl", "token list --tokens {tokens}",
    "token list --tokens {tokens} -o csv",
    "config", "doctor", "db check --db {db}", "version", "completion bash",
    f"trial enqueue s x=0.5 word={PLANTED}", "trial retry s 0", "trial cancel s 2",
    # Hostile words on the command line itself: a script may pass on what it was given.
    f"study show {PLANTED}", f"trial show s {PLANTED}", f"study create -f {PLANTED}",
    f"token revoke {PLANTED} --tokens {{tokens}}", f"db backup {PLANTED}/x --db {{db}}",
    f"db restore {PLANTED} --db {{other}}", f"certs init {PLANTED} --folder {{folder}}",
    f"plot s -o {PLANTED}", f"export s --output {PLANTED}/x", f"run {PLANTED} -- true",
    "run s --count 1 -- true {{word}}", f"run s {PLANTED}", "ask s", "ask s -o json",
    f"ask {PLANTED}", f"tell {PLANTED}", f"tell --{PLANTED}",
    f"token create --role viewer --label {PLANTED} --tokens {{tokens}}", "study stop s",
    f"study delete {PLANTED} --yes", "replay s", f"replay s --type {PLANTED}",
    f"replay {PLANTED}", f"simulate {PLANTED}", "best s", f"best {PLANTED}", "best s -o json",
    "study schema", "study schema --json", "quota list", f"quota check {PLANTED}", "study demand s",
    "study where", "study where s -o csv", f"study where {PLANTED}",
    f"compare s {PLANTED}", "watch --once", f"watch s {PLANTED}",
    f"demo --config {PLANTED}", f"init -p {PLANTED}", f"init -- {PLANTED}",
    f"launch slurm {PLANTED} -n 1 --dry-run -- true",
    f"launch ssh s --hosts {PLANTED} --dry-run -- true",
    "open s --print", f"open {PLANTED}", f"notify {PLANTED} -- true", f"import {PLANTED}",
    f"run --local -f {PLANTED} -- true", f"run --local --db {{other}} {PLANTED} -- true",
    f"serve --tls-cert {PLANTED} --tls-key {PLANTED} --db {{other}}", "db epoch --db {db}",
    f"standby --now --replica {PLANTED} --db {{other}}",
]  # fmt: skip


def words_of(line: str, places: dict[str, str]) -> list[str]:
    """Split at spaces, but keep the planted texts whole."""
    words = line.replace(PLANTED, "\0").replace(SAID, "\1").format(**places).split()
    return [word.replace("\0", PLANTED).replace("\1", SAID) for word in words]


def test_every_command_is_here():
    here = {
        tuple(words_of(line, {k: k for k in ("tokens", "db", "other", "folder")})) for line in TEXT
    }
    missing = [path for path in leaves(main) if not any(each[: len(path)] == path for each in here)]
    assert missing == []


def test_no_command_lets_text_drive_a_terminal(planted, tmp_path):
    tokens = TokenFile(tmp_path / "tokens")
    tokens.create("viewer", label=PLANTED)
    places = {
        "tokens": str(tokens.path), "db": str(planted.db), "other": str(tmp_path / "o.db"),
        "folder": str(tmp_path / "c"),
    }  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")} | {
        "ASHAD_ADDRESS": planted.address, "TERM": "xterm", "COLUMNS": "200",
        "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path),
    }  # fmt: skip
    shown = 0
    for line in TEXT:
        words = words_of(line, places)
        said = on_a_terminal(words, environment, tmp_path)
        assert said, line
        assert "Traceback" not in said, (line, said)
        assert [drive for drive in DRIVE if drive in said] == [], (line, said)
        shown += "owned" in said
        if " -o csv" in line or line.startswith("export") or line == "ask s":
            continue  # in a file the text is what it was
        done = piped(words, environment, tmp_path)
        text = done.out + done.err
        assert [drive for drive in DRIVE if drive in text] == [], (line, text)
    assert shown > 12, "most commands should have had something to show"
    assert "internal_error" not in planted.log.read_text()
    assert [path for path in tmp_path.parent.rglob("*") if "owned" in path.name] == []
