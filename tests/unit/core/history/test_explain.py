"""A decision as a sentence: right for both goals, and old words replay."""

import pytest
from ashad.core.history.explain import sentence
from ashad.core.history.records import Change, Report
from ashad.core.kinds import Asha, Hyperband
from ashad.core.recovery.replay import ReplayMismatchError, replay
from ashad.core.space import Float
from ashad.core.spec import StudySpec

from tests.support.search import Search


def searched(algorithm, *, maximize):
    """Let three trials reach the first rung, the best one the next."""
    search = Search(StudySpec("loss", maximize, 9, {"x": Float(0, 1)}, algorithm))
    for value in (0.3, 0.2, 0.1):
        job = search.suggest(f"w{value}")
        search.report(job, job.next_resource, -value if maximize else value)
    return search


@pytest.mark.parametrize("maximize", [False, True])
def test_a_cut_off_says_which_side_is_better(maximize):
    search = searched(Asha(), maximize=maximize)
    last = next(r for r in reversed(search.records) if isinstance(r, Report))
    said = sentence(last, search.state.spec)
    side = "higher" if maximize else "lower"
    cut = "-0.1" if maximize else "0.1"
    assert said.endswith(
        f"the best floor(3 / 3) = 1 may continue, cut-off {cut} ({side} is better). "
        "The next decision is at epoch 3."
    )
    first = next(r for r in search.records if isinstance(r, Report))
    assert "at least the best one may continue" in sentence(first, search.state.spec)


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("algorithm", [Asha(promotion=True), Hyperband(max_rungs=2)])
def test_a_promotion_says_which_side_is_better(algorithm, maximize):
    search = searched(algorithm, maximize=maximize)
    search.suggest("free")
    said = search.records[-2].message
    assert said.startswith("Promoted from rung 0")
    side, cut = ("higher", "-0.1") if maximize else ("lower", "0.1")
    assert said.endswith(f"continue, cut-off {cut} ({side} is better).")


@pytest.mark.parametrize("algorithm", [Asha(promotion=True), Hyperband(max_rungs=2)])
def test_a_promotion_replays_in_the_words_of_an_earlier_version(algorithm):
    search = searched(algorithm, maximize=False)
    search.suggest("free")
    told = [r for r in search.records if type(r).__name__ != "TrialRow"]
    promotion = told[-1]
    assert isinstance(promotion, Change)
    old = promotion.message.replace("continue", "go on")
    old = old.replace(", cut-off 0.1 (lower is better)", ", down to 0.1")
    assert old != promotion.message
    replay("s", "uid", 0, [*told[:-1], promotion._replace(message=old)])
    wrong = promotion._replace(message=old.replace("0.1", "0.2"))
    with pytest.raises(ReplayMismatchError):
        replay("s", "uid", 0, [*told[:-1], wrong])
