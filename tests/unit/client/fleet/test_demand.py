"""The demand as numbers; what a daemon does is asked in tests/contract/test_demand.py."""

import pytest
from ashad_client.fleet.demand import Demand


def demand(running=0, queued=0, promotable=0, new=0, most=None, goes_on=True):
    return Demand(running, queued, promotable, new, most, goes_on)


@pytest.mark.parametrize(
    ("given", "workers"),
    [
        (demand(), 1),
        (demand(goes_on=False), 0),
        (demand(running=3, goes_on=False, new=9), 3),
        (demand(running=3, queued=2, promotable=1, new=4), 10),
        (demand(new=None), None),
        (demand(new=None, most=4), 4),
        (demand(running=3, new=9, most=5), 5),
        (demand(running=7, new=9, most=5), 7),
    ],
)
def test_workers_that_would_have_a_trial(given, workers):
    assert given.workers == workers


def test_a_fleet_has_its_own_bounds():
    assert demand(new=9).within(2, 4) == 4
    assert demand(goes_on=False).within(2, 4) == 2
    assert demand(goes_on=False).within(0, 4) == 0
