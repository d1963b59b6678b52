"""Conditions and configurations against a space: what is refused, and by which field."""

from dataclasses import replace

import pytest
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError
from ashad.core.kinds import Random, RandomSampler
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import StudySpec
from ashad.core.validation.search_space import conditions, configuration

from tests.support.search import Search
from tests.support.specs import TREE, WHEN, sampled


def test_a_condition_tells_1_from_1_0_and_true():
    """A value that is accepted is one that makes the parameter active."""
    child = Float(0.0, 1.0)
    spec = StudySpec("l", False, 1, {"n": Int(1, 3), "c": child}, Random())
    assert not list(conditions(replace(spec, when={"c": (("n", (1,)),)})))
    assert list(conditions(replace(spec, when={"c": (("n", (1.0,)),)})))
    mixed = replace(spec, space={"p": Choice((1, True)), "c": child}, when={"c": (("p", (True,)),)})
    assert not list(configuration(mixed, {"p": True, "c": 0.5}))
    ((field, _),) = configuration(mixed, {"p": 1, "c": 0.5})
    assert field == "c"


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"opt": (("momentum", (1,)),)}, "opt"),
        ({"momentum": (("nothing", (1,)),)}, "momentum"),
        ({"momentum": (("momentum", (1.0,)),)}, "momentum"),
        ({"layers": (("momentum", (0.5,)),)}, "layers"),
        ({"momentum": (("opt", ()),)}, "momentum"),
        ({"momentum": (("opt", ("rmsprop",)),)}, "momentum"),
        ({"width": (("layers", (4,)),)}, "width"),
    ],
)
def test_wrong_conditions_are_refused_by_name(when, field):
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", sampled(RandomSampler(), TREE, when=when), 0, 0, None)
    assert refusal.value.fields["field"] == f"spec.space[{field}].when"


def test_a_configuration_with_what_is_not_there_is_refused():
    search = Search(sampled(RandomSampler(), TREE, when=WHEN))
    for given_ in ({"momentum": 0.5}, {"momentum": 0.5, "opt": "adam"}):
        with pytest.raises(RefusalError, match="only where opt is sgd"):
            search.do("enqueue", "q", given_)
    trial = search.do("enqueue", "q", {"momentum": 0.5, "opt": "sgd"})
    assert trial.configuration()["momentum"] == 0.5
