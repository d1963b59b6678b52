"""Placeholders and variables."""

from __future__ import annotations

import json

import pytest
from ashad_agent.trials.command_template import Job, Template, shared_variables
from ashad_client import Error

PARAMS = {"lr": 0.01, "batch-size": 64, "name": "a b'$(x)", "deep.x": True}


def job(params=PARAMS, **fields):
    plain = {
        "study": "s", "trial": 7, "attempt": 2, "params": params, "start": 3, "target": 9,
        "max_resource": 81, "seed": 11, "metric": "loss", "resource": "epoch",
        "checkpoint_dir": "/c/7", "resume_from": "/c/6",
    }  # fmt: skip
    return Job(**plain | fields)


def fill(*command, params=PARAMS, **fields):
    return Template(command, params).fill(job(params, **fields))


def test_a_parameter_is_one_argument_or_a_part_of_one():
    assert fill("./train", "--lr={lr}", "{name}", "{lr}/{batch-size}") == [
        "./train", "--lr=0.01", "a b'$(x)", "0.01/64",
    ]  # fmt: skip


def test_the_words_of_the_agent():
    assert fill("{trial}", "{attempt}", "{start}", "{target}", "{max_resource}", "{seed}") == [
        "7", "2", "3", "9", "81", "11",
    ]  # fmt: skip
    assert fill("{study}", "{checkpoint_dir}", "{resume_from}") == ["s", "/c/7", "/c/6"]
    assert fill("{resume_from}", resume_from="") == [""]
    assert json.loads(fill("{params_json}")[0]) == PARAMS


def test_all_parameters_at_once():
    assert fill("t", "{args}", "x") == [
        "t", "--lr=0.01", "--batch-size=64", "--name=a b'$(x)", "--deep.x", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{lr}}", "{lr}"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ("${HOME}{}{ lr }{1}", None),
        ("awk {print $1}", "awk {print $1}"),
        ("{{lr}}={lr}", "{lr}=0.01"),
    ],
)
def test_braces_that_are_no_placeholders(written, meant):
    if meant is None:  # HOME is read as a placeholder, and refused by name
        with pytest.raises(Error, match=r"\{HOME\}"):
            fill(written)
    else:
        assert fill(written) == [meant]


def test_what_is_put_in_is_not_read_again():
    assert fill("{name}", params={"name": "{lr} {{x}} {args}"}) == ["{lr} {{x}} {args}"]


def test_an_unknown_placeholder_names_the_fix():
    with pytest.raises(Error) as caught:
        Template(["./train", "{lrr}"], PARAMS)
    text = str(caught.value)
    assert "{lrr}" in text
    assert "did you mean {lr}?" in text
    assert "{batch-size}" in text
    assert "{{lrr}}" in text
    assert caught.value.code == "INVALID_ARGUMENT"


def test_args_stands_alone():
    with pytest.raises(Error, match="stands alone"):
        Template(["--all={args}"], PARAMS)


def test_a_parameter_comes_before_a_word_of_the_agent():
    params = {"seed": 5, "args": "x", "checkpoint_dir": "mine"}
    template = Template(["{seed}", "{args}", "{checkpoint_dir}"], params)
    assert template.fill(job(params)) == ["5", "x", "mine"]
    assert not template.uses_checkpoints
    assert Template(["{checkpoint_dir}"], PARAMS).uses_checkpoints


def test_a_parameter_that_not_every_trial_has():
    command = ["t", "--m={m}", "-m{m}", "opt.m={m}", "{lr}"]
    template = Template(command, ["lr", "m"], sometimes=["m"])
    assert template.fill(job({"lr": 1, "m": 2})) == ["t", "--m=2", "-m2", "opt.m=2", "1"]
    assert template.fill(job({"lr": 1})) == ["t", "1"]
    for argument in ("{m}", "train --m={m}", "--out=run-{m}", "--m={m}-{lr}", "--m={m}x", "{m}=1"):
        with pytest.raises(Error, match=r"write --m=\{m\} as one argument"):
            Template(["t", argument], ["lr", "m"], sometimes=["m"])


def test_what_no_argument_can_hold():
    with pytest.raises(Error, match="name holds a NUL byte"):
        fill("{lr}", params={"lr": 1, "name": "a\0b"})
    with pytest.raises(Error, match="NUL"):
        Template(["a\0"], PARAMS)


def test_variables():
    environment = job().environment()
    assert environment["ASHAD_PARAM_LR"] == "0.01"
    assert environment["ASHAD_PARAM_BATCH_SIZE"] == "64"
    assert environment["ASHAD_PARAM_DEEP_X"] == "true"
    assert json.loads(environment["ASHAD_PARAMS"]) == PARAMS
    others = {key: value for key, value in environment.items() if "PARAM" not in key}
    assert others == {
        "ASHAD_STUDY": "s", "ASHAD_TRIAL": "7", "ASHAD_ATTEMPT": "2", "ASHAD_START": "3",
        "ASHAD_TARGET": "9", "ASHAD_MAX_RESOURCE": "81", "ASHAD_SEED": "11",
        "ASHAD_METRIC": "loss", "ASHAD_RESOURCE": "epoch", "ASHAD_CHECKPOINT_DIR": "/c/7",
        "ASHAD_RESUME_FROM": "/c/6",
    }  # fmt: skip


def test_two_parameters_that_would_share_a_variable_get_none():
    params = {"a-b": 1, "A.B": 2, "c": 3}
    assert shared_variables(params) == ["a-b", "A.B"]
    named = [key for key in job(params).environment() if key.startswith("ASHAD_PARAM_")]
    assert named == ["ASHAD_PARAM_C"]


@pytest.mark.parametrize(
    ("argument", "value", "filled"),
    [
        ("{flag:x}", True, ["--x"]), ("{flag:x}", False, []), ("{flag:x}", None, []),
        ("--no-y{flag:x}", True, ["--no-y"]), ("-n{flag:x}", False, []),
        ("{args}", True, ["--x"]), ("{args}", False, []), ("--x={x}", False, ["--x=false"]),
    ],
)  # fmt: skip
def test_a_boolean_as_a_bare_flag(argument, value, filled):
    template = Template([argument], ["x"], ["x"] if value is None else [], ["x"])
    assert template.fill(job(params={} if value is None else {"x": value})) == filled


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("{flag:y}", "has other values than true and false"),
        ("{flag:xx}", "did you mean {x}"),
        ("{flag:x}=1", "ends an argument"),
    ],
)
def test_a_flag_that_cannot_be_one(argument, why):
    with pytest.raises(Error, match=why):
        Template([argument], ["x", "y"], [], ["x"])
