"""The rule of successive halving, as pure functions of rank, size and eta. Nobody repeats it.

A rung holds the `size` trials that reached one level. They are ranked by (score, arrival), 1 is the
best; `size` and `rank` count every entry, the newest and the promoted ones too. The best
floor(size / eta) of them may continue:

    promotion  wait at the rung until within the quota       Li et al., arXiv 1810.05934, Alg. 2
    stopping   continue at once or stop for good; of fewer   Determined, master/pkg/searcher/
               than eta, the best one continues              asha_stopping.go, promotionsAsync
    rounds     as promotion, once all planned trials have    Li et al., JMLR 18 (2018), Alg. 1;
               come: the quota is of the planned number      arXiv 1810.05934, Alg. 1

`eta` is an exact fraction: 0.1 is a tenth, and no float decides.
"""

from __future__ import annotations

from fractions import Fraction


def quota(size: int, eta: Fraction) -> int:
    """Return floor(size / eta): how many of a rung may continue."""
    return size * eta.denominator // eta.numerator


def size_with(count: int, eta: Fraction) -> int:
    """Return the size at which the quota becomes `count`, ceil(count * eta): `quota` inverted."""
    return -(-count * eta.numerator // eta.denominator)


def promote(rank: int, size: int, eta: Fraction) -> bool:
    """Whether a trial that waits at this rank is promotable."""
    return rank <= quota(size, eta)


def continue_(rank: int, size: int, eta: Fraction) -> bool:
    """Whether a trial that enters at this rank continues; otherwise it is stopped for good."""
    return rank <= max(1, quota(size, eta))


def round_quotas(trials: int, eta: Fraction, rungs: int) -> tuple[int, ...]:
    """Return how many of each rung of a round continue, lowest first, of so many planned trials."""
    return tuple(quota(trials, eta ** (rung + 1)) for rung in range(rungs))
