"""What the tests of boosting libraries share: data, a study, and what became of a trial."""

import ashad_client
import numpy as np

draw = np.random.default_rng(0)
X, VALID_X = draw.random((300, 4)), draw.random((100, 4))
Y, VALID_Y = 2 * X[:, 0] + 0.1 * draw.random(300), 2 * VALID_X[:, 0]


def told(client, study, trial=0):
    """The resources and values that were reported of a trial."""
    return [(one.resource, one.value) for one in client.list_reports(study, trial)]


def stopping_study(make_study, metric="rmse", **more):
    """A study whose second and third trials stop at the third round, if they are worse."""
    algorithm = {"type": "asha", "eta": 2, "min_resource": 3, **more}
    rates = (0.5, 0.1, 0.2, 0.3) if more else (0.5, 0.1, 0.2)  # one in four is promoted twice
    return make_study(
        metric=metric,
        max_resource=12,
        algorithm=algorithm,
        space={"rate": ashad_client.uniform(0.1, 0.5)},
        points_to_evaluate=[{"rate": rate} for rate in rates],
        limits={"max_trials": len(rates)},
    )
