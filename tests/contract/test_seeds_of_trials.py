"""The seed that a worker was given is told afterwards, wherever a trial or the best is told."""

from __future__ import annotations

from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import PROMOTION, Code, refused

DEADLINE = 9


def test_the_seed_of_an_assignment_is_that_of_the_trial_everywhere(wire):
    name = wire.create(asha=PROMOTION)
    held = [wire.take(name) for _ in range(4)]
    seeds = {trial.trial: trial.seed for trial in held}
    assert len(set(seeds.values())) == 4
    live = {trial.trial: trial.seed for trial in wire.trials(name)}
    for trial in held:
        wire.report(trial, 1, 0.5 - trial.trial / 10)
    assert live == seeds
    assert {trial.trial: trial.seed for trial in wire.trials(name)} == seeds
    assert {number: wire.trial(name, number).seed for number in seeds} == seeds
    assert (wire.study(name).best.trial, wire.study(name).best.seed) == (3, seeds[3])
    asked = pb.ExplainTrialRequest(study=name, trial=2)
    assert wire.studies.ExplainTrial(asked, timeout=DEADLINE).trial.seed == seeds[2]
    again = wire.take(name)  # promoted: another attempt, on another worker
    assert (again.trial, again.attempt, again.seed) == (3, 2, seeds[3])
    watch = wire.studies.WatchStudy(pb.WatchStudyRequest(study=name), timeout=DEADLINE)
    changes = next(watch).changes
    assert {c.trial.trial: c.trial.seed for c in changes if c.HasField("trial")} == seeds


def test_the_seed_is_known_before_a_worker_is(wire):
    name = wire.create()
    request = pb.EnqueueTrialRequest(study=name, request_id="mine")
    queued = wire.studies.EnqueueTrial(request, timeout=DEADLINE).trial
    assert queued.HasField("seed")
    held = wire.take(name)
    assert (held.trial, held.seed) == (queued.trial, queued.seed)
    cancelled = pb.CancelTrialRequest(study=name, trial=queued.trial)
    assert wire.studies.CancelTrial(cancelled, timeout=DEADLINE).trial.seed == queued.seed
    wire.crash()
    assert wire.trial(name, queued.trial).seed == queued.seed
    request = pb.GetTrialRequest(study=name, trial=1)
    refused(wire.studies.GetTrial, request, Code.NOT_FOUND, "TRIAL_NOT_FOUND")
