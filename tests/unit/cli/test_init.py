"""`ashad init`: a file that the reader takes, of options of any script; nothing is overwritten."""

import sys
import tomllib

import pytest
from ashad.cli import main
from ashad.cli.scaffold.proposal import proposal
from ashad.cli.scaffold.script_options import ScriptOption
from click.testing import CliRunner

EVIL = "x\n[limits]\nmax_trials = 1\x1b[2J\u202e"
SCRIPT = f"""
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01, help="learning rate")
parser.add_argument("--batch-size", "-b", type=int, default=64)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--weight-decay", type=float, default=0.0)
parser.add_argument("--optimizer", choices=["adam", {EVIL!r}], default="adam", help={EVIL!r})
parser.add_argument("--use-amp", action="store_true")
parser.add_argument("--ema", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("--data-dir", default="/data")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--note", default={EVIL!r})
parser.add_argument("--betas", type=float, nargs=2)
parser.parse_args()
raise SystemExit("it must not be run further")
"""


@pytest.fixture
def init(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words, code=0, **more):
        ran = CliRunner().invoke(main, ["init", *words], **more)
        assert ran.exit_code == code, ran.output
        return ran

    return run


def study(tmp_path):
    text = (tmp_path / "study.toml").read_text()
    assert all(line.isprintable() for line in text.splitlines())
    simulated = CliRunner().invoke(main, ["simulate", str(tmp_path / "study.toml")])
    assert simulated.exit_code == 0, simulated.output
    return tomllib.loads(text)


def test_the_options_of_a_script_become_ranges(init, tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    ran = init("--", sys.executable, "train.py")
    made = study(tmp_path)
    assert made["space"] == {
        "lr": {"float": [0.001, 0.1], "log": True},
        "batch_size": {"int": [16, 256], "log": True},
        "layers": {"int": [1, 4]},
        "dropout": {"float": [0.0, 0.9]},
        "weight_decay": {"float": [1e-6, 0.1], "log": True},
        "optimizer": {"choice": ["adam", EVIL]},
        "use-amp": {"choice": [True, False]},
        "ema": {"choice": [True, False]},
    }
    assert (made["resource"], made["max_resource"]) == ("epoch", 30)
    assert made["limits"] == {"max_trials": 81}
    command = ran.stdout.splitlines()[-1]
    assert command.endswith(
        "train.py --epochs {target} --seed {seed} --lr {lr} --batch-size {batch_size} "
        "--layers {layers} --dropout {dropout} --weight-decay {weight_decay} "
        "--optimizer {optimizer} {flag:use-amp} {flag:ema}"
    )
    for flag in ("--data-dir", "--note", "--betas"):
        assert f"left as it is: {flag}" in ran.stdout


def test_what_is_there_stays(init, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("mine")
    assert "is there already" in init(code=1).stderr
    assert path.read_text() == "mine"
    init("--force")
    assert study(tmp_path)["space"] == {"lr": {"float": [1e-4, 0.1], "log": True}}
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_by_flags(init, tmp_path):
    init("-p", "lr=1e-4..0.1", "-p", "units=16..256", "-p", "act=relu,tanh", "-p", "k=1..3",
         "--metric", "acc", "--goal", "maximize", "--max-resource", "9",
         "--name", "mine")  # fmt: skip
    made = study(tmp_path)
    assert made["space"] == {
        "lr": {"float": [1e-4, 0.1], "log": True},
        "units": {"int": [16, 256], "log": True},
        "act": {"choice": ["relu", "tanh"]},
        "k": {"int": [1, 3]},
    }
    assert [made[key] for key in ("name", "metric", "goal", "max_resource")] == [
        "mine", "acc", "maximize", 9,
    ]  # fmt: skip


def test_by_questions_in_a_terminal(init, tmp_path, monkeypatch):
    monkeypatch.setattr("ashad.cli.scaffold.init.at_a_terminal", lambda: True)
    answers = "error\nminimize\n12\nlr=no\nlr=0.1..0.5\nopt=a,b\n\n"
    ran = init(input=answers)
    assert "is not NAME=LOW..HIGH" in ran.stdout
    made = study(tmp_path)
    assert (made["metric"], made["max_resource"]) == ("error", 12)
    assert made["space"] == {"lr": {"float": [0.1, 0.5]}, "opt": {"choice": ["a", "b"]}}


@pytest.mark.parametrize(
    "bad",
    ["lr", "lr=", "lr=1", "=1..2", "a b=1..2", "lr=2..1", "lr=a..b", "lr=nan..1", "lr=1..inf"],
)
def test_a_wrong_parameter_is_named(init, tmp_path, bad):
    assert "is not" in init("-p", bad, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_script_without_argparse_is_told(init, tmp_path):
    (tmp_path / "train.py").write_text("print('\x1b[2Jtraining'); raise SystemExit(3)")
    said = init("--", sys.executable, "train.py", code=1).stderr
    assert "(exit code 3) without reading options by argparse" in said
    assert "training" in said
    assert "\x1b" not in said
    assert "no-such-program" in init("--", "no-such-program", code=1).stderr
    assert not (tmp_path / "study.toml").exists()


@pytest.mark.parametrize(
    ("name", "kind", "default", "domain"),
    [
        (
            "lr",
            "float",
            3e-4,
            "{ float = [1e-05, 0.001], log = true }",
        ),
        ("momentum", "float", 0.9, "{ float = [0.0, 0.99] }"),
        ("temperature", "float", 2.0, "{ float = [0.1, 10], log = true }"),
        ("heads", "int", 8, "{ int = [1, 16] }"),
        ("hidden", "int", 512, "{ int = [128, 2048], log = true }"),
    ],
)
def test_ranges_around_a_default(name, kind, default, domain):
    option = ScriptOption(name, f"--{name}", "_StoreAction", kind, default, (), None, "")
    found = proposal([option]).parameters[0]
    assert found.domain == domain
    low, high = tomllib.loads(f"x = {found.domain}")["x"][kind if kind == "int" else "float"]
    assert low <= default <= high
