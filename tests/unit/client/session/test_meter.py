"""Time and cost as the resource: whole units, cumulative, never past the target."""

from __future__ import annotations

import ashad_client
import pytest
from ashad_client.session.attempt import Attempt
from ashad_client.session.meter import Meter
from ashad_client.v1 import ashad_pb2 as pb


def attempt(start=0, target=9):
    return Attempt(pb.Assignment(study="s", start_resource=start, target_resource=target))


def test_ten_tenths_are_one():
    meter = Meter(attempt(), 1, 1)
    for _ in range(9):
        meter.add(0.1)
    assert (meter.resource, meter.due) == (0, False)
    meter.add(0.1)
    assert (meter.resource, meter.due) == (1, True)


def test_it_goes_on_where_the_trial_stood_and_ends_at_the_target():
    meter = Meter(attempt(start=5), 1000, 1)
    meter.add(2999)
    assert meter.resource == 7
    meter.add(1e9)
    assert meter.resource == 9


def test_reports_every_so_often_and_at_the_target():
    held = attempt(target=10)
    meter = Meter(held, 1, 4)
    found = []
    while held.position < 10:
        meter.add(1)
        if meter.due:
            held.position = meter.resource
            found.append(meter.resource)
    assert found == [4, 8, 10]
    assert not meter.due


def test_a_clock_counts_by_itself():
    now = [100.0]
    clock = Meter(attempt(), 60, 1, lambda: now[0])
    now[0] = 219.9
    assert clock.resource == 1
    now[0] = 220.0
    assert (clock.resource, clock.due) == (2, True)
    with pytest.raises(ashad_client.Error, match="counts by itself"):
        clock.add(1)


@pytest.mark.parametrize("unit", [0, -1, float("nan"), float("inf"), "1"])
def test_a_unit_that_cannot_be(unit):
    with pytest.raises(ashad_client.Error, match="unit: a finite number above 0"):
        Meter(attempt(), unit, 1)


@pytest.mark.parametrize("every", [0, 1.5, True])
def test_a_span_that_cannot_be(every):
    with pytest.raises(ashad_client.Error, match="every: a whole number"):
        Meter(attempt(), 1, every)


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_an_amount_that_cannot_be(amount):
    with pytest.raises(ashad_client.Error, match="add: a finite number"):
        Meter(attempt(), 1, 1).add(amount)


def test_a_study_of_tokens(client, make_study):
    study = make_study(max_resource=5, limits={"max_trials": 1})
    for trial in client.trials(study):
        spent = trial.meter(unit=1_000_000)
        while not trial.decision.should_stop:
            spent.add(400_000)
            if spent.due:
                trial.report(spent.resource, loss=1.0)
    assert [r.resource for r in client.list_reports(study, 0)] == [1, 2, 3, 4, 5]
    assert client.study(study).counts.completed == 1


def test_a_study_of_time(client, make_study):
    study = make_study(max_resource=3, limits={"max_trials": 1})
    for trial in client.trials(study):
        clock = trial.clock(seconds=0.01)
        while not trial.decision.should_stop:
            if clock.due:
                trial.report(clock.resource, loss=1.0)
    assert list(client.list_reports(study, 0))[-1].resource == 3
