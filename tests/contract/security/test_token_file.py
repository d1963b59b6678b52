"""The file of tokens in others' hands: links, owners, modes, pipes, and what no tool wrote."""

from __future__ import annotations

import json
import subprocess
import sys

import grpc
import pytest
from ashad.security import TokenFile, TokenFileError

from tests.support.callers import bearer
from tests.support.wire import until

pytestmark = pytest.mark.slow


def test_a_revocation_through_a_link_is_one(new_daemon, tmp_path):
    """The daemon knows the file by its name, an admin by a link to it."""
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "tokens", tmp_path / "link"
    link.symlink_to(real)
    made, secret = TokenFile(link).create("admin")
    assert link.is_symlink()
    with new_daemon(tmp_path) as daemon:
        daemon.start("--require-tokens", "--tokens", str(real))
        with daemon.channel() as channel:
            call = channel.unary_unary("/ashad.v1.StudyService/ListStudies")
            call(b"", metadata=bearer(secret), timeout=10)
            TokenFile(link).revoke(made.id)
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", metadata=bearer(secret), timeout=10)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        assert link.is_symlink()


def test_what_everyone_may_write_lets_nobody_in(new_daemon, tmp_path):
    tokens = TokenFile(tmp_path / "tokens")
    _, secret = tokens.create("admin")
    with new_daemon(tmp_path) as daemon:
        daemon.start("--require-tokens", "--tokens", str(tokens.path))
        with daemon.channel() as channel:
            call = channel.unary_unary("/ashad.v1.StudyService/ListStudies")
            call(b"", metadata=bearer(secret), timeout=10)
            tokens.path.chmod(0o666)
            tokens.path.write_text(tokens.path.read_text())
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", metadata=bearer(secret), timeout=10)
            assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        until(lambda: "may be written by everyone" in daemon.log.read_text())
    with pytest.raises(TokenFileError, match="chmod o-w"):
        tokens.create("admin")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("expires", 10**30), ("expires", -1), ("created", "now"), ("revoked", 1.5),
        ("rate", 0), ("rate", -5), ("id", "a_b"), ("id", ""), ("digest", "é" * 64),
        ("digest", ""), ("role", "root"), ("label", 5), ("studies", [1]), ("more", 1),
    ],
)  # fmt: skip
def test_what_no_tool_wrote_is_refused_in_one_line(tmp_path, key, value):
    tokens = TokenFile(tmp_path / "tokens")
    tokens.create("viewer")
    content = json.loads(tokens.path.read_text())
    content["tokens"][0][key] = value
    tokens.path.write_text(json.dumps(content))
    line = [sys.executable, "-m", "ashad", "token", "list", "--tokens", str(tokens.path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "is no file of tokens" in done.stderr
    assert "Traceback" not in done.stderr
