"""Words on a terminal: safe text, durations that read back, instants."""

import unicodedata

import pytest
from ashad.cli.views import text
from ashad_client.text import clean
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st


@given(st.text())
def test_cleaned_text_has_no_control_characters(value):
    cleaned = clean(value)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in cleaned)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b2J\u202egnp.exe\u2028", "\\x9b2J\\u202egnp.exe\\u2028"),
        ("grün 学习", "grün 学习"),
        ("\udcff", "\\udcff"),
    ],
)
def test_clean(value, cleaned):
    assert clean(value) == cleaned


@pytest.mark.parametrize(
    ("written", "seconds", "nanos"),
    [
        ("90s", 90, 0),
        ("12m", 720, 0),
        ("3h50m", 13800, 0),
        ("1d2h3m4.5s", 93784, 500_000_000),
        ("0s", 0, 0),
        ("0.000000001s", 0, 1),
        (" 5s ", 5, 0),
        ("100m", 6000, 0),
    ],
)
def test_durations(written, seconds, nanos):
    assert text.duration_from_text(written) == Duration(seconds=seconds, nanos=nanos)


@pytest.mark.parametrize(
    "written",
    ["", "s", "-1s", "1.5m", "5m3h", "5 m", "1e3s", "٣s", "1s1s", "500ms", "9" * 5000 + "s"],
)
def test_not_durations(written):
    with pytest.raises(ValueError, match="must be a duration"):
        text.duration_from_text(written)


@given(st.integers(0, 10**10), st.integers(0, 10**9 - 1))
def test_written_durations_read_back(seconds, nanos):
    duration = Duration(seconds=seconds, nanos=nanos)
    assert text.duration_from_text(text.duration_text(duration)) == duration


def test_measured_times_are_rounded():
    assert text.elapsed_text(Duration(nanos=5_026_000)) == "0.01s"
    assert text.elapsed_text(Duration(seconds=83, nanos=250_000_000)) == "1m23s"


@pytest.mark.parametrize(
    ("seconds", "nanos", "written"),
    [
        (0, 0, "0s"),
        (60, 0, "1m"),
        (61, 260_000_000, "1m1.26s"),
        (1, 250_000_000, "1.25s"),
        (3600, 0, "1h"),
        (90061, 0, "1d1h1m1s"),
        (100, 0, "1m40s"),
    ],
)
def test_durations_are_short(seconds, nanos, written):
    assert text.duration_text(Duration(seconds=seconds, nanos=nanos)) == written


def test_instants():
    assert text.instant_text(Timestamp(seconds=1_700_000_000)) == "2023-11-14T22:13:20Z"
    assert text.instant_text(Timestamp()) == ""


def test_counts_and_numbers():
    assert text.count(1, "trial") == "1 trial"
    assert text.count(1405, "epoch") == "1,405 epochs"
    assert text.number(12) == "12"
    assert text.number(0.123456789) == "0.123457"
