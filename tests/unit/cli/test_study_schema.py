"""`ashad study schema`: it names what the reader takes, and what the reader takes is in it."""

import json
import re
import tomllib

import pytest
from ashad.cli import main
from ashad.cli.studyfile import json_schema, reference
from ashad.core import kinds
from ashad_client.dialect import study
from ashad_client.dialect.synonyms import SYNONYMS
from ashad_client.dialect.table import Mistakes, Table
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from tests.support import ROOT

EXAMPLES = sorted((ROOT / "examples").rglob("study*.toml"))
VALIDATOR = Draft202012Validator(json_schema.schema())
ASHA = {"type": "asha"}
WHOLE = {"metric": "loss", "goal": "minimize", "max_resource": 9, "space": {"x": {"float": [0, 1]}}}


def wrong(data):
    """What reader and schema each say: whether they take it."""
    mistakes = Mistakes()
    study.read(data, mistakes)
    return bool(mistakes.lines), not VALIDATOR.is_valid(data)


def test_it_is_a_schema():
    Draft202012Validator.check_schema(json_schema.schema())
    assert {table.path for table in reference.tables()} == {
        *("", "objectives.NAME", "algorithm", "sampler", "space.NAME", "limits", "lease"),
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_is_valid(path):
    VALIDATOR.validate(tomllib.loads(path.read_text()))


def keys(path, kind=""):
    return {
        key.name for table in reference.tables()
        if (table.path, table.kind) == (path, kind) for key in table.keys
    }  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """The keys that the reader asks for, by the path of their table."""
    found = {}
    real = Table.raw

    def raw(self, key, *, required=False):
        found.setdefault(self.path, set()).add(key)
        return real(self, key, required=required)

    monkeypatch.setattr(Table, "raw", raw)
    return found


def test_it_has_each_key_that_the_reader_takes_and_no_other(asked):
    for oneof, rows in (("algorithm", kinds.ALGORITHMS), ("sampler", kinds.SAMPLERS)):
        assert {kind.name for kind in rows} == set(study.kinds(oneof))
        for kind in rows:
            asked.clear()
            study.read({**WHOLE, oneof: {"type": kind.name}, "limits": {}, "lease": {}}, Mistakes())
            assert asked[oneof] - {"type"} == keys(oneof, kind.name)
            assert asked[""] == keys("")
            assert asked["limits"] == keys("limits")
            assert asked["lease"] == keys("lease")
    asked.clear()
    study.read({**WHOLE, "objectives": {"a": {"goal": "minimize"}}}, Mistakes())
    assert asked["objectives.a"] == keys("objectives.NAME")
    for kind, holds in {"float": [0, 1], "int": [0, 1], "choice": [1], "const": 1}.items():
        asked.clear()
        study.read({**WHOLE, "space": {"x": {kind: holds}}}, Mistakes())
        assert asked["space.x"] == keys("space.NAME", kind)


@pytest.mark.parametrize("key", ["metric", "goal", "max_resource", "space"])
def test_what_is_required_is_required_by_both(key):
    assert wrong({k: v for k, v in WHOLE.items() if k != key}) == (True, True)
    assert wrong(WHOLE) == (False, False)


def test_objectives_take_the_place_of_metric_and_goal():
    bare = {key: value for key, value in WHOLE.items() if key not in ("metric", "goal")}
    objectives = {"error": {"goal": "minimize"}, "ms": {"goal": "minimize", "scale": 20}}
    assert wrong({**bare, "objectives": objectives}) == (False, False)
    assert wrong({**bare, "objectives": {**objectives, "ms": {}}}) == (True, True)


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        (("max_resource",), 0),
        (("max_resource",), 1.5),
        (("seed",), -1),
        (("goal",), "down"),
        (("failure_policy",), "no"),
        (("algorithm",), {"type": "asha", "eta": 1}),
        (("algorithm",), {"type": "no"}),
        (("algorithm",), {"type": "random", "eta": 3}),
        (("sampler",), {"type": "tpe", "candidates": 0}),
        (("limits",), {"max_trials": 0}),
        (("limits",), {"max_duration": -1}),
        (("limits",), {"n_trials": 1}),
        (("space",), {"x": {"float": [0]}}),
        (("space",), {"x": {"float": [0, 1], "choice": [1]}}),
        (("space",), {"x": {"choice": []}}),
        (("space",), {"x": {"const": 1, "log": True}}),
        (("unknown",), 1),
    ],
)
def test_what_is_wrong_is_wrong_for_both(path, bad):
    assert wrong({**WHOLE, path[0]: bad}) == (True, True)


def test_defaults_of_the_text_are_those_of_the_core():
    compared = 0
    for rows, path in ((kinds.ALGORITHMS, "algorithm"), (kinds.SAMPLERS, "sampler")):
        for kind in rows:
            table = next(t for t in reference.tables() if (t.path, t.kind) == (path, kind.name))
            for key in table.keys:
                value = getattr(kind.settings(), key.name, None)
                if isinstance(value, int | float) and not isinstance(value, bool) and value:
                    told = key.default
                    assert abs((1 / 3 if told == "1/3" else float(told)) - value) < 1e-12, key
                    compared += 1
    assert compared > 12


def test_every_key_has_a_meaning_and_fits_a_terminal():
    assert [(t.path, k.name) for t in reference.tables() for k in t.keys if not k.meaning] == []
    text = CliRunner().invoke(main, ["study", "schema"]).stdout
    assert max(map(len, text.splitlines())) <= 80
    for word in ("failure_policy", "heartbeat_interval", "grid_points", "max_failed_trials"):
        assert word in text
    assert json.loads(CliRunner().invoke(main, ["study", "schema", "--json"]).stdout)


# --- the words of others ---


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"algorithm": ASHA | {"grace_period": 1}},
            "algorithm.grace_period: here it is min_resource",
        ),
        (
            {"algorithm": ASHA | {"reduction_factor": 3}},
            "algorithm.reduction_factor: here it is eta",
        ),
        ({"grace_period": 1}, "grace_period: here it is min_resource, in [algorithm]"),
        ({"n_trials": 100}, "n_trials: here it is max_trials, in [limits]"),
        ({"limits": {"num_samples": 100}}, "limits.num_samples: here it is max_trials"),
        ({"max_trials": 100}, "max_trials: it stands in [limits]"),
        (
            {"algorithm": ASHA | {"max_t": 81}},
            "algorithm.max_t: here it is max_resource, at the top of the file",
        ),
        ({"limits": {"seed": 1}}, "limits.seed: it stands at the top of the file"),
        ({"direction": "minimize"}, "direction: here it is goal"),
        ({"objective": "loss"}, "objective: here it is metric"),
        ({"mode": "min"}, "mode: here it is goal"),
        ({"space": {"x": {"float": [0, 1], "q": 0.1}}}, "space.x.q: here it is step"),
    ],
)
def test_others_words_name_ours(more, said):
    mistakes = Mistakes()
    study.read({**WHOLE, **more}, mistakes)
    assert mistakes.lines == [said]


def test_each_synonym_leads_to_a_key_that_is_there():
    known = {key.name for table in reference.tables() for key in table.keys}
    assert {ours.split(",")[0] for ours in SYNONYMS.values()} <= known
    assert set(SYNONYMS) & (known - {"mode", "method"}) == set()


def test_the_words_are_those_of_files():
    """Neither a name of the wire, nor a key that is required where another makes it needless."""
    keys = [key for table in reference.tables() for key in table.keys]
    wire = {v.name for enum in pb.DESCRIPTOR.enum_types_by_name.values() for v in enum.values}
    assert [key.name for key in keys if wire & set(re.findall(r"[A-Z_]+", key.meaning))] == []
    assert {key.name: key.unless for key in keys if key.unless} == {
        "metric": "objectives", "goal": "objectives",
    }  # fmt: skip
