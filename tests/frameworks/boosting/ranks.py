"""One of two XGBoost workers of a search: `ranks.py STUDY ARGUMENTS`, those of the tracker."""

import json
import sys

import ashad_client
import xgboost
from ashad_client.integration.xgboost import Reporter
from xgboost import collective

from tests.frameworks.boosting.data import VALID_X, VALID_Y, X, Y

study, arguments = sys.argv[1], json.loads(sys.argv[2])
with collective.CommunicatorContext(**arguments):
    rank = collective.get_rank()
    data = xgboost.DMatrix(X[rank::2], Y[rank::2])
    valid = xgboost.DMatrix(VALID_X[rank::2], VALID_Y[rank::2])
    client = ashad_client.shared(ashad_client.connect())
    for trial in client.trials(study):
        model = xgboost.train(
            {"eta": trial.params["rate"], "nthread": 1},
            data,
            trial.target_resource,
            evals=[(valid, "valid")],
            callbacks=[Reporter(trial)],
            verbose_eval=False,
        )
        print(trial.number, trial.params["rate"], model.num_boosted_rounds(), flush=True)
    client.close()
