"""`ashad study where`: which daemon of several has a study."""

import csv
import io

import pytest

from tests.support.cluster import free


@pytest.fixture(scope="module")
def other(new_daemon, tmp_path_factory):
    """A second daemon, with a file of its own."""
    (folder := tmp_path_factory.mktemp("cli") / "other").mkdir()
    daemon = new_daemon(folder).start()
    yield daemon
    assert daemon.stop() == 0


def where(address, study, trials="0/9"):
    return {"address": address, "study": study, "state": "active", "trials": trials, "running": 0}


def test_each_daemon_is_asked(cli, other, study_file):
    both = {"ASHAD_ADDRESS": f"{cli.address},{other.address}"}
    assert cli("study", "where", env=both).out == "no study yet on any of them\n"
    file = study_file()
    cli("study", "create", "-f", file, "first")
    cli("study", "create", "-f", file, "second", "--address", other.address)
    assert cli("study", "where", "second", "-o", "json", env=both).data == [
        where(other.address, "second")
    ]
    header, line = cli("study", "where", "first", env=both).out.splitlines()
    assert header.split() == ["address", "study", "state", "trials", "running"]
    assert line.split() == [cli.address, "first", "active", "0/9", "0"]
    found = cli("study", "where", "-o", "csv", env=both).out
    assert [(row["address"], row["study"]) for row in csv.DictReader(io.StringIO(found))] == [
        (cli.address, "first"),
        (other.address, "second"),
    ]
    ran = cli.fails("study", "where", "third", env=both)
    assert (ran.code, ran.out, ran.err) == (
        1,
        "",
        "error: no daemon that answered has study third\n",
    )
    cli("study", "create", "-f", file, "first", "--address", other.address)
    ran = cli.fails("study", "where", "first", env=both)
    assert ran.code == 0
    assert "each have a study first: they share no trials" in ran.err
    for name in ("first", "second"):
        cli("study", "delete", name, "--yes", "--address", other.address)


def test_one_that_does_not_answer_is_named(cli, study_file):
    cli("study", "create", "-f", study_file(), "first")
    away = f"127.0.0.1:{free(1)[0]}"
    both = f"{away},{cli.address}"
    ran = cli.fails("study", "where", "first", "--address", both)
    assert (ran.code, len(ran.out.splitlines())) == (0, 2)
    assert ran.err.startswith(f"no daemon answers at {away};")
    for words in (("second",), ()):
        ran = cli.fails("study", "where", *words, "--address", both)
        assert ran.code == 69
        assert away in ran.err


def test_addresses_that_cannot_be_right(cli):
    ran = cli.fails("study", "where", "s", "--address", "127.0.0.1:1,127.0.0.1:1")
    assert (ran.code, "names 127.0.0.1:1 twice" in ran.err) == (2, True)
