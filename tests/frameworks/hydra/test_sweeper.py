"""`hydra/sweeper=ashad --multirun`: a study, workers that take jobs one by one, jobs that stop."""

import os
import subprocess
import sys

import ashad_client
import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra_plugins.hydra_ashad_sweeper._search_space import read

APP = """
import os, time
import hydra
from ashad_client.integration.hydra import current

@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(cfg):
    trial = current(max_resource=cfg.epochs)
    for epoch in trial.steps():
        trial.report(epoch, loss=(cfg.model.lr + (cfg.opt == "b c")) / epoch)
    if cfg.model.layers == cfg.breaks:
        raise ValueError("no such layer")
    print("ran", os.getpid(), trial.number, cfg.opt, flush=True)

if __name__ == "__main__":
    main()
"""
PLAIN = """
import hydra

@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(cfg):
    return cfg.model.lr

if __name__ == "__main__":
    main()
"""
CONFIG = """
defaults: [_self_, {override hydra/sweeper: ashad}]
epochs: 4
breaks: -1
opt: a
model: {lr: 0.1, layers: 1}
hydra:
  sweep: {dir: out}
  sweeper:
    study: swept
    metric: loss
    max_resource: 4
    algorithm: {type: asha, eta: 2}
    limits: {max_trials: 8}
    n_workers: 2
    params:
      model.lr: tag(log, interval(0.001, 1.0))
      model.layers: range(1, 9, 2)
      opt: choice(a, "b c")
"""


@pytest.fixture
def app(tmp_path, daemon):
    """Run an app of Hydra; return what it printed."""

    def run(*words, source=APP, status=0):
        (tmp_path / "app.py").write_text(source)
        (tmp_path / "config.yaml").write_text(CONFIG)
        done = subprocess.run(
            [sys.executable, "app.py", *words], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "ASHAD_ADDRESS": daemon.address}, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    return run


def test_a_sweep_is_a_study_that_two_workers_train(app, client, tmp_path):
    printed = app("--multirun", "epochs=4", "hydra.sweeper.seed=1")
    ran = [line.split() for line in printed.splitlines() if line.startswith("ran ")]
    assert sorted(int(words[2]) for words in ran) == list(range(8))
    trials = list(client.list_trials("swept"))
    states = {str(trial.state) for trial in trials}
    assert states == {"completed", "stopped"}  # and no stopped one was trained to the end
    assert all(trial.resource < 4 for trial in trials if str(trial.state) == "stopped")
    assert len({trial.worker for trial in trials}) <= 2
    assert {trial.params["opt"] for trial in trials} <= {"a", "b c"}
    assert {trial.params["model.layers"] for trial in trials} <= {1, 3, 5, 7}
    best = yaml.safe_load((tmp_path / "out/optimization_results.yaml").read_text())
    assert best["best_evaluated_result"] == client.best("swept").value
    of_job = yaml.safe_load((tmp_path / "out/3/.hydra/config.yaml").read_text())
    assert of_job["model"]["lr"] == trials[3].params["model.lr"]
    assert of_job["opt"] == trials[3].params["opt"]


def test_a_job_that_fails_fails_its_trial_and_the_others_go_on(app, client):
    random = ("~hydra.sweeper.algorithm.eta", "hydra.sweeper.algorithm.type=random")
    app("--multirun", "breaks=3", *random)
    trials = list(client.list_trials("swept"))
    assert len(trials) == 8
    assert {str(trial.state) for trial in trials} == {"completed"}  # told before it broke
    source = PLAIN.replace("return cfg.model.lr", "raise ValueError('no such layer')")
    app("--multirun", "hydra.sweeper.study=broken", source=source)
    broken = list(client.list_trials("broken"))
    assert {str(trial.state) for trial in broken} == {"failed"}
    assert broken[0].message == "ValueError: no such layer"


def test_an_app_that_returns_its_objective_needs_no_word_of_ours(app, client):
    app("--multirun", "hydra.sweeper.max_resource=1", "model.lr=choice(0.5,0.25)", source=PLAIN)
    values = {trial.value for trial in client.list_trials("swept")}
    assert values <= {0.5, 0.25}
    assert client.get_study("swept").counts.completed == 8


def test_the_same_app_runs_alone(app):
    assert "ran" in app("epochs=2")


def test_a_space_in_the_words_of_hydra():
    words = [
        "lr=tag(log,interval(1e-4,1e-1))", "n=int(interval(1,5))", "k=range(1,10,3)",
        "db=choice(a,'x y')",
        "flag=choice(true,false)", "size=choice(1,2.5)", "+new/key=choice(1,2)", "epochs=4",
    ]  # fmt: skip
    space = read(OverridesParser.create().parse_overrides(words))
    assert space.params == {
        "lr": {"float": [1e-4, 1e-1], "log": True},
        "n": {"int": [1, 5]},
        "k": {"int": [1, 7], "step": 3},
        "db": {"choice": ["a", "x y"]},
        "flag": {"choice": [True, False]},
        "size": {"choice": [1, 2.5]},
        "new.key": {"choice": [1, 2]},
    }
    ashad_client.study_spec(
        {"metric": "m", "goal": "minimize", "max_resource": 1, "space": space.params}
    )
    params = {"lr": 0.01, "n": 3, "k": 4, "db": "x y", "flag": False, "size": 2.5, "new.key": 2}
    made = space.overrides(params)
    again = OverridesParser.create().parse_overrides(made)
    values = {one.get_key_element(): one.value() for one in again}
    assert {"+new/key": values.pop("+new/key"), "epochs": values.pop("epochs")} == {
        "+new/key": 2, "epochs": 4,
    }  # fmt: skip
    assert {key: getattr(value, "text", value) for key, value in values.items()} == {
        name: value for name, value in params.items() if name != "new.key"
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [(["lr=0.1"], "nothing is swept"), (["k=range(5,5)"], "this range is empty"),
     (["a/b=choice(1,2)", "a.b=choice(1,2)"], "would both be a.b")],
)  # fmt: skip
def test_a_space_that_cannot_be_is_refused(words, said):
    with pytest.raises(ashad_client.Error, match=said):
        read(OverridesParser.create().parse_overrides(words))
