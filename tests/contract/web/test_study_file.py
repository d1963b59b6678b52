"""A study file that was typed into the page says what it says on the command line."""

from __future__ import annotations

import base64

import pytest
from ashad.cli import main
from ashad.security import TokenFile
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.contract.web.conftest import http_of
from tests.support import ROOT

GOOD = (ROOT / "examples/digits/study.toml").read_bytes()
BAD = {
    "keys": b'metric = 3\ngoal = "smaller"\nmax_resource = 0\nno = 1\n[space]\nx = {flaot = 1}\n',
    "syntax": b"metric = \n",
    "text": b"\xff\xfe",
    "deep": b"x = " + b"[" * 60 + b"]" * 60,
    "empty": b"",
    "large": b"#" * (1 << 20) + b"\n",
}


def read(port, content, **headers):
    headers = {"content_type": "application/toml"} | headers
    return port.send("POST", "/study-file", content, **headers)


def test_a_file_becomes_what_the_command_line_would_send(http_port, served):
    told = read(http_port, GOOD).json
    spec = pb.StudySpec.FromString(base64.b64decode(told["spec"]))
    assert (told["name"], told["mistakes"], spec.metric) == ("digits", [], "validation_error")
    before = len(served.studies.ListStudies(pb.ListStudiesRequest()).studies)
    request = pb.CreateStudyRequest(study="typed", spec=spec, validate_only=True)
    assert not served.studies.CreateStudy(request, timeout=9).created
    assert len(served.studies.ListStudies(pb.ListStudiesRequest()).studies) == before


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_its_mistakes_are_those_of_the_command_line(http_port, served, tmp_path, content):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    address = ["--address", served.daemon.address]
    ran = CliRunner().invoke(main, [*address, "study", "create", "-f", str(path)])
    told = read(http_port, content).json["mistakes"]
    assert told
    assert ran.exit_code
    for line in told:
        assert f"{path}: {line}" in ran.output.replace("\n  ", " ")


def test_only_toml_by_post_is_read(http_port):
    assert read(http_port, GOOD, content_type="text/plain").status == 415
    assert http_port.send("GET", "/study-file").status in (404, 405)  # the page takes other paths
    assert read(http_port, GOOD, Origin="https://evil.example").status == 403


def test_who_makes_no_studies_has_none_read(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        file = TokenFile(daemon.db.with_name(f"{daemon.db.name}.tokens"))
        tokens = {role: file.create(role)[1] for role in ("viewer", "worker", "admin")}
        daemon.start("--require-tokens", "--web", "127.0.0.1:0")
        port = http_of(daemon, metadata=[("authorization", f"Bearer {tokens['admin']}")])
        assert read(port, GOOD).status == 401
        for role, status in (("viewer", 403), ("worker", 403), ("admin", 200)):
            assert read(port, GOOD, authorization=f"Bearer {tokens[role]}").status == status
