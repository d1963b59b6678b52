"""Importance of parameters, against Optuna's own PED-ANOVA: the definition that is cited."""

from __future__ import annotations

import random
import warnings

import pytest
from ashad.core.space import Choice, Constant, Float, Int
from ashad.service.reads.anova import importance, top_size

optuna = pytest.importorskip("optuna")
from optuna import distributions as d  # noqa: E402

SPACE = {
    "wide": Float(-3.0, 5.0),
    "log": Float(1e-5, 1.0, log=True),
    "stepped": Float(0.0, 1.0, step=0.25),
    "whole": Int(1, 300),
    "odd": Int(1, 9, step=2),
    "power": Int(1, 1024, log=True),
    "kind": Choice(("a", "b", "c", 1.5)),
    "single": Int(3, 3),
    "fix": Constant(7),
}
SAME = {
    "wide": d.FloatDistribution(-3.0, 5.0),
    "log": d.FloatDistribution(1e-5, 1.0, log=True),
    "stepped": d.FloatDistribution(0.0, 1.0, step=0.25),
    "whole": d.IntDistribution(1, 300),
    "odd": d.IntDistribution(1, 9, step=2),
    "power": d.IntDistribution(1, 1024, log=True),
    "kind": d.CategoricalDistribution(("a", "b", "c", 1.5)),
    "single": d.IntDistribution(3, 3),
}


def drawn(seed, many, conditional):
    chance = random.Random(seed)
    print("seed", seed)
    trials = []
    for _ in range(many):
        params = {name: domain.draw(chance.random()) for name, domain in SPACE.items()}
        if conditional and params["kind"] != "a":
            del params["log"]
        trials.append(params)
    scores = [
        abs(p["wide"] - 1) + 2 * (p["kind"] == "b") + p.get("log", 0.3) ** 0.5 + chance.random()
        for p in trials
    ]
    return trials, [round(s, 1) for s in scores]  # ties among them


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("best", [0.1, 0.3])
@pytest.mark.parametrize(("seed", "many"), [(1, 40), (2, 400), (3, 2000)])
def test_it_is_what_optuna_says(seed, many, best, conditional):
    # Imports scikit-learn, which takes longer than all these tests.
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances  # noqa: PLC0415

    trials, scores = drawn(seed, many, conditional)
    study = optuna.create_study()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for params, score in zip(trials, scores, strict=True):
            plain = {name: value for name, value in params.items() if name in SAME}
            study.add_trial(
                optuna.create_trial(
                    params=plain, distributions={n: SAME[n] for n in plain}, value=score
                )
            )
        evaluator = PedAnovaImportanceEvaluator(target_quantile=best)
        expected = get_param_importances(study, evaluator=evaluator)
    found = importance(SPACE, trials, scores, best)
    assert set(found) == set(SPACE) - {"fix"}
    assert sum(found.values()) == pytest.approx(1)
    assert found == pytest.approx(expected, abs=1e-6)
    assert top_size(scores, best) >= best * many


def test_nothing_counts_where_there_is_nothing_to_tell():
    assert importance({"fix": Constant(1)}, [{"fix": 1}] * 20, [0.0] * 20, 0.1) == {}
    same = importance({"x": Float(0, 1)}, [{"x": i / 19} for i in range(20)], [1.0] * 20, 0.1)
    assert same == {"x": 0.0}
    never = importance({"x": Float(0, 1), "y": Float(0, 1)}, [{"x": 0.5}] * 20, [0.0] * 20, 0.1)
    assert never["y"] == 0.0
