"""Tokens and their file: made, found, revoked; what no tool wrote is refused whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ashad.security import TokenFile, TokenFileError
from ashad.security.tokens import DeniedError, default_path, read_tokens, split


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


def test_an_id_that_is_there_twice_is_refused(tmp_path):
    """Revoked, one of them would still let its holder in."""
    tokens = TokenFile(tmp_path / "tokens")
    made, _ = tokens.create("viewer")
    content = json.loads(tokens.path.read_text())
    content["tokens"].append(content["tokens"][0] | {"role": "admin"})
    tokens.path.write_text(json.dumps(content))
    with pytest.raises(TokenFileError, match="twice"):
        tokens.revoke(made.id)


class Clock:
    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        return self.now


def test_the_secret_is_shown_once_and_kept_as_a_hash(tmp_path):
    tokens = TokenFile(tmp_path / "folder" / "tokens", Clock())
    made, presented = tokens.create("worker", label="rig 3", lifetime_s=60, rate=9)
    number, secret = split(presented)
    assert number == made.id
    assert made.matches(secret)
    assert not made.matches(secret + "x")
    assert secret not in tokens.path.read_text()
    assert tokens.read() == [made]
    assert (made.created, made.expires, made.rate, made.label) == (1000, 1060, 9, "rig 3")
    assert tokens.path.stat().st_mode & 0o777 == 0o600


def test_a_revocation_is_for_good_and_an_echo_when_repeated(tmp_path):
    clock = Clock()
    tokens = TokenFile(tmp_path / "tokens", clock)
    made, _ = tokens.create("viewer", lifetime_s=60)
    assert [made.state(now) for now in (1000, 1059, 1060)] == ["active", "active", "expired"]
    revoked = tokens.revoke(made.id)
    clock.now = 2000.0
    assert tokens.revoke(made.id) == revoked
    assert revoked.revoked == 1000
    assert revoked.state(0) == "revoked"
    with pytest.raises(TokenFileError, match="no token has the id 'none'"):
        tokens.revoke("none")


@pytest.mark.parametrize(
    ("studies", "covered", "hidden"),
    [
        ((), ["a", "any-1"], []),
        (("digits", "cifar-*"), ["digits", "cifar-", "cifar-10"], ["digits2", "cifar", "mnist"]),
    ],
)
def test_a_token_covers_names_and_beginnings_of_names(tmp_path, studies, covered, hidden):
    made, _ = TokenFile(tmp_path / "tokens").create("worker", studies=studies)
    assert all(made.covers(name) for name in covered)
    assert not any(made.covers(name) for name in hidden)


@pytest.mark.parametrize("presented", ["", "ash", "ash_1", "ash_1_", "ash__x", "gh_1_x", "1_x"])
def test_what_is_no_token(presented):
    with pytest.raises(DeniedError) as denied:
        split(presented)
    assert denied.value.reason == "TOKEN_INVALID"


def test_no_file_holds_no_tokens(tmp_path):
    assert read_tokens(tmp_path / "nothing") == []
    assert default_path(tmp_path / "a.db") == tmp_path / "a.db.tokens"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "no file of tokens"), ("[" * 100_000, "no file of tokens"),
        ('{"version": 2, "tokens": []}', "version 2, not 1"),
        ('{"version": 1, "tokens": [{"id": "a"}]}', "no file of tokens"),
    ],
)  # fmt: skip
def test_another_file_is_refused_whole(tmp_path, text, words):
    (tmp_path / "tokens").write_text(text)
    with pytest.raises(TokenFileError, match=words):
        read_tokens(tmp_path / "tokens")
