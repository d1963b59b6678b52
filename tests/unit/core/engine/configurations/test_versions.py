"""The versions of a space: which is that of a trial, and what makes two changes the same."""

import json

from ashad.core.engine.configurations.versions import SpaceVersions, digest, to_body
from ashad.core.history.records import SPACE_CHANGED, Event
from ashad.core.kinds import Asha, from_json
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import StudySpec, to_json

SPACE = {"x": Float(0.0, 1.0), "k": Choice(("a", 1, True))}
WHEN = {"n": (("k", (True,)),)}
SPEC = StudySpec("loss", False, 9, SPACE, Asha())


def event(number, first, space, when=None, past=None):
    head = {"request": f"c{number}", "version": number, "first": first}
    body = head | to_body(space, when or {}, past or {})
    return Event(5 + number, 7, SPACE_CHANGED, json.dumps(body))


def test_a_trial_belongs_to_the_latest_version_that_begins_at_or_before_it():
    spaces = SpaceVersions(SPEC, 1)
    spaces.add(event(2, 3, SPACE | {"x": Float(0.0, 2.0)}))
    spaces.add(event(3, 3, SPACE | {"x": Float(0.0, 3.0)}))  # before any trial of version 2
    spaces.add(event(4, 8, SPACE | {"n": Int(1, 3)}, WHEN, {"n": 2}))
    assert [spaces.of(trial).number for trial in range(10)] == [1] * 3 + [3] * 5 + [4] * 2
    assert spaces.by_request("c3") == spaces.all[2]
    assert spaces.by_request("") is None
    assert spaces.of(4).spec(SPEC).space["x"] == Float(0.0, 3.0)
    assert spaces.now.spec(SPEC).when == WHEN
    assert spaces.now.view.past == {"n": 2}
    later = from_json(json.loads(json.dumps(to_json(spaces.now.spec(SPEC)))))
    assert later == spaces.now.spec(SPEC)


def test_the_order_of_parameters_makes_no_other_change_but_a_type_does():
    turned = dict(reversed(SPACE.items()))
    same = digest(to_body(SPACE, {}, {"n": 1}))
    assert digest(to_body(turned, {}, {"n": 1})) == same
    assert digest(json.loads(json.dumps(to_body(SPACE, {}, {"n": 1})))) == same
    assert digest(to_body(SPACE, {}, {"n": True})) != same
    assert digest(to_body(SPACE | {"k": Choice(("a", 1.0, True))}, {}, {"n": 1})) != same
