"""The log: what clients or libraries say never forges a line nor drives a terminal."""

from __future__ import annotations

import json
import logging

import pytest
from ashad.daemon import logs

PLANTED = 'a\n{"event": "forged"}\r\x1b[2J\x07\u202e\x9b'


@pytest.fixture(autouse=True)
def as_before():
    """Give the libraries' log back to whoever had it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.parametrize("form", ["text", "json"])
def test_one_line_for_one_event(capsys, form):
    log = logs.configure(form, "info")
    log.info("trial_assigned", worker=PLANTED, long="x" * 10_000)
    logging.getLogger("grpc").error("it said %s", PLANTED)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() and len(line) < 1500 for line in lines)
    if form == "json":
        assert [json.loads(line)["event"] for line in lines] == ["trial_assigned", "library"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_says_what_was_sent_without_its_control_characters(capsys, form):
    log = logs.configure(form, "info")
    with pytest.raises(ValueError, match="forged") as caught:
        raise ValueError(PLANTED)
    log.error("internal_error", exc_info=caught.value)
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert all(char.isprintable() or char == "\n" for char in told)
    if form == "json":
        (line,) = told.splitlines()
        assert "ValueError" in json.loads(line)["exception"]


def test_what_a_stranger_makes_a_library_say_fills_no_disk(capsys):
    logs.configure("json", "info")
    library = logging.getLogger("grpc")
    for _ in range(1000):
        library.error("Invalid encoding on %s", PLANTED)
    later = library.makeRecord("grpc", logging.ERROR, "", 0, "later", (), None)
    later.created += 61
    library.handle(later)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines[20:]] == ["library_lines_dropped", "library"]
    assert lines[20]["lines"] == 980


@pytest.mark.parametrize("level", ["warning", "error"])
def test_levels(capsys, level):
    log = logs.configure("json", level)
    log.info("nothing")
    assert capsys.readouterr().err == ""
