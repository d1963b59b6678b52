"""The demand of a study, against how many workers get a trial when they ask at once."""

from __future__ import annotations

import random
import uuid

import ashad_client
import pytest
from ashad_client.fleet.demand import demand_of
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

ASKED = 50
ALGORITHMS = {
    "stopping": {"type": "asha", "eta": 3},
    "promotion": {"type": "asha", "eta": 3, "variant": "promotion"},
    "adaptive": {"type": "adaptive_asha"},
    "rounds": {"type": "successive_halving", "eta": 3},
    "hyperband": {"type": "hyperband", "eta": 3},
    "random": {"type": "random"},
    "grid": {"type": "grid"},
}


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


def suggest(client, study):
    request = pb.SuggestRequest(study=study, worker=uuid.uuid4().hex, request_id=str(uuid.uuid4()))
    answer = client.call(rpc.SUGGEST, request)
    return answer.assignment if answer.HasField("assignment") else None


def play(client, study, steps):
    """Let four workers train, in an order and with values that are drawn once."""
    drawn, running = random.Random(steps), []
    for _ in range(steps):
        if len(running) < 4 and (found := suggest(client, study)):
            running.append([found, found.start_resource])
        if not running:
            return
        one = drawn.choice(running)
        one[1] += 1
        request = pb.ReportRequest(
            study=study, trial=one[0].trial, attempt=one[0].attempt,
            lease_token=one[0].lease_token, resource=one[1],
            metrics=[pb.Metric(name="loss", value=drawn.random())],
        )  # fmt: skip
        if client.call(rpc.REPORT, request).decision.action != pb.ACTION_CONTINUE:
            running.remove(one)


@pytest.mark.parametrize("limits", [{"max_trials": 12}, {"max_trials": 40}])
@pytest.mark.parametrize("kind", ALGORITHMS)
def test_so_many_workers_get_a_trial(client, kind, limits):
    for steps in (0, 7, 15, 40):
        study = f"{kind}-{limits['max_trials']}-{steps}"
        seven = ashad_client.choice(*range(7)) if kind == "grid" else ashad_client.uniform(0, 1)
        client.create_study(study, {
            "metric": "loss", "goal": "minimize", "max_resource": 9, "space": {"x": seven},
            "limits": limits, "algorithm": ALGORITHMS[kind], "seed": 1,
        })  # fmt: skip
        play(client, study, steps)
        demand = demand_of(client.study(study))
        got = 0
        while got < ASKED and suggest(client, study):
            got += 1
        if kind == "promotion":  # one that was promoted may have lost its rank to another since
            assert 0 <= got - (demand.workers - demand.running) <= 1
        elif demand.running or got:
            assert demand.workers - demand.running == got
        else:
            assert demand.workers == int(demand.goes_on)


def test_limits_of_the_study_bound_it(client):
    spec = {
        "metric": "loss", "goal": "minimize", "max_resource": 9, "algorithm": {"type": "random"},
        "space": {"x": ashad_client.uniform(0, 1)},
    }  # fmt: skip
    client.create_study("open", spec)
    demand = demand_of(client.study("open"))
    assert (demand.workers, demand.within(1, 8)) == (None, 8)
    client.create_study("four", spec | {"limits": {"max_concurrent_trials": 4}})
    assert demand_of(client.study("four")).workers == 4
    client.pause_study("four")
    demand = demand_of(client.study("four"))
    assert (demand.workers, demand.within(0, 8), demand.within(1, 8)) == (0, 0, 1)
