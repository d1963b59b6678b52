"""The file of tokens in others' hands: links, owners, modes, pipes, and what no tool wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from ashad.security import TokenFile, TokenFileError
from ashad.security.tokens import read_tokens

from tests.support.callers import bearer

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
        assert "may be written by everyone" in daemon.log.read_text()
    with pytest.raises(TokenFileError, match="chmod o-w"):
        tokens.create("admin")


def test_a_pipe_stops_nobody(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(TokenFileError, match="no file of tokens"):
        read_tokens(path)
    with pytest.raises(TokenFileError):
        read_tokens(Path("/dev/zero"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_the_tokens_to_the_user_of_the_daemon(tmp_path):
    tmp_path.chmod(0o700)
    os.chown(tmp_path, 2742, 2743)
    tokens = TokenFile(tmp_path / "tokens")
    made, _ = tokens.create("admin")
    tokens.path.chmod(0o640)
    tokens.revoke(made.id)
    for path, mode in ((tokens.path, 0o640), (tmp_path / "tokens.lock", 0o640)):
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (2742, 2743, mode)


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


def test_an_id_that_is_there_twice_is_refused(tmp_path):
    """Revoked, one of them would still let its holder in."""
    tokens = TokenFile(tmp_path / "tokens")
    made, _ = tokens.create("viewer")
    content = json.loads(tokens.path.read_text())
    content["tokens"].append(content["tokens"][0] | {"role": "admin"})
    tokens.path.write_text(json.dumps(content))
    with pytest.raises(TokenFileError, match="twice"):
        tokens.revoke(made.id)
