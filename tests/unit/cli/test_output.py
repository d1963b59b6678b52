"""What is printed: tables that fit, CSV that no spreadsheet runs, JSON with its own types."""

import io
import json
import os
import pty
import subprocess
import sys

import pytest
from ashad.cli.views import output, plain, study_view
from ashad_client.v1 import ashad_pb2 as pb


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (None, ""),
        (True, "true"),
        (-1, "-1"),
        (-0.5, "-0.5"),
        (1e-30, "1e-30"),
        ("plain", "plain"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("a,b", '"a,b"'),
        ('say "x"', '"say ""x"""'),
        ("two\nlines", '"two\nlines"'),
    ],
)
def test_csv_cells(cell, written):
    file = io.StringIO()
    output.write_csv(file, ["a", "b"], [{"a": cell, "b": 1}])
    assert file.getvalue() == f"a,b\n{written},1\n"


def test_csv_on_a_terminal_has_no_control_characters():
    file = Terminal()
    output.write_csv(file, ["a"], [{"a": "\x1b[2J\n"}, {"a": "\r=1"}])
    assert file.getvalue() == "a\n\\x1b[2J\\n\n'\\r=1\n"


def test_plain_tables_are_aligned_and_never_cut(capsys):
    rows = [{"name": "a" * 300, "n": 1.5, "ok": True}, {"name": "\x1b[1mb", "n": None, "ok": False}]
    output.print_table(rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "name" + " " * 298 + "  n  ok"
    assert lines[1] == "a" * 300 + "  1.5  yes"
    assert lines[2] == "\\x1b[1mb".ljust(300) + "    -  no"


def on_a_terminal(columns):
    """Print a table in a terminal of so many columns; the lines, without styles."""
    code = (
        "from ashad.cli.views.output import print_table\n"
        "print_table([{'trial': 7, 'params': 'rate=0.01 ' * 9, 'state': '[red]\\x1b[2J'}])"
    )
    parent, child = pty.openpty()
    env = os.environ | {"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", code], stdout=child, env=env) as ran:
        assert ran.wait(30) == 0
    os.close(child)
    found = b""
    try:
        while chunk := os.read(parent, 65536):
            found += chunk
    except OSError:  # how a pty ends on Linux
        pass
    os.close(parent)
    return [
        line.rstrip()
        for line in found.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    ]


@pytest.mark.slow
def test_on_a_terminal_the_widest_column_folds():
    lines = on_a_terminal(60)
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith("    7  rate=0.01 rate=0.01")
    assert lines[1].endswith("[red]\\x1b[2J")  # neither markup nor control
    assert len(lines) > 2
    assert len(on_a_terminal(200)) == 2
    assert any(line.endswith("[red]\\x1b[2J") for line in on_a_terminal(10))  # not cut


def test_plain_data_keeps_types():
    report = pb.StoredReport(
        trial=3,
        value=0.5,
        metrics=[
            pb.Metric(name="a", value=float("nan")),
            pb.Metric(name="b", value=float("-inf")),
            pb.Metric(name="c", value=2),
        ],
        decision=pb.Decision(action=pb.ACTION_STOP, rung=0),
    )
    report.time.FromSeconds(1_700_000_000)
    data = json.loads(plain.json_text(plain.plain(report)))
    assert data["trial"] == 3
    assert data["metrics"] == {"a": "NaN", "b": "-Infinity", "c": 2.0}
    assert data["decision"]["action"] == "stop"
    assert data["decision"]["rung"] == 0
    assert data["decision"]["cutoff"] is None
    assert data["time"] == "2023-11-14T22:13:20Z"


def test_a_state_of_a_newer_daemon_is_its_number():
    assert plain.plain(pb.Trial(state=99))["state"] == "99"
    assert plain.word(pb.Trial(state=99), "state") == "99"


def test_of_a_oneof_only_what_is_set_is_there():
    spec = pb.StudySpec(asha=pb.Asha(eta=3), limits=pb.StudyLimits(max_trials=3))
    data = plain.plain(spec)
    assert "random" not in data
    assert data["asha"]["variant"] == "unspecified"
    assert data["limits"]["max_duration"] is None
    assert data["lease"] is None


def test_words_of_an_enum():
    assert plain.words(pb.TrialState)["infeasible"] == pb.TRIAL_STATE_INFEASIBLE
    assert "unspecified" not in plain.words(pb.TrialState)


def test_parameters_on_one_line():
    values = {
        "a": {"double_value": 1 / 3},
        "b": {"string_value": 'x "y"'},
        "c": {"bool_value": True},
    }
    params = [pb.Parameter(name=n, value=pb.ParameterValue(**v)) for n, v in values.items()]
    assert study_view.params_text(params) == 'a=0.333333 b="x \\"y\\"" c=true'
