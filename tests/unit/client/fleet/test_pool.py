"""Which workers are started as a study can use them."""

import pytest
from ashad_client.fleet.demand import Demand
from ashad_client.fleet.pool import missing


def demand(running=0, new: int | None = 0, goes_on=True):
    return Demand(running, 0, 0, new, None, goes_on)


@pytest.mark.parametrize(
    ("given", "alive", "most", "numbers"),
    [
        (demand(new=2), [], 4, [0, 1]),
        (demand(new=9), [1, 3], 4, [0, 2]),
        (demand(running=1, new=1), [0, 1], 4, []),
        (demand(running=1, new=1), [0, 1, 2], 4, []),  # one more than it can use: it ends by itself
        (demand(new=None), [2], 4, [0, 1, 3]),
        (demand(running=2, goes_on=False), [], 4, [0, 1]),  # paused; theirs come back
        (demand(goes_on=False), [], 4, []),
    ],
)
def test_the_lowest_that_are_missing(given, alive, most, numbers):
    assert missing(given, alive, most) == numbers
