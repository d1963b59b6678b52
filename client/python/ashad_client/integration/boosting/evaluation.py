"""What boosting libraries measure: a metric of a data set, by the name that the library prints.

`valid-rmse` is the metric of a data set; `rmse` alone is enough where one data set has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

Evaluation = tuple[str, str, Any]  # data set, metric, value


def named(evaluations: Iterable[Evaluation], training: str = "") -> dict[str, Any]:
    """Return the values by name.

    `training`: the data set that is trained on, which does not make a plain name ambiguous.
    """
    found = list(evaluations)
    values = {f"{data}-{metric}": value for data, metric, value in found}
    judged = [one for one in found if one[0] != training] or found
    times = Counter(metric for _, metric, _ in judged)
    for _, metric, value in judged:
        if times[metric] == 1:
            values.setdefault(metric, value)
    return values
