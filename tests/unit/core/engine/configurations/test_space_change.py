"""A space that changes: a trial belongs to the version of its number, and all else stays."""

import json
from dataclasses import replace

import pytest
from ashad.core.engine.configurations.observations import Observations
from ashad.core.engine.configurations.space_change import MOST, SpaceChange
from ashad.core.errors import RefusalError
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.past_trials import FinishedTrial
from ashad.core.history.records import Change, Event, Report
from ashad.core.kinds import Asha, Halton, Pbt, RandomSampler, Tpe
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling.samplers import configure
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import Limits, StudySpec

from tests.support.search import Search

SPACE = {"x": Float(1e-4, 1.0, log=True), "n": Int(1, 9), "k": Choice(("a", "b"))}


def spec(**more):
    return StudySpec("loss", False, 9, SPACE, more.pop("algorithm", Asha()), **more)


def change(search, more, past=None, *, request="c", **asked):
    wanted = replace(search.state.spec, space=search.state.spec.space | more)
    return search.do("change_space", request, SpaceChange(wanted, past or {}, **asked))


def refused(search, *arguments, **named):
    before = search.state.seq, search.state.spec, len(search.records), len(search.state.spaces.all)
    with pytest.raises(RefusalError) as refusal:
        change(search, *arguments, **named)
    assert before == (
        search.state.seq, search.state.spec, len(search.records), len(search.state.spaces.all)
    )  # fmt: skip
    return refusal.value.reason


def replayed(search):
    """The study that its records make, one for one; with all that samplers know."""
    log = [r for r in search.records if isinstance(r, (Report, Change, Event))]
    return replay("s", "uid", 0, log, InMemoryArchive())


@pytest.mark.parametrize("sampler", [RandomSampler(), Halton()])
def test_a_trial_is_drawn_from_the_version_of_its_number(sampler):
    search = Search(spec(sampler=sampler))
    drawn, firsts, specs = [], [0], [search.state.spec]
    for more in ({"x": Float(1e-5, 0.1, log=True)}, {"k": Choice(("b", "z"))}):
        drawn += [search.suggest(f"w{len(drawn) + n}").params for n in range(5)]
        made = change(search, more, request=f"c{len(firsts)}")
        assert (made.number, made.first) == (len(firsts) + 1, len(drawn))
        firsts.append(len(drawn))
        specs.append(search.state.spec)
    drawn += [search.suggest(f"v{n}").params for n in range(5)]
    for number, params in enumerate(drawn):
        version = sum(first <= number for first in firsts)
        assert params == configure(specs[version - 1], 0, number, number)[0]
        assert search.state.spaces.of(number).number == version
    assert all(1e-5 <= p["x"] <= 0.1 for p in drawn[5:])
    assert {p["k"] for p in drawn[10:]} <= {"b", "z"}
    assert snapshot(replayed(search).state) == snapshot(search.state)


def test_what_is_drawn_or_queued_or_waits_keeps_its_configuration_and_rungs_stay():
    search = Search(spec(algorithm=Asha(promotion=True, eta=3)))
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    for job, loss in zip(jobs, (0.1, 0.2, 0.3), strict=True):
        assert search.report(job, 1, loss).action == "PAUSE"
    queued = search.do("enqueue", "q", {"x": 0.5, "k": "b"})
    sizes = search.sizes()
    change(search, {"x": Float(1e-3, 1e-2, log=True), "k": Choice(("z",))})
    assert search.sizes() == sizes
    assert search.suggest("a").params == queued.configuration()
    promoted = search.suggest("b")
    assert (promoted.trial, promoted.params) == (0, jobs[0].params)
    fresh = search.suggest("c")
    assert (fresh.trial, fresh.params["k"]) == (4, "z")
    assert 1e-3 <= fresh.params["x"] <= 1e-2


@pytest.mark.parametrize("sampler", [RandomSampler(), Tpe()])
def test_points_to_evaluate_are_evaluated_as_they_were_given(sampler):
    points = ({"x": 0.5, "k": "b"}, {"n": 9.0, "x": 0.9})
    search = Search(spec(points_to_evaluate=points, sampler=sampler))
    change(search, {"x": Float(1e-3, 1e-2, log=True), "n": Int(1, 3), "k": Choice(("a", "z"))})
    first, second, third = (search.suggest(f"w{n}").params for n in range(3))
    assert (first["x"], first["k"]) == (0.5, "b")
    assert (second["x"], second["n"]) == (0.9, 9)
    assert third["x"] <= 1e-2
    if search.state.known.points is not None:
        assert search.state.known.points.inside([0, 1, 2]) == [2]
    assert snapshot(replayed(search).state) == snapshot(search.state)


def test_a_point_to_evaluate_that_no_constraint_allows_any_more_refuses_the_change():
    search = Search(spec(points_to_evaluate=({"n": 3},), constraints=("x < n",)))
    asked = {"x": Float(4.0, 5.0, log=True)}
    assert refused(search, asked | {"n": Int(1, 9)}) == "INVALID_SPACE"
    search.suggest()
    assert change(search, asked).number == 2  # it is evaluated by now


def test_the_same_request_is_an_echo_and_an_equal_space_changes_nothing():
    search = Search(spec())
    wider = {"n": Int(1, 12)}
    made = change(search, wider)
    rows = len(search.records)
    assert change(search, wider) == made
    assert change(search, wider, request="d") == made  # it is so already
    later = change(search, {"n": Int(1, 20)}, request="e")
    assert change(search, wider, request="c", if_version=1) == made
    assert later.number == 3
    assert len(search.records) == rows + 1
    assert refused(search, {"n": Int(1, 30)}, request="c") == "REQUEST_CONFLICT"
    search.do("enqueue", "q", {})
    assert refused(search, {"n": Int(1, 30)}, request="q") == "REQUEST_CONFLICT"
    assert change(search, {"n": Int(1, 30)}, request="f", validate_only=True).number == 4
    assert search.state.spaces.now.number == 3


def test_of_two_changes_at_once_the_second_is_refused_by_its_version():
    search = Search(spec())
    change(search, {"n": Int(1, 12)}, request="a", if_version=1)
    assert refused(search, {"k": Choice(("a",))}, request="b", if_version=1) == (
        "SPACE_VERSION_CHANGED"
    )
    assert change(search, {"k": Choice(("a",))}, request="b", if_version=2).number == 3


def test_a_study_that_was_stopped_keeps_its_space_and_versions_have_an_end():
    search = Search(spec())
    for n in range(MOST - 1):
        change(search, {"n": Int(1, 10 + n)}, request=f"c{n}")
    assert refused(search, {"n": Int(1, 9)}, request="d") == "SPACE_VERSIONS_EXHAUSTED"
    other = Search(spec())
    other.do("stop")
    assert refused(other, {"n": Int(1, 12)}) == "STUDY_STOPPED"


def test_a_repeated_enqueue_and_import_are_echoes_where_the_space_is_narrower_by_now():
    search = Search(spec())
    queued = search.do("enqueue", "q", {"x": 0.5})
    past = [FinishedTrial({"x": 0.5, "n": 3, "k": "b"}, ((1, 0.5),))]
    taken = search.do("import_trials", "i", search.study.check_past("i", past))
    checked = search.study.check_past("j", past)
    change(search, {"x": Float(1e-4, 0.1, log=True), "k": Choice(("a",))})
    rows = len(search.records)
    assert search.do("enqueue", "q", {"x": 0.5}).number == queued.number
    assert search.do("import_trials", "i", search.study.check_past("i", past)) == taken
    assert len(search.records) == rows
    for call in (
        lambda: search.do("enqueue", "r", {"x": 0.5}),
        lambda: search.study.check_past("j", past),
        lambda: search.do("import_trials", "j", checked),  # checked for the version before
    ):
        with pytest.raises(RefusalError) as refusal:
            call()
        assert refusal.value.reason == "INVALID_CONFIGURATION"


def test_tpe_sees_the_past_in_the_space_of_now_and_leaves_out_what_it_does_not_hold():
    search = Search(spec(sampler=Tpe(random_fraction=0.0), algorithm=Asha(eta=2)))
    for _ in search.jobs(lambda trial, level: abs(trial - 20) / 40, most=60):
        pass
    before = search.state.known.points.inside(list(range(search.state.trials)))
    change(search, {"x": Float(1e-4, 0.1, log=True), "d": Float(0.0, 0.5)}, {"d": 0.25})
    rows = {n: json.loads(row.params) for n, row in search.memory.trials.items()}
    points = search.state.known.points
    inside = points.inside(list(range(search.state.trials)))
    assert inside == [n for n in before if rows[n]["x"] <= 0.1]
    assert 0 < len(inside) < len(before)
    assert points.of(inside)[:, -1].tolist() == [0.5] * len(inside)
    running = [search.suggest(f"v{n}") for n in range(2)]
    change(search, {"x": Float(2e-2, 0.1, log=True)}, request="narrower")
    seen = Observations(search.state)
    held = set(points.inside([*rows, *(job.trial for job in running)]))
    held = {n for n in held if search.state.trial(n).configuration()["x"] >= 2e-2}
    for level in seen.levels():
        entered = {n for _, trials in search.state.brackets.columns(level) for n in trials.tolist()}
        assert set(seen.ranked(level)) == entered & held
        assert {trial for trial, _ in seen.latest(level, 1000)} == entered & held
        assert seen.size(level) == len(entered & held)
        assert set(seen.under_way(level)) <= held
    first = {n for n in held if search.state.trial(n).rung}
    assert set(seen.best(1000)) == first
    assert seen.best(3) == seen.best(1000)[:3]
    assert set(seen.spread(1000)) == first
    assert set(seen.unheard()) == held - first
    assert search.suggest("u").params["x"] >= 2e-2
    change(search, {"x": Float(1e-4, 1.0, log=True)}, request="back")
    assert search.state.known.points.inside(before) == before
    assert snapshot(replayed(search).state) == snapshot(search.state)


def test_of_a_finite_space_nothing_comes_again_before_all_has_come():
    small = {"n": Int(1, 3), "k": Choice(("a", "b"))}
    search = Search(StudySpec("loss", False, 9, small, Asha()))
    drawn = [search.suggest(f"w{n}").params for n in range(4)]
    change(search, {"n": Int(1, 4), "f": Choice((True, False))}, {"f": True})
    drawn = [one | {"f": True} for one in drawn]
    drawn += [search.suggest(f"v{n}").params for n in range(12)]
    assert len({tuple(sorted(one.items())) for one in drawn}) == 16
    assert snapshot(replayed(search).state) == snapshot(search.state)


def test_a_member_of_a_population_goes_on_into_the_space_of_now_but_for_what_may_not_change():
    settings = Pbt(population=4, interval=1, explore=("x", "k"), resample_probability=0.0)
    search = Search(spec(algorithm=settings))
    jobs = [search.suggest(f"w{n}") for n in range(4)]
    change(search, {"x": Float(1e-3, 1e-2, log=True), "n": Int(20, 30), "k": Choice(("y", "z"))})
    for n, job in enumerate(jobs):
        search.report(job, 1, n / 10, f"mem:{n}")
    born = [row for row in search.memory.trials.values() if row.origin == "explored"]
    assert born
    for row in born:
        params, donor = json.loads(row.params), json.loads(search.memory.trial(row.donor).params)
        assert params["n"] == donor["n"]
        assert 1e-3 <= params["x"] <= 1e-2
        assert params["k"] in ("y", "z")
    assert snapshot(replayed(search).state) == snapshot(search.state)


def test_what_a_population_explores_may_be_fixed_while_it_runs():
    """As the refusal of a constant says: low = high."""
    search = Search(spec(algorithm=Pbt(population=2, interval=1, explore=("x",))))
    jobs = [search.suggest(f"w{n}") for n in range(2)]
    change(search, {"x": Float(0.5, 0.5, log=True)})
    for n, job in enumerate(jobs):
        search.report(job, 1, n / 10, f"mem:{n}")
    assert json.loads(search.memory.trial(2).params)["x"] == 0.5


def test_limits_and_space_are_changed_independently():
    search = Search(spec(limits=Limits(max_trials=3)))
    change(search, {"n": Int(1, 12)})
    search.do("update", Limits(max_trials=5))
    assert search.state.spec.space["n"] == Int(1, 12)
    assert search.state.spec.limits.max_trials == 5
    assert search.state.original.space["n"] == Int(1, 9)
    assert snapshot(replayed(search).state) == snapshot(search.state)


def test_the_lines_that_tell_what_is_other():
    search = Search(spec())
    more = {"x": Float(1e-5, 1.0, log=True), "d": Int(1, 3), "k": Choice(("a", "z"))}
    assert change(search, more, {"d": 2}).changes == (
        "x: 1e-05 to 1.0, log instead of 0.0001 to 1.0, log",
        "k: 'a', 'z' instead of 'a', 'b'",
        "d is added: 1 to 3; 2 until then",
    )
