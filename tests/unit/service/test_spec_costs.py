"""What a study may cost: the largest specs that are accepted are read, made and served soon.

A stall is seconds; a busy machine is none. What is larger is refused by the name of the bound.
"""

import gc
import time

import pytest
from ashad.core.errors import RefusalError
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.validation.study_spec import check_spec
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service.messages import from_proto, to_proto
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

# Seconds of processor time for what takes 0.05 on an idle machine, and took 4 to 60 without bounds.
SOON = 1.5


def value(number):
    return pb.ParameterValue(int_value=number)


def choice(name, count):
    choices = [value(number) for number in range(count)]
    return pb.ParameterSpec(name=name, categorical=pb.Categorical(choices=choices))


def real(name, **more):
    return pb.ParameterSpec(name=name, float_range=pb.FloatRange(low=0, high=1, **more))


def whole(name, **more):
    return pb.ParameterSpec(name=name, int_range=pb.IntRange(low=1, high=100_000, **more))


def child(name, parent, values):
    found = real(name, grid_points=1)
    found.when.add(parameter=parent, values=[value(number) for number in values])
    return found


def points(count, **params):
    one = [pb.Parameter(name=name, value=value(number)) for name, number in params.items()]
    return [pb.Configuration(params=one) for _ in range(count)]


def grid(*space):
    return {"space": space, "grid_sampler": pb.GridSampler()}


SPECS = {
    "a choice": {"space": [choice("c", 10_000)]},
    "points": {"space": [choice("c", 4_000)], "points_to_evaluate": points(3_000, c=3_999)},
    "wide points": {
        "space": [whole(f"p{i}") for i in range(99)],
        "points_to_evaluate": points(100, **{f"p{i}": 7 for i in range(99)}),
    },
    "a condition": {"space": [whole("n"), child("x", "n", range(1, 10_001))]},
    "conditions": {"space": [choice("p0", 2), *(child(f"q{i}", "p0", (0, 1)) for i in range(999))]},
    "halton": {"space": [real(f"p{i}") for i in range(1000)], "halton": pb.HaltonSampler()},
    "stepped": {"space": [real(f"p{i}", step=0.001) for i in range(1000)]},
    "tpe": {"space": [real(f"p{i}") for i in range(62)], "tpe": pb.TpeSampler(min_points=2)},
    "grid": grid(whole("n")),
    "grid of reals": grid(real("x", grid_points=10_000)),
    "grid by ratios": grid(whole("n", scale=pb.SCALE_LOG, grid_points=10_000)),
    "grid of cases": grid(
        *[choice(f"p{i}", 2) for i in range(10)], child("x", "p0", [1]), child("y", "p9", [1])
    ),
}
TOO_LARGE = {
    "choice and points": (
        {"space": [choice("c", 10_000)], "points_to_evaluate": points(10_000, c=9_999)},
        "at most 10000 together",
    ),
    "conditions": (
        {"space": [whole("n"), child("x", "n", range(6_000)), child("y", "n", range(6_000))]},
        "at most 10000 together",
    ),
    "tpe": (
        {"space": [real(f"p{i}") for i in range(100)], "tpe": pb.TpeSampler()},
        "give at most 40",
    ),
    "tpe of many": (
        {"space": [real(f"p{i}") for i in range(251)], "tpe": pb.TpeSampler(candidates=1)},
        "at most 250 parameters",
    ),
    "grid of cases": (
        grid(
            *[choice(f"p{i}", 2) for i in range(11)],
            *[child(f"x{i}", f"p{i}", [1]) for i in range(11)],
        ),
        "at most 2000 combinations",
    ),
    "grid of reals": (grid(real("x", grid_points=10_001)), "at most 10000 points"),
}


def message(space, **more):
    return pb.StudySpec(
        metric="loss",
        goal=pb.GOAL_MINIMIZE,
        max_resource=9,
        asha=pb.Asha(),
        seed=1,
        space=space,
        **more,
    )


class Clock:
    def wall(self):
        return 1_800_000_000_000_000

    def monotonic(self):
        return 0.0


def soon(what, call):
    gc.disable()  # what other tests left behind is not what the call costs
    before = time.process_time()
    found = call()
    spent = time.process_time() - before
    gc.enable()
    assert spent < SOON, f"{what}: {spent * 1e3:.0f} ms"
    return found


@pytest.mark.parametrize("name", SPECS)
async def test_the_largest_that_is_accepted_is_soon_served(name, tmp_path):
    asked = message(**SPECS[name])
    store = Writer(tmp_path / "s.db")
    reader = Reader(tmp_path / "s.db")
    scheduler = Scheduler(store, reader, InlineExecutor(), Clock(), lambda *a, **k: None, print)

    def create():
        study, _ = scheduler.create("s", from_proto.spec(asked), validate_only=False)
        return to_proto.study(study, 0)

    soon("create", create)
    soon("create again", create)
    for call in range(12):
        job, _ = soon("suggest", lambda: scheduler.suggest("s", f"w{call}", f"r{call}"))  # noqa: B023
        loss = call / 100
        key = AttemptKey(job.trial, job.attempt, job.token)
        scheduler.report("s", key, ReportContent(9, loss, None, None))
    await scheduler.durable()
    store.close()
    reader.close()


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_larger_is_refused_by_the_name_of_the_bound(name):
    asked, bound = TOO_LARGE[name]

    def refused():
        with pytest.raises(RefusalError) as refusal:
            check_spec(from_proto.spec(message(**asked)))
        return refusal.value

    found = soon("refuse", refused)
    assert bound in found.message
    assert found.reason == "INVALID_SPEC"


def test_a_study_of_many_mistakes_is_refused_soon():
    wrong = message([choice("c", 3_000)], points_to_evaluate=points(3_000, c=5_000))
    with pytest.raises(RefusalError) as refusal:
        soon("check", lambda: check_spec(from_proto.spec(wrong)))
    assert refusal.value.message.count("must be one of") == 20
