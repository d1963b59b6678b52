"""Where and how an attempt runs: found without asking anybody, or given, or not told at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ashad_client
import pytest
from ashad_client import attributes
from ashad_client.attributes import command_line, git_commit, gpu, settle

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CARD = "Model: \t\t NVIDIA H200\nIRQ:   \t\t 1\n"


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, Callable[..., str]]:
    """A repository with one commit, as git makes it, and git in it."""
    folder = tmp_path / "of mine"
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(folder), *words], check=True, capture_output=True, text=True,
            env=os.environ | who,
        ).stdout.strip()  # fmt: skip

    folder.mkdir()
    git("init", "--quiet", "--initial-branch=main")
    git("commit", "--quiet", "--allow-empty", "--message=one")
    folder.joinpath("inside").mkdir()
    return folder, git


def test_the_commit_is_that_which_git_tells(
    repository: tuple[Path, Callable[..., str]], tmp_path: Path
) -> None:
    folder, git = repository
    head = git("rev-parse", "HEAD")
    assert git_commit(folder) == git_commit(folder / "inside") == head
    git("pack-refs", "--all")
    assert not (folder / ".git/refs/heads/main").exists()
    assert git_commit(folder) == head
    git("worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "other")
    assert git_commit(tmp_path / "tree") == head
    git("checkout", "--quiet", "--detach")
    assert git_commit(folder) == head


def test_where_there_is_no_commit_there_is_none(tmp_path: Path) -> None:
    assert git_commit(tmp_path) == ""
    for head in ("ref: refs/heads/main", "nonsense", "ref: ../../../etc/passwd", "\xff"):
        (tmp_path / ".git").mkdir(exist_ok=True)
        (tmp_path / ".git/HEAD").write_bytes(head.encode("latin-1"))
        assert git_commit(tmp_path) == ""
    (tmp_path / ".git/HEAD").write_text(COMMIT)
    assert git_commit(tmp_path) == COMMIT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["python", "train.py", "--lr", "0.1"], "python train.py --lr 0.1"),
        (["sh", "-c", "a b"], "sh -c 'a b'"),
        (["x", "--api-key", "hush", "--n", "1"], "x --api-key *** --n 1"),
        (["x", "--api_key=hush", "-v"], "x --api_key=*** -v"),
        (["x", "HF_TOKEN=hush"], "x HF_TOKEN=***"),
        (["x", "--password", "--n", "1"], "x --password --n 1"),
        (["x", "{lr}", "--tokenizer=hush"], "x '{lr}' --tokenizer=***"),  # rather once too often
    ],
)
def test_a_command_without_its_secrets(words: list[str], told: str) -> None:
    assert command_line(words) == told


def test_the_gpus_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attributes, "_GPUS", tmp_path)
    assert gpu(None) == ""
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text(CARD)
    assert gpu(None) == "2 x NVIDIA H200"
    assert gpu("1") == "NVIDIA H200"
    assert gpu("") == ""
    (tmp_path / "0000:02:00.0/information").write_text(CARD.replace("H200", "T4"))
    assert gpu("0,1") == "NVIDIA H200, NVIDIA T4"


def test_what_is_given_comes_before_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASHAD_ATTRIBUTES", raising=False)
    found = dict(settle())
    assert found["host"] == socket.gethostname()
    assert found["command"] == command_line(sys.orig_argv)
    told = dict(settle({"run": 7, "host": "mine", "command": None}))
    assert (told["run"], told["host"], "command" in told) == ("7", "mine", False)
    assert settle(False) == ()
    monkeypatch.setenv("ASHAD_ATTRIBUTES", "0")
    assert settle() == ()
    assert settle({"run": 7}) == (("run", "7"),)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a b": 1}, "'a b' is no name"),
        ({"x" * 65: 1}, "is no name"),
        ({"a": ""}, r"attributes\['a'\]: 1 to 1024"),
        ({"a": "x\ny"}, r"attributes\['a'\]: 1 to 1024"),
        ({f"a{n}": n for n in range(33)}, "at most 32"),
    ],
)
def test_what_the_daemon_would_refuse_is_refused_at_once(given: dict, said: str) -> None:
    with pytest.raises(ashad_client.Error, match=said):
        ashad_client.connect(attributes=given)


def test_the_attempt_has_them(client, make_study) -> None:
    study = make_study()
    with ashad_client.connect(client.address, attributes={"run": "night"}) as worker:
        worker.suggest(study)
        told = client.get_trial(study, 0).attributes
        assert (told["run"], told["host"]) == ("night", socket.gethostname())
        assert [one.attributes for one in client.list_attempts(study, 0)] == [told]
    with ashad_client.connect(client.address, attributes=False) as worker:
        worker.suggest(study)
        assert client.get_trial(study, 0).attributes == {}
        assert [len(one.attributes) for one in client.list_attempts(study, 0)] == [len(told), 0]


def test_notes_and_labels(client, make_study) -> None:
    study = make_study()
    made = client.annotate_study(study, note="# Why", add_labels=["paper", "b"])
    assert (made.note, made.labels) == ("# Why", ["b", "paper"])
    assert client.annotate_study(study, remove_labels=["b"]).labels == ["paper"]
    client.enqueue_trial(study, {})
    client.enqueue_trial(study, {})
    trial = client.annotate_trial(study, 1, note="odd", add_labels=["odd"])
    assert (trial.note, trial.labels) == ("odd", ["odd"])
    assert [one.trial for one in client.list_trials(study, labels=["odd"])] == [1]
    assert study in [one.name for one in client.list_studies(labels=["paper"])]
    assert study not in [one.name for one in client.list_studies(labels=["paper", "b"])]
    with pytest.raises(ashad_client.Error, match="add_labels"):
        client.annotate_trial(study, 1, add_labels=["a,b"])
