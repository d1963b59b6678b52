"""What the end of a program means."""

from __future__ import annotations

import signal

import pytest
from ashad_agent.process.exit_status import Exit, Kind, classify, signal_name, signal_number


@pytest.mark.parametrize(
    ("end", "told", "leaving", "kind"),
    [
        (Exit(0), False, False, Kind.COMPLETE),
        (Exit(1), False, False, Kind.FAIL),
        (Exit(75), False, False, Kind.RELEASE),
        (Exit(signal=9), False, False, Kind.FAIL),
        (Exit(signal=15), False, False, Kind.FAIL),
        (Exit(143), False, False, Kind.FAIL),
        (Exit(error="no such file"), False, False, Kind.FAIL),
        (Exit(0), True, False, Kind.DECIDED),
        (Exit(1), True, False, Kind.DECIDED),
        (Exit(signal=9), True, True, Kind.DECIDED),
        (Exit(0), False, True, Kind.RELEASE),
        (Exit(1), False, True, Kind.RELEASE),
        (Exit(signal=15), False, True, Kind.RELEASE),
    ],
)
def test_verdicts(end, told, leaving, kind):
    assert classify(end, told=told, leaving=leaving, seen=True, last_words="").kind is kind


def test_an_end_without_any_metric_is_no_success():
    verdict = classify(Exit(0), told=False, leaving=False, seen=False, last_words="")
    assert verdict.kind is Kind.MISSING
    assert verdict.failed


def test_a_failure_tells_its_last_words():
    verdict = classify(
        Exit(3), told=False, leaving=False, seen=True, last_words="\nValueError: x\n"
    )
    assert verdict.message == "exit code 3; its last words:\nValueError: x"
    assert verdict.brief == "exit code 3"
    assert "out of memory" in str(Exit(signal=9))
    assert str(Exit(signal=signal.SIGRTMIN + 1)).startswith("killed by ")


def test_signals_by_name_and_number():
    assert [signal_number(text) for text in ("TERM", "sigusr1", "2")] == [15, signal.SIGUSR1, 2]
    assert signal_name(15) == "SIGTERM"
    for text in ("NOPE", "", "0", "999", "-1"):
        with pytest.raises(ValueError, match="no signal"):
            signal_number(text)


def test_ends_as_of_a_program_that_was_asked_to_leave():
    assert Exit(signal=15).by_leaving
    assert Exit(130).by_leaving
    assert not Exit(signal=9).by_leaving
    assert not Exit(1).by_leaving
