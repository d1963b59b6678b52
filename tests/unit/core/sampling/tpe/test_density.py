"""Kernel densities; that they are BOHB's, and what is drawn from them, see test_tpe."""

import numpy as np
from ashad.core.sampling.tpe.density import Density


def test_a_choice_of_one_is_taken_at_the_widest_bandwidth():
    density = Density(np.array([[0.5, 0.5]]), [1.0, 1.0], [0, 1])
    assert np.isfinite(density.log_at(np.array([[0.2, 0.5]]))).all()
