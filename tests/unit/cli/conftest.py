"""What the tests of the command line share: the commands, run in process against a real daemon."""

import dataclasses
import json
import os
import uuid

import grpc
import pytest
from ashad.cli import main
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc
from click.testing import CliRunner

STUDY = """
name = "digits"
metric = "loss"
goal = "minimize"
max_resource = 9
seed = 1
[algorithm]
type = "asha"
eta = 3
[space]
rate = {float = [1e-4, 1e-1], log = true}
size = {int = [32, 256], step = 32}
optimizer = {choice = ["=adam", "sgd"]}
[limits]
max_trials = 9
[[points_to_evaluate]]
rate = 0.01
size = 64
optimizer = "=adam"
"""


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)


class Cli:
    """`ashad` with the address of a daemon."""

    def __init__(self, address):
        self.address = address

    def __call__(self, *args, env=None, stdin=None):
        """Run and expect success."""
        ran = self.fails(*args, env=env, stdin=stdin)
        assert ran.code == 0, ran.err
        assert ran.err == ""
        return ran

    def fails(self, *args, env=None, stdin=None):
        """Run, whatever becomes of it; but for an exit nothing may escape."""
        env = {"ASHAD_ADDRESS": self.address} | (env or {})
        result = CliRunner().invoke(main, [str(arg) for arg in args], env=env, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("ASHAD_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(scope="module")
def daemon(new_daemon, tmp_path_factory):
    """A daemon of a module's tests; `cli` leaves it empty."""
    (folder := tmp_path_factory.mktemp("cli") / "daemon").mkdir()
    daemon = new_daemon(folder).start()
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture
def cli(daemon):
    cli = Cli(daemon.address)
    yield cli
    for study in cli("study", "list", "-o", "json").data:
        cli("study", "delete", study["name"], "--yes", "--force")


@pytest.fixture
def study_file(tmp_path):
    """Write the study above, with some words of it replaced."""

    def write(swaps=()):
        text = STUDY
        for old, new in dict(swaps).items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "study.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def digits(cli, study_file):
    """A study of that name, just made."""
    cli("study", "create", "-f", study_file())
    return "digits"


@pytest.fixture
def worker(daemon):
    """The scheduler's stub, and the few words a worker needs."""
    with grpc.insecure_channel(daemon.address) as channel:
        yield Worker(ashad_pb2_grpc.SchedulerServiceStub(channel))


class Worker:
    def __init__(self, stub):
        self.stub = stub

    def suggest(self, study, worker=None):
        name = worker or f"worker-{uuid.uuid4()}"
        request = pb.SuggestRequest(study=study, worker=name, request_id=str(uuid.uuid4()))
        return self.stub.Suggest(request, timeout=30).assignment

    def report(self, lease, resource, value, **more):
        request = pb.ReportRequest(
            **held(lease), resource=resource, metrics=[pb.Metric(name="loss", value=value)], **more
        )
        return self.stub.Report(request, timeout=30).decision

    def fail(self, lease, message):
        self.stub.FailTrial(pb.FailTrialRequest(**held(lease), message=message), timeout=30)


def held(lease):
    return {
        "study": lease.study,
        "trial": lease.trial,
        "attempt": lease.attempt,
        "lease_token": lease.lease_token,
    }
