"""A sampler and an algorithm are one file and one row each: two toys, through every door.

The toys are added to a copy of the source: a file in `core/sampling`, one in `core/brackets`, a row
of `core/kinds` each, and a message and a field in the contract. No other line is touched.
"""

import json
import shutil
import subprocess
import sys

import pytest
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from tests.support import ROOT
from tests.support.daemon import clean

SAMPLER = '''"""The same place of every range."""

from __future__ import annotations

from dataclasses import dataclass

from ashad.core.sampling.draw import Draw
from ashad.core.space import Params
from ashad.core.spec import Sampler


@dataclass(frozen=True, slots=True)
class Corner(Sampler):
    """One corner of the space."""

    at: float = 0.5

    def configuration(self, draw: Draw) -> Params:
        """Return the corner."""
        return draw.place(lambda name: self.at)

    def mistakes(self, spec):
        """Refuse a place outside."""
        if not 0 <= self.at < 1:
            yield "spec.corner.at", "give 0 to 1"
'''
ALGORITHM = '''"""Two rungs: a first look, and the rest."""

from __future__ import annotations

from dataclasses import dataclass

from ashad.core.brackets.plan import Plan
from ashad.core.spec import Algorithm, StudySpec, variant


@dataclass(frozen=True, slots=True)
class TwoRungs(Algorithm):
    """One cut."""

    promotion: bool = variant()
    first: int = 1
    eta: float = 2.0

    def plan(self, spec: StudySpec) -> tuple[Plan, ...]:
        """Return the bracket."""
        return (Plan((self.first, spec.max_resource), spec.limits.max_trials, 2),)
'''
ROWS = {
    "ALGORITHMS = (\n": '    Kind(TwoRungs, "two_rungs", "a first look, and the rest"),\n',
    "SAMPLERS = (\n": '    Kind(Corner, "corner", "one corner of the space"),\n',
}
IMPORTS = (
    "from ashad.core.brackets.two_rungs import TwoRungs\n"
    "from ashad.core.sampling.corner import Corner\n"
)
TOML = """
metric = "loss"
goal = "minimize"
max_resource = 8
algorithm = {type = "two_rungs", variant = "stopping", first = 3, eta = 4}
sampler = {type = "corner", at = 0.25}
limits = {max_trials = 8}
[space]
x = {float = [0, 4]}
"""
PYTHON = """
import json, sys, tomllib
import ashad_client
spec = tomllib.loads(sys.argv[2])
with ashad_client.connect(sys.argv[1]) as client:
    try:
        client.create_study("python", spec | {"sampler": {"type": "corner", "at": 2.0}})
    except ashad_client.Error as error:
        assert "spec.corner.at: give 0 to 1" in str(error), error
    try:
        client.create_study("python", spec | {"sampler": {"type": "corner", "att": 0.1}})
    except ashad_client.Error as error:
        assert "sampler.att: unknown key" in str(error), error
    client.create_study("python", spec)
    found = []
    for name in ("file", "python"):
        for trial in client.trials(name):
            last = 0
            for epoch in trial.steps():
                trial.report(epoch, loss=trial.number + 1 / epoch)
                last = epoch
            found.append([name, trial.params["x"], last])
print(json.dumps(found))
"""


def contract():
    """Return the contract with a message and a field of a oneof more for each toy."""
    file = FileDescriptorProto.FromString(pb.DESCRIPTOR.serialized_pb)
    spec = next(message for message in file.message_type if message.name == "StudySpec")
    oneofs = [oneof.name for oneof in spec.oneof_decl]
    kinds = FieldDescriptorProto
    toys = {
        "algorithm": ("two_rungs", "TwoRungs", [
            ("variant", kinds.TYPE_ENUM, ".ashad.v1.AshaVariant"),
            ("first", kinds.TYPE_INT64, ""), ("eta", kinds.TYPE_DOUBLE, ""),
        ]),
        "sampler": ("corner", "Corner", [("at", kinds.TYPE_DOUBLE, "")]),
    }  # fmt: skip
    for number, (oneof, (field, name, settings)) in enumerate(toys.items(), 900):
        file.message_type.append(
            DescriptorProto(
                name=name,
                field=[
                    FieldDescriptorProto(
                        name=key,
                        number=1 + i,
                        type=kind,
                        type_name=of or None,
                        label=1,
                        json_name=key,
                    )
                    for i, (key, kind, of) in enumerate(settings, 1)
                ],
            )
        )
        spec.field.add(
            name=field, number=number, type=kinds.TYPE_MESSAGE, type_name=f".ashad.v1.{name}",
            label=1, oneof_index=oneofs.index(oneof), json_name=field,
        )  # fmt: skip
    return file.SerializeToString()


@pytest.fixture
def source(tmp_path):
    """A copy of the source with the toys."""
    server, client = tmp_path / "server", tmp_path / "client"
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "server" / "ashad", server / "ashad", ignore=skip)
    for package in ("ashad_client", "ashad_agent"):
        shutil.copytree(ROOT / "client" / "python" / package, client / package, ignore=skip)
    core = server / "ashad" / "core"
    (core / "sampling" / "corner.py").write_text(SAMPLER)
    (core / "brackets" / "two_rungs.py").write_text(ALGORITHM)
    kinds = (core / "kinds.py").read_text()
    for table, row in ROWS.items():
        assert table in kinds
        kinds = kinds.replace(table, table + row)
    before, rest = kinds.split("from ashad.core", 1)
    (core / "kinds.py").write_text(f"{before}{IMPORTS}from ashad.core{rest}")
    generated = client / "ashad_client" / "v1" / "ashad_pb2.py"
    text = generated.read_text()
    start = text.index("AddSerializedFile(b") + len("AddSerializedFile(")
    end = text.index("\n", start)
    offsets = text.index("if _descriptor._USE_C_DESCRIPTORS")
    generated.write_text(text[:start] + repr(contract()) + ")" + text[end:offsets])
    return f"{server}:{client}"


@pytest.mark.slow
def test_a_new_kind_is_one_file_and_one_row(source, new_daemon, tmp_path):
    file = tmp_path / "file.toml"
    file.write_text(f'name = "file"\n{TOML}')
    environment = clean() | {"PYTHONPATH": source}

    def run(*command):
        ran = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, env=environment,
            timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    with new_daemon(tmp_path) as daemon:
        daemon.start(PYTHONPATH=source)
        ashad = ("-m", "ashad", "--address", daemon.address)
        made = run(*ashad, "study", "create", "-f", str(file))
        assert "two_rungs" in made or "bracket" in made
        found = json.loads(run("-c", PYTHON, daemon.address, TOML))
        assert {(name, x) for name, x, _ in found} == {("file", 1.0), ("python", 1.0)}
        assert {last for *_, last in found} == {3, 8}
        page = run(*ashad, "study", "show", "file")
        assert "two_rungs, first 3, eta 4" in page.replace("variant stopping, ", "")
        assert "corner, at 0.25" in page
        assert daemon.stop() == 0
        daemon.start(PYTHONPATH=source)  # it opens what it wrote
        assert "corner, at 0.25" in run(*ashad, "study", "show", "python")
    check = run("-m", "ashad", "db", "check", "--db", str(daemon.db))
    assert "right" in check or "ok" in check.lower()
