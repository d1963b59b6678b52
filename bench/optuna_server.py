"""Optuna's gRPC storage proxy with SQLite behind it: `optuna_server.py DB PORT TRIALS`.

Makes the study with so many finished trials first, and says `listening on PORT`. Runs in an
environment of its own.
"""

from __future__ import annotations

import sys
import threading

import optuna
from optuna.distributions import BaseDistribution
from worker import EPOCHS, curve

LEVELS = (1, 3, 9, 27)


def main() -> None:
    db, port, trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(f"sqlite:///{db}")
    study = optuna.create_study(study_name="bench", storage=storage, direction="minimize")
    space: dict[str, BaseDistribution] = {"x": optuna.distributions.FloatDistribution(0, 1)}
    study.add_trials(finished(number, space) for number in range(trials))
    serve = optuna.storages.run_grpc_proxy_server
    threading.Thread(target=serve, args=(storage,), kwargs={"port": port}, daemon=True).start()
    print(f"listening on {port}", flush=True)
    sys.stdin.read()


def finished(number: int, space: dict[str, BaseDistribution]) -> optuna.trial.FrozenTrial:
    """Return a trial that two thirds of which each level stopped."""
    ended = next((n for n, level in enumerate(LEVELS[:-1]) if number // 3**n % 3), 3)
    epochs = min(LEVELS[ended], EPOCHS)
    return optuna.trial.create_trial(
        params={"x": 0.5}, distributions=space, value=curve(number, epochs) if ended == 3 else None,
        state=optuna.trial.TrialState.COMPLETE if ended == 3 else optuna.trial.TrialState.PRUNED,
        intermediate_values={epoch: curve(number, epoch) for epoch in range(1, epochs + 1)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
