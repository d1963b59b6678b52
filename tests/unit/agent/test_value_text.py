"""Values and times as text."""

from __future__ import annotations

import json
import subprocess

import pytest
from ashad_agent.value_text import json_of, quoted, seconds_of, short, text_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"), (False, "false"), (2**63 - 1, "9223372036854775807"), (0.1, "0.1"),
        (1e-4, "0.0001"), (1e22, "1e+22"), ("a b", "a b"), ("", ""),
    ],
)  # fmt: skip
def test_a_value_as_a_program_reads_it(value, text):
    assert text_of(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_the_same(value):
    assert float(text_of(value)) == value


def test_json_keeps_types_and_letters():
    params = {"lr": 0.1, "n": 2**63 - 1, "on": True, "name": "grüße"}
    assert json.loads(json_of(params)) == params
    assert "grüße" in json_of(params)


HOSTILE = [
    "",
    "$(echo x)",
    "`echo x`",
    "a'b\"c",
    "a\nb",
    "-n",
    "*",
    "~",
    "\\",
    "!!",
    "grüße",
    "\t ;&|",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_eval_gives_the_value_and_runs_nothing(shell, value):
    script = f'eval {quoted(f"X={quoted(value)}")}; printf %s "$X"'
    done = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (value, "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90), ("90s", 90), ("1.5s", 1.5), ("12m", 720), ("3h50m", 13800), ("1d", 86400),
        ("2h", 7200), ("0", 0),
    ],
)  # fmt: skip
def test_durations(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "50m3h", "-1", "1w", "nan", "3 h", "1e9", "٣"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="must be a duration"):
        seconds_of(text)


def test_measured_times():
    assert [short(s) for s in (0.04, 59.9, 60, 185, 7860)] == [
        "0.0s", "59.9s", "1m00s", "3m05s", "2h11m",
    ]  # fmt: skip
