"""A command is looked at before a trial is taken: what cannot run is told with the fix."""

import sys

import pytest
from ashad_agent.process.command_check import problem


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(content, mode=0o755, name="train"):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
        return f"./{name}"

    return write


@pytest.mark.parametrize("content", [b"#!/bin/sh\n", b"\x7fELF\x00\x01"])
def test_what_can_run(file, content):
    assert problem([file(content), "--lr", "{lr}"]) == ""
    assert problem([sys.executable, "-u", "train", "{lr}"]) == ""
    assert problem(["{program}"]) == ""


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"#!/no/such/python\n", 0o755, "names /no/such/python, which is not there"),
        (b"#!\n", 0o755, "names nothing"), (b"print(1)\n", 0o755, "without a first line #!"),
        (b"#!/bin/sh\n", 0o644, "chmod +x"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_run(file, content, mode, words):
    assert words in problem([file(content, mode)])


def test_a_program_that_is_not_there(file):
    file(b"#!/bin/sh\n")
    assert problem(["train"]) == "train: did you mean ./train?"
    assert "there is no such program" in problem(["no-such-program"])


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["python3", "-u", "no.py"], True), (["python3", "-m", "no"], False),
        (["python3", "{script}"], False), (["python3"], False), (["bash", "no.sh"], True),
    ],
)  # fmt: skip
def test_a_script_that_is_not_there(file, words, missing):
    for name in ("python3", "bash"):
        file(b"#!/bin/sh\n", name=name)
    found = problem([f"./{words[0]}", *words[1:]])
    assert (": there is no such file for" in found) == missing
