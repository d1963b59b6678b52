"""One dialect: a file and a dict in Python say a study with the same keys, read by one reader."""

import datetime as dt
import tomllib

import ashad_client
import numpy as np
import pytest
from ashad.cli.errors import InvalidFileError
from ashad.cli.studyfile.study import read_file as read_study_file
from ashad.cli.studyfile.yaml_text import parse_yaml
from ashad_client import choice, integer, loguniform, study_spec, uniform
from ashad_client.dialect.file import parse_toml
from ashad_client.dialect.study import kinds, read
from ashad_client.dialect.synonyms import SYNONYMS
from ashad_client.dialect.table import MAX_MISTAKES, Mistakes
from ashad_client.spec import limits_message
from ashad_client.v1 import ashad_pb2 as pb

from tests.support import ROOT

TOML = """
metric = "loss"
goal = "minimize"
max_resource = 27
seed = 7
failure_policy = "ignore"
points_to_evaluate = [{rate = 0.01, opt = "sgd", layers = 2.0}]
algorithm = {type = "asha", eta = 3, variant = "promotion"}
sampler = {type = "tpe", random_fraction = 0.0, candidates = 32}
limits = {max_trials = 40, max_duration = "1h30m"}
lease = {duration = 90}
[space]
rate = {float = [1e-4, 1e-1], log = true}
opt = {choice = ["adam", "sgd"]}
momentum = {float = [0, 1], step = 0.1, when = {opt = "sgd"}}
layers = {int = [1, 4]}
width = {int = [8, 64], step = 8, when = {layers = [2, 3], opt = "sgd"}}
seed = 3
"""
SPACE = {
    "rate": loguniform(1e-4, 1e-1),
    "opt": choice("adam", "sgd"),
    "momentum": uniform(0, 1, 0.1, when={"opt": "sgd"}),
    "layers": integer(1, 4),
    "width": integer(8, 64, step=8, when={"layers": (2, 3), "opt": "sgd"}),
    "seed": 3,
}
PYTHON = {
    "metric": "loss",
    "goal": "minimize",
    "max_resource": 27,
    "seed": 7,
    "failure_policy": "ignore",
    "points_to_evaluate": [{"rate": 0.01, "opt": "sgd", "layers": 2.0}],
    "algorithm": {"type": "asha", "eta": 3, "variant": "promotion"},
    "sampler": {"type": "tpe", "random_fraction": 0.0, "candidates": 32},
    "limits": {"max_trials": 40, "max_duration": dt.timedelta(minutes=90)},
    "lease": {"duration": "90s"},
    "space": SPACE,
}
LEAST = {"metric": "loss", "goal": "minimize", "max_resource": 9, "space": {"x": uniform(0, 1)}}


def of_file(text):
    mistakes = Mistakes()
    _, spec = read(parse_toml(text), mistakes)
    assert mistakes.lines == []
    return spec


def test_a_file_and_a_dict_say_the_same():
    assert study_spec(PYTHON) == of_file(TOML)
    assert study_spec(tomllib.loads(TOML)) == of_file(TOML)


def test_helpers_are_what_a_file_says():
    """Read from TOML, the space is the one that the helpers make, but for tuples and defaults."""
    said = tomllib.loads(TOML)["space"]
    assert said["rate"] == SPACE["rate"] == {"float": [1e-4, 1e-1], "log": True}
    assert said["momentum"] == SPACE["momentum"]
    assert integer(1, 4) == {"int": [1, 4]}
    assert choice("a", 1, when={"x": True}) == {"choice": ["a", 1], "when": {"x": True}}


@pytest.mark.parametrize("oneof", ["algorithm", "sampler"])
def test_each_kind_of_the_contract_has_its_word(oneof):
    for word, field in kinds(oneof).items():
        spec = study_spec(LEAST | {oneof: {"type": word}})
        assert spec.WhichOneof(oneof) == field.name
        assert spec == of_file(
            'metric = "loss"\ngoal = "minimize"\nmax_resource = 9\nspace = {x = {float = [0, 1]}}\n'
            f'{oneof} = {{type = "{word}"}}\n'
        )


def test_without_an_algorithm_it_is_asha():
    assert study_spec(LEAST).WhichOneof("algorithm") == "asha"


def test_scalars_of_numpy_are_what_they_hold():
    space = {"x": uniform(np.float64(0), np.float32(1)), "n": integer(np.int64(1), np.int32(4))}
    spec = study_spec(LEAST | {"space": space | {"flag": np.bool_(True)}})
    assert spec.space[0].float_range.high == 1.0
    assert spec.space[1].int_range.high == 4
    assert spec.space[2].constant.bool_value is True


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"metrc": "loss"}, "metrc: unknown key"),
        ({"asha": {"eta": 3}}, 'asha: unknown key; write algorithm = {type = "asha"}'),
        ({"tpe": {}}, 'tpe: unknown key; write sampler = {type = "tpe"}'),
        ({"random_sampler": {}}, 'random_sampler: unknown key; write sampler = {type = "random"}'),
        ({"algorithm": {"type": "asha", "etta": 3}}, 'algorithm.etta: unknown key for type "asha"'),
        (
            {"algorithm": {"type": "asha", "grace_period": 3}},
            "algorithm.grace_period: here it is min_resource",
        ),
        ({"algorithm": {"type": "asha", "reduction_factor": 3}}, "here it is eta"),
        ({"limits": {"num_trials": 3}}, "limits.num_trials: here it is max_trials"),
        ({"direction": "minimize"}, "direction: here it is goal"),
        ({"space": {"x": {"uniform": [0, 1]}}}, "space.x"),
        ({"goal": "smallest"}, 'goal: must be "minimize" or "maximize", not "smallest"'),
        ({"max_resource": "many"}, 'max_resource: must be a whole number, not "many"'),
        ({"algorithm": 3}, "algorithm: must be a table, not the number 3"),
        ({"space": {"x": None}}, "space.x: must be a number, text, true or false, not nothing"),
        ({"space": {"x": 2**63}}, "space.x: does not fit in 64 bits"),
        ({"space": {"x": uniform(0, 1), "y": uniform(0, 1, when={"z": 1})}}, "space.y.when.z"),
        (
            {"space": {"x": object()}},
            "true or false, not a value of type object",
        ),
        ({"space": [uniform(0, 1)]}, "space: must be a table, not a list"),
        (
            {"points_to_evaluate": [{"x": "a"}]},
            'points_to_evaluate[0].x: must be a number, not "a"',
        ),
        ({"points_to_evaluate": [pb.Configuration()]}, "points_to_evaluate[0]: must be a table"),
    ],
)
def test_mistakes_are_named_with_their_path(wrong, named):
    with pytest.raises(ashad_client.Error) as refused:
        study_spec(LEAST | wrong)
    assert named in str(refused.value)
    assert refused.value.code == "INVALID_ARGUMENT"


def test_all_mistakes_are_named_and_no_more_than_twenty():
    with pytest.raises(ashad_client.Error) as refused:
        study_spec({"goal": 1, "space": {"x": {}, "y": []}})
    for path in (
        "metric: is missing",
        "goal: ",
        "max_resource: is missing",
        "space.x: ",
        "space.y: ",
    ):
        assert path in str(refused.value)
    with pytest.raises(ashad_client.Error) as refused:
        study_spec(LEAST | {"points_to_evaluate": [{"x": "a"}] * 1000})
    assert str(refused.value).count("points_to_evaluate[") == MAX_MISTAKES


def test_a_dict_of_no_end_is_refused():
    endless = {}
    endless["space"] = endless
    with pytest.raises(ashad_client.Error, match="nested deeper than 32"):
        study_spec(LEAST | endless)


def test_limits_are_read_as_in_a_study():
    assert limits_message({"max_duration": "2h"}).max_duration.seconds == 7200
    with pytest.raises(ashad_client.Error, match=r"limits.max_trial: unknown key.*max_trials"):
        limits_message({"max_trial": 3})


def test_a_synonym_names_a_key_that_there_is():
    ours = {key.split(",")[0] for key in SYNONYMS.values()}
    fields = {name for message in (
            "StudySpec", "StudyLimits", "AsyncHyperband", "PopulationBasedTraining", "Objective",
        ) for name in (
        getattr(pb, message).DESCRIPTOR.fields_by_name
    )}  # fmt: skip
    assert ours - fields <= {"float", "int", "choice", "const", "step", "algorithm", "sampler"}


def test_yaml_says_the_same():
    text = """
metric: loss
goal: minimize
max_resource: 9
algorithm: {type: random}
space: {x: {float: [0, 1]}, k: {choice: [a, 1]}, y: {float: [0, 1], when: {k: a}}}
"""
    mistakes = Mistakes()
    _, spec = read(parse_yaml(text), mistakes)
    space = {"x": uniform(0, 1), "k": choice("a", 1), "y": uniform(0, 1, when={"k": "a"})}
    assert spec == study_spec(LEAST | {"algorithm": {"type": "random"}, "space": space})


# --- a study file from Python ---------------------------------------------------------------------


def test_a_file_is_read_as_the_command_line_reads_it(tmp_path):
    path = ROOT / "examples/digits/study.toml"
    assert ashad_client.load(path) == read_study_file(path)
    assert ashad_client.load(str(path))[0] == "digits"
    nameless = tmp_path / "nameless.toml"
    nameless.write_text(path.read_text().replace('name = "digits"', ""))
    assert ashad_client.load(nameless)[0] == ""


@pytest.mark.parametrize(
    "text",
    [
        'metric = 5\ngoal = "down"\nmax_resorce = 27\n[space]\nlr = {flot = [0, 1]}\n',
        "metric = \n",
        "a = " + "[" * 40 + "]" * 40,
        'name = "\\u0000\xff"\n',
    ],
)
def test_a_wrong_file_is_refused_in_the_words_of_the_command_line(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(InvalidFileError) as told:
        read_study_file(path)
    with pytest.raises(ashad_client.Error) as refused:
        ashad_client.load(path)
    assert refused.value.message == "; ".join(told.value.lines)
    assert refused.value.message.startswith(f"{path}: ")


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(ashad_client.Error, match="No such file"):
        ashad_client.load(tmp_path / "absent.toml")
    path = tmp_path / "study.yaml"
    path.write_text("metric: loss\n")
    with pytest.raises(ashad_client.Error, match=r"must end in \.toml"):
        ashad_client.load(path)


@pytest.mark.parametrize("theirs", ["hebo", "nevergrad", "smac", "cmaes", "gp"])
def test_a_sampler_of_another_library_is_pointed_to_the_kind_that_asks_it(theirs):
    mistakes = Mistakes()
    read(tomllib.loads(TOML) | {"sampler": {"type": theirs}}, mistakes)
    [line] = mistakes.lines
    assert line.startswith('sampler.type: must be "random"')
    assert f'not "{theirs}"; "optuna" has gp and cmaes (method), any other library' in line
    mistakes = Mistakes()
    read(tomllib.loads(TOML) | {"sampler": {"type": "hallton"}}, mistakes)
    assert mistakes.lines[0].endswith('not "hallton" (did you mean "halton"?)')
