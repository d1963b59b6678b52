"""Past trials: what they do to rungs, limits and samplers, and what is refused."""

import math
from dataclasses import replace

import pytest
from ashad.core.engine.configurations.warm_start import MOST_TRIALS, MOST_VALUES
from ashad.core.errors import RefusalError
from ashad.core.history.explain import sentence
from ashad.core.history.past_trials import FinishedTrial
from ashad.core.history.records import COMPLETED, STOPPED
from ashad.core.kinds import SuccessiveHalving, Tpe
from ashad.core.space import Choice, Float
from ashad.core.spec import Limits

from tests.support.search import Search, asha

CURVE = ((1, 0.5), (3, 0.4), (9, 0.3))


def past(x=0.5, values=CURVE, state=COMPLETED, **more):
    return FinishedTrial({"x": x}, values, state, **more)


def take(search, request, trials):
    return search.do("import_trials", request, search.study.check_past(request, trials))


def refused(search, *trials, request="i"):
    before = search.state.seq, search.state.trials, len(search.records)
    with pytest.raises(RefusalError) as refusal:
        take(search, request, trials)
    assert before == (search.state.seq, search.state.trials, len(search.records))
    return refusal.value


def test_their_values_stand_in_the_rungs_and_cut_what_is_trained_here():
    search = Search(asha(9, 3, promotion=False))
    made = take(search, "i", [past(values=((1, 0.1), (4, 0.2))), past()])
    assert (made.first, made.many) == (0, 2)
    assert search.sizes() == [[2, 2, 1]]  # the value at 4 is a late one of level 3
    job = search.suggest()
    assert (job.trial, job.params["x"]) != (0, 0.5)
    told = search.report(job, 1, 0.2)
    assert (told.action, told.rank, told.size) == ("STOP", 2, 3)  # in an empty rung it went on
    row = search.memory.trial(0)
    assert (row.state, row.reason, row.origin) == (COMPLETED, "IMPORTED", "imported")
    late = search.memory.report(0, 1, 4).decision
    assert (late.reason, late.rung, late.level, late.late) == ("IMPORTED", 1, 3, 1)


def test_they_are_never_promoted_and_keep_their_ranks():
    search = Search(asha(9, 2, promotion=True))
    take(search, "i", [past(values=((1, 0.1),), state=STOPPED)] * 2)
    mine = search.suggest()
    assert search.report(mine, 1, 0.3).action == "PAUSE"
    other = search.suggest()
    assert other.trial != mine.trial  # of 3 only the best one could go on, and that is a past one
    assert search.report(other, 1, 0.05).action == "PAUSE"
    assert search.suggest().trial == other.trial


def test_no_limit_counts_them_but_the_target():
    spec = asha(9, 3, promotion=False)
    limits = Limits(max_trials=1, max_total_resource=9, target_value=0.1)
    search = Search(replace(spec, limits=limits))
    take(search, "i", [past(), past()])
    assert search.state.spent == 0
    assert search.suggest().trial == 2
    take(search, "j", [past(values=((1, 0.1),))])
    assert search.study.status(search.now) == ("FINISHED", "TARGET_REACHED")
    assert (search.state.best.trial, search.state.best.value) == (3, 0.1)


def test_a_synchronous_round_has_trials_of_its_own_alone():
    spec = replace(asha(9, 3, promotion=False), algorithm=SuccessiveHalving(eta=3.0))
    search = Search(spec)
    take(search, "i", [past()] * 3)
    assert search.sizes() == [[0, 0, 0]]
    assert search.state.best.value == 0.3
    assert search.state.brackets[0].created == 0


def test_a_sampler_learns_from_them():
    """Past trials near 0.9 are the good ones; what is drawn lies there rather than anywhere."""
    spec = asha(9, 3, promotion=False, sampler=Tpe(0.0))
    drawn = {}
    for warm in (False, True):
        search = Search(spec)
        if warm:
            xs = [n / 40 for n in range(40)]
            take(search, "i", [past(x, ((9, abs(x - 0.9)),)) for x in xs])
        drawn[warm] = [search.suggest(f"w{n}").params["x"] for n in range(20)]
    near = {warm: sum(abs(x - 0.9) < 0.2 for x in xs) for warm, xs in drawn.items()}
    assert near[True] >= 14 > near[False]


def test_a_value_that_is_no_number_ranks_last():
    search = Search(asha(9, 3, promotion=False))
    take(search, "i", [past(values=((1, math.nan), (3, -math.inf), (9, 0.5)))])
    assert search.memory.report(0, 1, 3).diverged == "-inf"
    assert search.state.diverged == 2
    job = search.suggest()
    assert search.report(job, 1, 99.0).rank == 1


def test_the_same_call_again_is_an_echo_and_other_content_is_refused():
    search = Search(asha(9, 3, promotion=False))
    first = take(search, "i", [past(values=((1, math.nan),))])
    seq = search.state.seq
    assert take(search, "i", [past(values=((1, math.nan),))]) == first
    assert search.state.seq == seq
    assert refused(search, past()).reason == "REQUEST_CONFLICT"
    search.suggest()
    assert refused(search, past(), request="r1").reason == "REQUEST_CONFLICT"


@pytest.mark.parametrize(
    ("trials", "field", "fix"),
    [
        ([], "trials", "give 1 to 100"),
        ([past()] * (MOST_TRIALS + 1), "trials", "give 1 to 100"),
        ([past(values=tuple((n + 1, 0.0) for n in range(MOST_VALUES + 1)))], "trials", "2000"),
        ([past(values=())], "trials[0].reports", "at least one"),
        ([past(), past(values=((3, 0.1), (1, 0.1)))], "trials[1].reports", "must rise"),
        ([past(values=((1, 0.1), (1, 0.1)))], "trials[0].reports", "must rise"),
        ([past(values=((10, 0.1),))], "trials[0].reports", "which is 9"),
        ([past(values=((0, 0.1),))], "trials[0].reports", "from 1"),
        ([past(state="RUNNING")], "trials[0].state", "give COMPLETED or STOPPED"),
        ([past(note="x" * 201)], "trials[0].note", "200"),
        ([past(2.0)], "trials[0].params[x]", "0.0 to 1.0"),
        ([FinishedTrial({}, CURVE)], "trials[0].params[x]", "is missing"),
    ],
)
def test_what_is_no_past_trial_is_refused_by_field(trials, field, fix):
    refusal = refused(Search(asha(9, 3, promotion=False)), *trials)
    assert refusal.fields["field"] == field
    assert fix in str(refusal)


def test_a_parameter_that_is_not_there_need_not_be_given():
    spec = asha(9, 3, promotion=False)
    space = {"o": Choice(("a", "b")), "x": Float(0.0, 1.0)}
    search = Search(replace(spec, space=space, when={"x": (("o", ("a",)),)}))
    take(search, "i", [FinishedTrial({"o": "b"}, CURVE)])
    assert refused(search, FinishedTrial({"o": "a"}, CURVE), request="j").fields["field"]


def test_a_stopped_study_takes_none():
    search = Search(asha(9, 3, promotion=False))
    search.do("stop")
    assert refused(search, past()).reason == "STUDY_STOPPED"


def test_it_is_explained():
    search = Search(asha(9, 3, promotion=False))
    take(search, "i", [past(values=((2, 0.5), (3, 0.4)))])
    said = [sentence(report, search.state.spec) for report in search.memory.reports.values()]
    assert said == [
        f"At epoch {at}, trial 0 reported loss {loss}, before it was imported. It counts in rung "
        f"{rung}, at rank 1 of 1."
        for rung, at, loss in ((0, 2, 0.5), (1, 3, 0.4))
    ]
