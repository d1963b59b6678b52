"""A worker that trains nothing: it takes trials, reports 27 epochs of each, and obeys.

    python bench/worker.py ashad ADDRESS
    python bench/worker.py optuna PORT

Says `ready` after its first report; then, for each line `SECONDS` on its input, works so long and
prints how long that was, to the end of the last report, and the seconds of each report, decision
included. Needs one of the two libraries, no more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

EPOCHS = 27


def curve(trial: int, epoch: int) -> float:
    """Return a loss that falls, to a floor of the trial's own."""
    return (trial * 7919 % 1009) / 1009 + 1 / epoch


def ashad(address: str) -> Iterator[float]:
    """Work through the client, as its README says; yield the seconds of each report."""
    import ashad_client  # noqa: PLC0415

    client = ashad_client.connect(address)
    for trial in client.trials("bench"):
        for epoch in trial.steps():
            begun = time.perf_counter()
            trial.report(epoch, loss=curve(trial.number, epoch))
            yield time.perf_counter() - begun


def optuna(port: str) -> Iterator[float]:
    """Work through Optuna's gRPC storage proxy, with its successive-halving pruner."""
    import optuna  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.load_study(
        study_name="bench",
        storage=optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=int(port)),
        sampler=optuna.samplers.RandomSampler(),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
    )
    while True:
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        state, value = optuna.trial.TrialState.COMPLETE, 0.0
        for epoch in range(1, EPOCHS + 1):
            value = curve(trial.number, epoch)
            begun = time.perf_counter()
            trial.report(value, epoch)
            pruned = trial.should_prune()
            yield time.perf_counter() - begun
            if pruned:
                state = optuna.trial.TrialState.PRUNED
                break
        study.tell(trial, value if state.name == "COMPLETE" else None, state=state)


def main() -> None:
    reports = {"ashad": ashad, "optuna": optuna}[sys.argv[1]](sys.argv[2])
    next(reports)
    print("ready", flush=True)
    for line in sys.stdin:
        begun, waits = time.perf_counter(), []
        while (took := time.perf_counter() - begun) < float(line):
            waits.append(next(reports))
        print(*(f"{seconds:.6f}" for seconds in (took, *waits)), flush=True)


if __name__ == "__main__":
    main()
