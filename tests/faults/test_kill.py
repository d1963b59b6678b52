"""kill -9 at any instant, with 50 calls and more under way: nothing acknowledged is lost.

Several studies of every kind, and a swarm of workers that never gives up. After each restart all
that was ever acknowledged must be on file as it was; at the end the file must replay, and the naive
oracle must decide every row of it in the same way.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from ashad.store import Reader, audit

from tests.faults.simulation.ledger import Ledger
from tests.support.harness import Daemon, Stubs
from tests.support.worker_pool import Swarm

STUDIES = {
    "stopping": {"max_resource": 27},
    "promotion": {"max_resource": 27, "promotion": True},
    "adaptive": {"max_resource": 81, "adaptive": True},
    "adaptive-promotion": {"max_resource": 81, "adaptive": True, "promotion": True},
}
WORKERS, IN_FLIGHT, ACKS = 64, 50, 100
ROUND = 20  # kills of one file


@pytest.mark.timeout(14_400)
async def test_nothing_acknowledged_is_lost_by_kill_9(daemons, tmp_path, size, tell) -> None:
    cycles, seed = size(8, 1_000), f"kill-{random.randrange(10**6)}"
    acks = unknown = repeated = 0
    for lap in range(max(1, cycles // ROUND)):
        folder = tmp_path / f"{lap}"
        folder.mkdir()
        swarm, echoes = await _round(daemons(folder), f"{seed}-{lap}", min(cycles, ROUND))
        acks, unknown, repeated = (
            acks + len(swarm.acked),
            unknown + swarm.unknown,
            repeated + echoes,
        )
    assert acks >= cycles * ACKS
    assert unknown >= cycles * 5, "hardly a call was cut off"
    tell(
        "kill -9 under 50 calls in flight", f"{cycles} cycles, {acks} acks",
        f"0 lost, 0 double owners, 0 decisions unlike the oracle; {unknown} calls of unknown "
        f"outcome and {repeated} answered ones repeated: the same bytes", seed,
    )  # fmt: skip


async def _round(daemon: Daemon, seed: str, cycles: int) -> tuple[Swarm, int]:
    chance = random.Random(seed)
    print(f"seed {seed}: Swarm(address, studies, {WORKERS}, {seed!r}) repeats what its workers do")
    await asyncio.to_thread(daemon.start)
    with Stubs(daemon.channel()) as stubs:
        for name, how in STUDIES.items():
            stubs.create(name, **how)
    swarm = Swarm(daemon.address, list(STUDIES), WORKERS, seed)
    swarm.start()
    repeated = 0
    try:
        for _ in range(cycles):
            before = len(swarm.acked)
            await _until(swarm, lambda before=before: len(swarm.acked) >= before + ACKS)
            await asyncio.sleep(chance.random() * 0.03)  # the instant of the kill
            await _until(swarm, lambda: swarm.in_flight >= IN_FLIGHT)
            daemon.kill()
            held = swarm.reports()
            await asyncio.to_thread(daemon.start)
            await asyncio.to_thread(_compare, daemon, held)
            repeated += await swarm.repeat(40, chance)
    finally:
        await asyncio.wait_for(swarm.stop(), 60)
    await asyncio.to_thread(_compare, daemon, swarm.reports())
    daemon.kill()
    assert list(audit(daemon.db)) == [], f"seed {seed}"
    assert _judge(daemon.db, seed) > len(swarm.reports())
    return swarm, repeated


class Judge:
    """Who the ledger tells what it found."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def expect(self, holds: object, what: str, *facts: object) -> None:
        assert holds, f"seed {self.seed}: {what}: {facts}"


def _log(reader: Reader, study: int) -> list:
    """Return the records of a study in the order of their sequence numbers."""
    records = [*reader.events(study), *reader.changes(study), *reader.reports(study)]
    return sorted(records, key=lambda record: record.seq)


def _judge(db: Path, seed: str) -> int:
    """Have the naive oracle decide every record of the file again; return how many there are."""
    reader, many = Reader(db), 0
    for study in reader.studies():
        ledger = Ledger(Judge(seed), study.name, list(reader.trials(study.id)))
        for record in _log(reader, study.id):
            ledger.enter(record)
            many += 1
    reader.close()
    return many


def _compare(daemon: Daemon, acked: dict) -> None:
    """Every acknowledged report is on file with its value, decision and commit."""
    with Stubs(daemon.channel()) as stubs:
        found = {
            (study, r.trial, r.attempt, r.resource): (
                r.value if r.HasField("value") else None,
                r.decision.SerializeToString(deterministic=True),
                r.commit_seq,
            )
            for study in STUDIES
            for r in stubs.reports(study)
        }
    for key, (value, decision, commit) in acked.items():
        valid = value if value == value else None  # noqa: PLR0124 - NaN
        assert found.get(key) == (valid, decision, commit), f"{key}: acknowledged, and now other"


async def _until(swarm: Swarm, look) -> None:
    for _ in range(20_000):
        if look():
            return
        swarm.check()
        await asyncio.sleep(0.001)
    raise AssertionError("the traffic stood still for 20 s")


async def test_a_forged_ack_is_found(hurt: Daemon, tmp_path: Path) -> None:
    """The control: the comparison sees one report that is not there, and one that is other."""
    await asyncio.to_thread(hurt.start)
    with Stubs(hurt.channel()) as stubs:
        for name, how in STUDIES.items():
            stubs.create(name, **how)
        a = stubs.suggest("stopping", "w").assignment
        reply = stubs.report(a, 1, 0.5)
    decision = reply.decision.SerializeToString(deterministic=True)
    key = "stopping", a.trial, 1, 1
    _compare(hurt, {key: (0.5, decision, reply.commit_seq)})
    for forged in (
        {key: (0.25, decision, reply.commit_seq)},
        {("stopping", 9, 1, 1): (1.0, b"", 3)},
    ):
        with pytest.raises(AssertionError, match="acknowledged"):
            _compare(hurt, forged)


def test_a_decision_that_the_rule_does_not_give_is_found(hurt: Daemon) -> None:
    """The control: the oracle refuses a log in which one stop is a continue."""
    hurt.start()
    with Stubs(hurt.channel()) as stubs:
        stubs.create("s", max_resource=9)
        for value in (0.1, 0.2, 0.3):
            stubs.report(stubs.suggest("s", f"w{value}").assignment, 1, value)
    hurt.kill()
    assert _judge(hurt.db, "-") == 7
    reader = Reader(hurt.db)
    (*before, stop), rows = _log(reader, 1), list(reader.trials(1))
    reader.close()
    assert stop.decision.reason == "BELOW_CUTOFF"
    ledger = Ledger(Judge("-"), "s", rows)
    for record in before:
        ledger.enter(record)
    with pytest.raises(AssertionError, match="another decision"):
        ledger.enter(stop._replace(decision=stop.decision._replace(action="CONTINUE")))
