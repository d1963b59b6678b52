"""ChangeSpace on a real daemon, by the client and `ashad study change`: kept, shown, explained."""

from __future__ import annotations

import itertools

import ashad_client
import pytest
from ashad.cli import main
from ashad_client import choice, loguniform, uniform
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.support.wire import Code, refused

_made = itertools.count()


@pytest.fixture
def name():
    return f"digits{next(_made)}"


@pytest.fixture
def study(wire, name):
    """A client, and a study with two trials."""
    client = ashad_client.connect(wire.daemon.address)
    spec = {
        "metric": "loss", "goal": "minimize", "max_resource": 9, "sampler": {"type": "tpe"},
        "space": {"lr": loguniform(1e-4, 1.0), "optimizer": choice("adam", "sgd"), "n": 3},
    }  # fmt: skip
    client.create_study(name, spec)
    for n in range(2):
        wire.take(name, f"w{n}")
    yield client
    client.close()


def ashad(wire, *words, code=0):
    ran = CliRunner().invoke(main, ["study", *words, "--address", wire.daemon.address])
    assert ran.exit_code == code, ran.output
    return ran.output


def test_the_client_names_only_what_is_other_and_a_crash_changes_nothing(wire, study, name):
    more = {"lr": loguniform(1e-3, 0.1), "drop": uniform(0, 0.5, when={"optimizer": "lion"})}
    made = study.change_space(name, more | {"optimizer": choice("adam", "lion")})
    assert [(one.version, one.first_trial) for one in made.space_versions] == [(1, 0), (2, 2)]
    assert (
        made.space_versions[1].changes[0] == "lr: 0.001 to 0.1, log instead of 0.0001 to 1.0, log"
    )
    assert [parameter.name for parameter in made.spec.space] == ["lr", "optimizer", "n", "drop"]
    before = wire.everything(name)
    wire.crash()
    assert wire.everything(name) == before
    for number in range(2, 8):
        with study.suggest(name) as trial:
            params = trial.params
            trial.report(9, loss=0.5)
        assert (trial.number, "drop" in params) == (number, params["optimizer"] == "lion")
        assert 1e-3 <= params["lr"] <= 0.1
    sentences = [study.explain_trial(name, number).explanations[0].sentence for number in (0, 2)]
    assert sentences == [
        "It belongs to version 1 of the space, which begins with trial 0.",
        "It belongs to version 2 of the space, which begins with trial 2.",
    ]


def test_a_replay_with_other_settings_does_not_ask_what_the_space_holds(wire, study, name):
    more = {"drop": uniform(0, 0.5, when={"optimizer": "sgd"})}
    study.change_space(name, more, {"drop": 0.0})
    study.change_space(name, {"optimizer": choice("adam", "lion")})
    with study.suggest(name) as trial:
        trial.report(9, loss=0.5)
    ran = CliRunner().invoke(main, ["replay", name, "--eta", "2", "--address", wire.daemon.address])
    assert ran.exit_code == 0, ran.output


def test_a_change_of_another_version_is_refused_over_the_wire(wire, study, name):
    space = list(study.get_study(name).spec.space)
    request = pb.ChangeSpaceRequest(study=name, space=space, request_id="a", if_version=7)
    assert wire.studies.ChangeSpace(request, timeout=9).version.version == 1  # it is so already
    request.space[2].constant.int_value = 4
    refused(wire.studies.ChangeSpace, request, Code.INVALID_ARGUMENT, "INVALID_SPACE", "space[n]")
    request.space[2].constant.int_value = 3
    request.space[0].float_range.high = 2.0
    refused(
        wire.studies.ChangeSpace, request, Code.FAILED_PRECONDITION, "SPACE_VERSION_CHANGED",
        "version 1 by now",
    )  # fmt: skip
    request.if_version, request.validate_only = 1, True
    assert wire.studies.ChangeSpace(request, timeout=9).version.version == 2
    assert len(study.get_study(name).space_versions) == 1


def test_the_study_is_there_by_its_first_space_and_by_its_latest(wire, study, name):
    first = study.get_study(name).spec
    study.change_space(name, {"lr": loguniform(1e-3, 0.1)})
    latest = study.get_study(name).spec
    for spec in (first, latest):
        request = pb.CreateStudyRequest(study=name, spec=spec)
        assert not wire.studies.CreateStudy(request, timeout=9).created
    latest.space[0].float_range.high = 0.2
    request = pb.CreateStudyRequest(study=name, spec=latest)
    exists = Code.ALREADY_EXISTS, "STUDY_EXISTS", f"ashad study change {name}"
    refused(wire.studies.CreateStudy, request, *exists)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["--set", "new = {float = [0, 1]}"],
            "past[new]: give the value that the trials until now",
        ),
        (["--set", "new = {float = [0, 1]}"], "had without it, as --past new=VALUE does"),
        (["--add-choice", "optimizer=sgd"], "two choices are equal: 'sgd' is there 2 times"),
        (["--range", "lr=0.1..1", "--range", "lr=0.2..1"], "--range lr=0.1..1 changes lr already"),
        (["--range", "lr=0.1..1", "--set", "lr = {float = [0.1, 1]}"], "changes lr already; give"),
        (
            ["--add-choice", "optimizer=b", "--set", 'optimizer = {choice = ["c"]}'],
            "--add-choice optimizer=b changes optimizer already; give one of them",
        ),
        (["--past", "b=1", "--past", "b=2", "--set", "b = 1"], "--past b=2: b has a value already"),
    ],
)
def test_the_command_tells_what_is_wrong_and_loses_nothing_that_is_typed(
    wire, study, name, words, why
):
    ran = CliRunner().invoke(
        main, ["study", "change", name, *words, "--yes", "--address", wire.daemon.address]
    )
    assert ran.exit_code in (1, 2), ran.output
    assert why in ran.stderr
    assert len(study.get_study(name).space_versions) == 1


def test_a_file_without_a_space_is_refused_by_it(wire, study, name, tmp_path):
    path = tmp_path / "study.toml"
    for text, why in (
        ("n = 3", f"{path}: space: is missing"),
        ("space = {n = {float = 1}}", f"{path}: space.n.float: "),
        ("space = ", f"{path}: not TOML"),
    ):
        path.write_text(text)
        assert why in ashad(wire, "change", name, str(path), "--yes", code=2)
    assert "there is no such file" in ashad(wire, "change", name, "gone.toml", "--yes", code=2)


@pytest.mark.parametrize("wrong", ["x", ["x"], None, {1: 2}])
def test_what_is_no_dict_is_refused_by_its_argument(study, name, wrong):
    calls = {
        "space": lambda: study.change_space(name, wrong),
        "params": lambda: study.enqueue_trial(name, wrong),
        "spec": lambda: study.create_study("other", wrong),
    }
    for argument, call in calls.items():
        with pytest.raises(
            ashad_client.Error, match=rf"{argument}: (must be a dict by|a name must)"
        ):
            call()
    if wrong:
        with pytest.raises(ashad_client.Error, match=r"past: (must be a dict by|a name must)"):
            study.change_space(name, {}, wrong)


def test_the_command_shows_what_is_other_and_changes_it(wire, study, name, tmp_path):
    asked = ("--range", "lr=1e-5..0.1", "--add-choice", "optimizer=lion", "--remove-choice")
    said = ashad(wire, "change", name, *asked, "optimizer=sgd", "--dry-run")
    assert said.splitlines() == [
        "lr: 1e-05 to 0.1, log instead of 0.0001 to 1.0, log",
        "optimizer: 'adam', 'lion' instead of 'adam', 'sgd'",
        f"study {name}: version 2 is in order; nothing was changed",
    ]
    assert "nobody to ask here: add --yes" in ashad(
        wire, "change", name, *asked, "optimizer=sgd", code=2
    )
    said = ashad(wire, "change", name, *asked, "optimizer=sgd", "--yes")
    assert "version 2 of the space, from trial 2" in said
    more = ("change", name, "--set", "drop = {float = [0.0, 0.5]}", "--yes")
    assert "past[drop]" in ashad(wire, *more, code=1)
    assert "drop is added: 0.0 to 0.5; 0.0 until then" in ashad(wire, *more, "--past", "drop=0")
    shown = ashad(wire, "show", name)
    assert "space: version 3, from trial 2 on" in shown
    path = tmp_path / "study.toml"
    path.write_text(
        'metric = "other"\nspace = {n = 3, '  # all but the space is left alone
        'lr = {float = [1e-5, 0.1], log = true}, optimizer = {choice = ["adam", "lion"]}, '
        "drop = {float = [0.0, 0.9]}}\n"
    )
    said = ashad(wire, "change", name, str(path), "--yes")
    assert said.splitlines()[0] == "drop: 0.0 to 0.9 instead of 0.0 to 0.5"
    assert "so already, version 4" in ashad(wire, "change", name, str(path), "--yes")


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ([], "say what is to be other"),
        (["x.toml", "--range", "lr=1..2"], "not both"),
        (["--range", "lr"], "write NAME=VALUE"),
        (["--range", "lr=1"], "write NAME=LOW..HIGH"),
        (["--range", "lr=a..b"], "must be a number"),
        (["--range", "zz=1..2"], "no parameter of the study; it has lr, optimizer, n"),
        (["--range", "n=1..2"], "n is a constant"),
        (["--add-choice", "lr=2"], "lr is a range"),
        (["--remove-choice", "optimizer=zz"], 'must be "adam" or "sgd"'),
        (["--set", "lr = {"], "--set"),
        (["--set", "q = {flot = [1, 2]}"], "says no range"),
        (["--past", "q"], "write NAME=VALUE"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_told_by_its_option(wire, study, name, words, fix):
    extra = ["--range", "lr=1e-5..1"] if "--past" in words else []
    assert fix in ashad(wire, "change", name, *words, *extra, code=2)
    assert len(study.get_study(name).space_versions) == 1
