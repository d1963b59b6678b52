"""Randomness without a generator: even, different, and the same for ever."""

import pytest
from ashad.core.sampling.prng import training_seed, uniform


def test_draws_are_for_ever():
    """These numbers may never change: a study of an older version goes on with the same draws."""
    assert uniform(0, 0, "x") == 0.8864493289595495
    assert uniform(1, 17, "learning_rate") == 0.3629356843093636
    assert training_seed(1, 17) == 1074792803


def test_draws_are_even_and_differ():
    draws = [uniform(seed, trial, "x") for seed in range(50) for trial in range(50)]
    assert len(set(draws)) == 2500
    assert sum(draws) / 2500 == pytest.approx(0.5, abs=0.02)
    assert all(0 <= u < 1 for u in draws)
    assert all(0 <= training_seed(0, trial) < 2**31 for trial in range(100))
