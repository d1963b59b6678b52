"""Tree-structured Parzen estimators: densities of good and bad configurations.

density     kernel densities, and draws from them
tpe         as in BOHB, of the highest level with enough entries
spaced_tpe  of all levels, and never next to what was tried
"""

from ashad.core.sampling.tpe.spaced_tpe import SpacedTpe
from ashad.core.sampling.tpe.tpe import Tpe

__all__ = ["SpacedTpe", "Tpe"]
