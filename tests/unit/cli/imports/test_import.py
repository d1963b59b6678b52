"""`ashad import`: what the real tools wrote, with the values that a good guess gets wrong.

The samples lie beside the checkout, in ../shared/data/imports; without them, skipped.
"""

import json
import math
import pickle
import tomllib
import zipfile
from pathlib import Path

import pytest
from ashad.cli import main
from ashad.cli.imports.draft_text import study_text
from ashad.cli.imports.experiment_files import determined, katib
from ashad.cli.imports.recognition import hint, recognise
from ashad.cli.imports.space_files import configspace, nni
from ashad.cli.imports.wandb import add_runs, sweep
from ashad.cli.scaffold.proposal import toml
from ashad.core.constraints import parse
from ashad_client.dialect.file import UnreadableError
from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes
from click.testing import CliRunner

SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "imports"
HALVES = {"weights": [0.5, 0.5]}
sampled = pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/data/imports is not there")


def taken(name):
    """Return the draft of a sample, brought to what a study takes."""
    [path] = SAMPLES.glob(name)
    draft = recognise(path).read("", "")
    draft.settle()
    return draft


def notes(draft):
    return " | ".join(f"{note.subject}: {note.text}" for note in draft.notes)


def trial(draft, name):
    return next(trial for trial in draft.trials if trial.name == name)


@sampled
def test_the_text_is_the_draft():
    """The study file that is printed is read as the very study that is made."""
    names = ["determined*", "katib*", "wandb*", "optuna*.db", "optuna*.log", "syne*/*"]
    for name in names:
        draft = taken(name)
        text, mistakes = study_text(draft), Mistakes()
        assert read(tomllib.loads(text), mistakes) == read(draft.data(), mistakes)
        assert mistakes.lines == []


@sampled
def test_determined():
    draft = taken("determined*")
    assert draft.space["global_batch_size"] == {"int": [16, 255]}  # maxval is exclusive
    assert draft.space["learning_rate"] == {"float": [1e-4, 1.0], "log": True}  # exponents
    assert draft.space["optimizer.name"] == {"const": "sgd"}  # nested without a mark
    assert draft.space["optimizer.momentum"] == {"const": 0.9}
    assert draft.algorithm == {
        "type": "adaptive_asha",
        "variant": "promotion",
        "mode": "standard",
        "eta": 3,
        "max_rungs": 5,
    }
    assert (draft.metric, draft.goal) == ("validation_error", "minimize")
    assert (draft.resource, draft.max_resource, draft.limits) == ("epoch", 81, {"max_trials": 64})
    assert "256 is never drawn" in notes(draft)


def test_determined_by_its_defaults():
    searcher = {"name": "adaptive_asha", "metric": "x", "max_length": 7, "stop_once": True}
    draft = determined({"searcher": {**searcher, "divisor": 2.5}})
    assert draft.algorithm == {
        "type": "adaptive_asha",
        "variant": "stopping",
        "mode": "standard",
        "eta": 2.5,
        "max_rungs": 5,
    }
    assert draft.goal == "minimize"
    with pytest.raises(UnreadableError, match=r"searcher.name: 'pbt' is none of adaptive_asha"):
        determined({"searcher": {"name": "pbt"}})


@sampled
def test_katib():
    draft = taken("katib*")
    assert draft.space["lr"] == {"float": [1e-4, 0.1], "log": True}  # ends are text
    assert draft.space["dropout"] == {"float": [0.0, 0.5], "step": 0.1}
    assert draft.space["units"] == {"int": [16, 256], "step": 16}
    assert draft.space["batch-size"] == {"choice": [16, 32, 64]}  # numbers
    assert "num-epochs" not in draft.space  # the resource
    assert (draft.resource, draft.max_resource) == ("num-epochs", 81)
    # 12 trials are too few for the rungs 1, 3, 9, 27 and 81
    assert draft.algorithm == {"type": "hyperband", "eta": 3, "max_rungs": 3}
    assert "12 trials are too few" in notes(draft)
    assert draft.limits == {
        "target_value": 0.01,
        "max_trials": 12,
        "max_concurrent_trials": 2,
        "max_failed_trials": 3,
    }
    assert "medianstop is not carried" in notes(draft)


def test_katib_stops_early_by_asha_where_it_had_medianstop():
    parameter = {"name": "n", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "5"}}
    objective = {"type": "maximize", "objectiveMetricName": "acc"}
    stopping = {"algorithmName": "medianstop"}
    spec = {"objective": objective, "earlyStopping": stopping, "parameters": [parameter]}
    draft = katib({"spec": {**spec, "algorithm": {"algorithmName": "bayesianoptimization"}}})
    assert (draft.algorithm, draft.sampler, draft.goal) == ({"type": "asha"}, "tpe", "maximize")
    assert draft.missing() == ["max_resource"]


@sampled
def test_wandb():
    draft = taken("wandb*")
    assert draft.space["learning_rate"] == {"float": [1e-4, 0.1], "log": True}
    low, high = draft.space["weight_decay"]["float"]  # exponents of e
    assert low == pytest.approx(math.exp(-9.21))
    assert high == pytest.approx(math.exp(-2.3))
    assert draft.space["layers"] == {"int": [1, 4]}
    assert draft.space["dropout"] == {"float": [0.0, 0.5]}  # one end is a whole number
    assert draft.space["optimizer.nesterov"] == {"choice": [True, False]}
    assert draft.space["units"] == {"int": [16, 256], "log": True, "step": 16}
    assert draft.space["activation"] == {"choice": ["relu", "tanh"], "weights": [0.75, 0.25]}
    assert (draft.metric, draft.goal, draft.limits) == ("val.loss", "minimize", {"max_trials": 40})
    assert draft.algorithm == {"type": "asha", "variant": "stopping", "eta": 3, "min_resource": 3}
    assert (draft.max_resource, "epochs" in draft.space) == (81, False)
    for said in ("multiples of 16: 16 to 256", "dense near its upper end", "constant 81"):
        assert said in notes(draft)


@pytest.mark.parametrize(
    ("entry", "domain"),
    [
        ({"min": 0, "max": 1}, {"int": [0, 1]}),
        ({"min": 1, "max": 5.0}, {"float": [1.0, 5.0]}),
        ({"distribution": "q_uniform", "min": 1, "max": 10, "q": 3}, {"int": [0, 9], "step": 3}),
        (
            {"distribution": "q_log_uniform_values", "min": 1, "max": 100, "q": 10},
            {"int": [10, 100], "log": True, "step": 10},
        ),
        (
            {"distribution": "log_normal", "mu": 0, "sigma": 1},
            {"float": [pytest.approx(math.exp(-3)), pytest.approx(math.exp(3))], "log": True}
            | {"mean": 1.0, "sigma": 1.0},
        ),
        ({"values": [1, 2, 3], "probabilities": [0.5, 0, 0.5]}, {"choice": [1, 3]} | HALVES),
        (
            {"distribution": "log_uniform", "min": 0.0001, "max": 0.1},
            {"float": [pytest.approx(1.0001), pytest.approx(1.10517)], "log": True},
        ),
    ],
)
def test_a_range_of_wandb(entry, domain):
    draft = sweep({"method": "random", "parameters": {"x": entry}})
    assert draft.space["x"] == domain
    assert draft.missing() == ["metric", "goal", "max_resource"]


def test_wandb_reads_yaml_of_another_version(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text(
        "method: random\nparameters: {a: {value: 1e-4}, b: {value: on}, c: {value: 010}}"
    )
    space = recognise(path).read("", "").space
    assert space == {"a": {"const": "1e-4"}, "b": {"const": True}, "c": {"const": 8}}
    path.write_text("method: random\nparameters: {a: {min: 1e-4, max: 1.0}}")
    with pytest.raises(UnreadableError, match=r"parameters.a.min: '1e-4' is text to W&B"):
        recognise(path).read("", "")


def test_wandb_bands_of_max_iter():
    terminate = {"type": "hyperband", "max_iter": 27, "s": 2, "eta": 3}
    draft = sweep({"parameters": {"x": {"value": 1}}, "early_terminate": terminate})
    # cuts at 27/3 and 27/9, and none at 27
    assert (draft.max_resource, draft.algorithm["max_rungs"]) == (27, 3)


def test_the_runs_of_a_sweep():
    metric = {"name": "val/loss", "goal": "minimize"}
    choices = {"values": ["relu", "tanh"]}
    draft = sweep({"metric": metric, "parameters": {"n": {"min": 1, "max": 4}, "act": choices}})
    draft.max_resource = 9
    add_runs(
        draft,
        '"Name","State","n","act","epoch","val/loss"\n'
        '"a","finished","2","tanh","9","0.25"\n"b","crashed","3","relu","4","0.5"\n'
        '"c","finished","1","relu","3","0.75"\n',
    )
    draft.settle()
    assert [(t.name, t.params, t.reports, t.completed) for t in draft.trials] == [
        ("a", {"n": 2, "act": "tanh"}, [(9, 0.25)], True),
        ("c", {"n": 1, "act": "relu"}, [(3, 0.75)], False),
    ]
    assert "1 of state crashed are not carried" in notes(draft)


@sampled
def test_nni():
    draft = taken("nni*")
    assert draft.space["layers"] == {"int": [1, 4]}  # the upper end is exclusive
    assert draft.space["lr"] == {"float": [1e-4, 1.0], "log": True}  # values, not exponents
    assert draft.space["dropout"] == {"float": [0.0, 0.5], "step": 0.1}
    assert draft.space["units"] == {"float": [16.0, 256.0], "log": True, "step": 16.0}
    assert draft.space["optimizer"] == {"choice": ["sgd", "adam"]}
    assert draft.space["optimizer.momentum"] == {
        "float": [0.0, 0.99],
        "when": {"optimizer": ["sgd"]},
    }


def test_uneven_steps_of_nni_are_its_values():
    draft = nni({"x": {"_type": "quniform", "_value": [1, 10, 3]}})
    assert draft.space["x"] == {"choice": [1.0, 3.0, 6.0, 9.0]}


@sampled
def test_configspace():
    draft = taken("configspace*")
    assert draft.space["u"] == {"int": [16, 256], "log": True}
    assert draft.space["mom"] == {"float": [0.0, 1.0], "when": {"c": ["x"]}}
    assert draft.space["o"] == {"choice": [1, 2, 500]}
    assert "o: ordinal" in notes(draft)


def test_conditions_of_configspace():
    choice = {"type": "categorical", "name": "z", "choices": ["x", "y", "w"], "weights": [1, 2, 3]}
    child = {"type": "uniform_float", "name": "a", "lower": 0, "upper": 1, "log": False}
    unlike = {"type": "NEQ", "child": "a", "parent": "z", "value": "y"}
    data = {"hyperparameters": [child, choice], "conditions": [unlike]}
    draft = configspace(data)
    assert list(draft.space) == ["z", "a"]  # parents first
    assert draft.space["a"]["when"] == {"z": ["x", "w"]}
    assert draft.space["z"] == {"choice": ["x", "y", "w"], "weights": [1, 2, 3]}


def test_what_configspace_forbids_is_a_constraint():
    """As ConfigSpace 1.2.2 writes them."""
    both = [
        {"type": "EQUALS", "name": "c", "value": "y"},
        {"type": "IN", "name": "a", "values": [1, 2]},
    ]
    forbidden = [
        {"type": "AND", "clauses": both},
        {"type": "RELATION_LT", "left": "a", "right": "b"},
        {"type": "EQUALS", "name": "d", "value": False},
        {"type": "EQUALS", "name": "c", "value": "'\""},
    ]
    draft = configspace({"hyperparameters": [], "forbiddens": forbidden})
    assert draft.constraints == [
        "not ((`c` == 'y') and (`a` == 1 or `a` == 2))",
        "not (`a` < `b`)",
        "not (`d` == false)",
    ]
    assert "not carried" in notes(draft)
    for text in draft.constraints:
        parse(text)
    assert tomllib.loads(study_text(draft))["constraints"] == draft.constraints


@sampled
def test_an_optuna_storage():
    draft = taken("optuna*.db")
    assert (draft.metric, draft.goal, draft.max_resource) == ("loss", "minimize", 9)
    assert draft.space["drop"] == {"float": [0.0, 0.5], "step": 0.1}
    assert draft.space["act"] == {"choice": ["relu", "tanh", "None"]}
    assert draft.space["depth"] == {"int": [1, 4], "when": {"act": ["relu"]}}
    first = trial(draft, "0")
    assert first.params["act"] == "tanh"
    assert first.params["bs"] == 64
    assert first.completed
    assert first.reports == [(step, 0.15625) for step in range(1, 10)]
    assert not trial(draft, "1").completed  # pruned, though it has a value
    assert "2 FAIL are not carried" in notes(draft)
    assert "1 RUNNING" in notes(draft)
    assert {t.name for t in draft.trials}.isdisjoint({"5", "7", "20"})


@sampled
def test_an_optuna_journal():
    draft = taken("optuna*.log")
    assert (draft.goal, draft.max_resource) == ("maximize", 3)  # steps begin at 0
    acts = [t.params["act"] for t in draft.trials]
    assert acts[0] == "None"
    reports = trial(draft, "2").reports
    assert reports[0] == (1, 0.555357142387026)
    assert math.isnan(reports[1][1])
    assert trial(draft, "3").reports[1] == (2, -math.inf)
    assert [t.completed for t in draft.trials] == [True, False, True, True, False, False]


def test_choices_of_equal_value_are_told_apart_by_their_index(tmp_path):
    choices = {"choices": [1, 1.0, True, None]}
    told = json.dumps({"name": "CategoricalDistribution", "attributes": choices})
    lines = [{"op_code": 0, "study_name": "s", "directions": [1]}]
    for n in range(4):
        lines += [
            {"op_code": 4, "study_id": 0},
            {"op_code": 5, "trial_id": n, "param_name": "c", "param_value_internal": n}
            | {"distribution": told},
            {"op_code": 6, "trial_id": n, "state": 1, "values": [0.5]},
        ]
    path = tmp_path / "journal.log"
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"op_code": 4, "stud')
    draft = recognise(path).read("", "")
    draft.settle()
    found = [t.params["c"] for t in draft.trials]
    assert [(type(c), c) for c in found] == [(int, 1), (float, 1.0), (bool, True), (str, "None")]
    assert [t.reports for t in draft.trials] == [[(1, 0.5)]] * 4


@sampled
def test_syne_tune():
    draft = taken("syne*/*")
    assert (draft.metric, draft.goal, draft.max_resource) == ("loss", "minimize", 9)
    assert draft.space == {
        "lr": {"float": [1e-4, 1.0], "log": True},
        "units": {"int": [16, 256], "log": True},
        "act": {"choice": ["relu", "tanh"]},
        "bs": {"choice": [16, 32, 64]},
        "drop": {"float": [0.0, 0.5], "step": 0.1},
    }
    first, second = draft.trials
    assert first.completed
    assert not second.completed
    assert first.params["bs"] == 32
    assert first.params["drop"] == 0.2
    assert [at for at, _ in first.reports] == list(range(1, 10))
    assert second.reports == [(1, 0.8966207801423581)]
    assert "2 never reported" in notes(draft)


@sampled
def test_ray_tune():
    draft = taken("ray*/asha_tiny")
    assert (draft.metric, draft.goal, draft.max_resource) == ("loss", "", 9)
    assert [t.name for t in draft.trials] == [str(n) for n in range(8)]  # by the folder's number
    assert trial(draft, "0").params["lr"] == 0.16293332885592016  # not 0.1629
    assert draft.space["seed"] == {"const": 7}
    assert [t.completed for t in draft.trials].count(True) == 5
    assert trial(draft, "7").reports[-1][0] == 3


def run(*words, code):
    ran = CliRunner().invoke(main, ["import", *map(str, words)])
    assert ran.exit_code == code, ran.output
    return ran.output


def test_a_dry_run_prints_the_file_and_the_report_and_asks_no_daemon(tmp_path):
    path = tmp_path / "space.json"
    path.write_text('{"lr": {"_type": "loguniform", "_value": [0.001, 1]}}')
    ran = CliRunner().invoke(main, ["import", str(path), "--dry-run", "--metric", "loss"])
    assert ran.exit_code == 0
    assert tomllib.loads(ran.stdout)["space"] == {"lr": {"float": [0.001, 1.0], "log": True}}
    assert "# goal = ?  the source does not tell it; give --goal\n" in ran.stdout
    given = ran.stdout.replace("# goal = ?", 'goal = "minimize" #')  # where one would write it
    assert tomllib.loads(given)["goal"] == "minimize"
    assert "from an NNI search space: 1 parameters" in ran.stderr
    assert "does not tell goal, max_resource; give --goal, --max-resource, or wr" in ran.stderr
    assert "give --goal, --max-resource" in run(path, "--metric", "loss", code=2)


def test_any_text_of_another_tool_is_read_back_from_the_file_as_it_is():
    for text in ('a "b" \\', "\x1b\x7f\n\t", "\u202e\u2028", "\U000e0001\U0001f600"):
        assert tomllib.loads(f"a = {toml(text)}") == {"a": text}
        assert toml(text)[1:-1].isprintable()


def test_what_is_not_known_or_not_safe_is_refused_by_name(tmp_path):
    native = tmp_path / "study.toml"
    native.write_text('name = "s"')
    assert "is none of an Optuna storage" in run(native, code=2)
    path = tmp_path / "basic-variant-state.json"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert "a pickle" in run(path, code=2)
    path.write_text('{"hyperparameters": [{"type": "uniform_int", "name": "a", "lower": "x"}]}')
    assert "a.lower: 'x' is not a finite number" in run(path, code=2)
    (tmp_path / "metadata.json").write_text('{"metric_names": ["a"], "config_space": "{}"}')
    with zipfile.ZipFile(tmp_path / "results.csv.zip", "w") as archive:
        archive.writestr("other.csv", "")
    assert "results.csv" in run(tmp_path, code=2)
    assert "No such file" in run(tmp_path / "gone", code=1)


def test_a_file_of_another_tool_is_pointed_to_import(tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text("searcher: {name: single, metric: m}\nhyperparameters: {a: 1}\n")
    ran = CliRunner().invoke(main, ["study", "create", "-f", str(path)])
    assert ran.exit_code == 2
    assert "this is a Determined experiment; `ashad import" in ran.output
    path.write_text("metric: m\ngoal: minimise\nmax_resource: 3\nspace: {a: 1}\n")
    assert hint(path) == ""
