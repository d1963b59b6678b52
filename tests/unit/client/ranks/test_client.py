"""Ranks that share a trial, as threads beside a real daemon: what ends one of them ends all."""

import json
import socket
import threading
from collections import Counter

import ashad_client
import pytest
from ashad_client.ranks import star
from ashad_client.ranks.agreement import Agreement
from ashad_client.ranks.group import group_of
from ashad_client.ranks.message import differences
from ashad_client.ranks.star import Hub

DEADLINE_S = 60
STUDY = {
    "metric": "error",
    "goal": "minimize",
    "max_resource": 4,
    "space": {"rate": {"float": [0.1, 1.0]}},
    "algorithm": {"type": "asha", "eta": 2},
    "limits": {"max_trials": 4},
}


class Threads:
    """A group of threads."""

    def __init__(self, rank, size, board):
        self.rank, self.size, self.board = rank, size, board

    def broadcast(self, text):
        told, there = self.board
        if self.rank == 0:
            told.append(text)
            there.set()
        assert there.wait(DEADLINE_S)
        return told[0]


@pytest.fixture
def ranks(daemon):
    """Run `body(client, rank)` on every rank; return what came of each."""
    with ashad_client.connect(daemon.address) as client:
        client.create_study("s", STUDY)

    def run(body, size=2, deadline_s=DEADLINE_S):
        board, came = ([], threading.Event()), {}

        def play(rank):
            try:
                group = Threads(rank, size, board)
                with ashad_client.shared(ashad_client.connect(daemon.address), group) as client:
                    came[rank] = body(client, rank)
            except Exception as error:  # noqa: BLE001
                came[rank] = error

        threads = [threading.Thread(target=play, args=(rank,), daemon=True) for rank in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(deadline_s)
        return [came.get(rank, "hangs") for rank in range(size)]

    return run


@pytest.fixture
def trials(daemon):
    def read():
        with ashad_client.connect(daemon.address) as client:
            return list(client.list_trials("s"))

    return read


def train(client, rank, at=None, act=None, only=1):
    """Train all trials; on one rank `act(trial)` before the report of a step."""
    seen = []
    for trial in client.trials("s"):
        seen.append((trial.number, trial.params["rate"], trial.seed, trial.start_resource))
        for step in trial.steps():
            if rank == only and (trial.number, step) == at:
                act(trial)
            decision = trial.report(step, error=trial.params["rate"] / step)
            seen.append((step, decision))
    return seen


def test_all_ranks_train_the_same_trials_and_hear_the_same(ranks, trials):
    first, *others = ranks(train, size=3)
    assert others == [first, first]
    assert [trial.state for trial in trials()].count(ashad_client.TrialState.COMPLETED) > 0
    assert Counter(trial.attempt for trial in trials()) == {1: 4}  # each taken once


def test_without_a_launcher_it_is_the_client_that_it_was(daemon, trials):
    with ashad_client.shared(ashad_client.connect(daemon.address)) as client:
        client.create_study("s", STUDY)
        assert (client.rank, client.size) == (0, 1)
        assert len([one for one in train(client, 0) if len(one) == 4]) == 4
    assert len(trials()) == 4


def raising(_):
    raise ValueError("out of memory")


def test_an_exception_on_any_rank_fails_the_trial_once(ranks, trials):
    first, second, third = ranks(lambda c, r: train(c, r, (0, 2), raising), size=3)
    assert isinstance(second, ValueError)
    for other in (first, third):
        assert other.reason == "RANK_FAILED"
        assert "rank 1: ValueError: out of memory" in str(other)
    (trial,) = trials()
    assert trial.state == ashad_client.TrialState.FAILED
    assert trial.message == "rank 1: ValueError: out of memory"


def test_one_on_rank_0_ends_the_others_quietly(ranks, trials):
    first, second = ranks(lambda c, r: train(c, r, (0, 2), raising, only=0))
    assert isinstance(first, ValueError)
    assert [one[0] for one in second] == [0, 1, 2]
    (trial,) = trials()
    assert trial.state == ashad_client.TrialState.FAILED
    assert trial.message == "ValueError: out of memory"


@pytest.mark.parametrize("who", [0, 1])
def test_a_rank_that_leaves_gives_the_trial_back(ranks, trials, who):
    def body(client, rank):
        for trial in client.trials("s"):
            for step in trial.steps():
                if rank == who and step == 2:
                    return "left"
                trial.report(step, error=1.0)
        return "ended"

    came = ranks(body)
    assert came[who] == "left"
    assert came[1 - who] == "ended"
    (trial,) = trials()
    assert trial.state == ashad_client.TrialState.QUEUED


def test_a_rank_that_is_gone_leaves_nobody_waiting(ranks, trials):
    def body(client, rank):
        if rank != 1:
            return train(client, rank)
        for trial in client.trials("s"):
            trial.report(1, error=1.0)
            client._agreement._line.close()  # as the system does for a process that was killed
            return "gone"
        return None

    first, second, third = ranks(body, size=3)
    assert second == "gone"
    assert first.reason == third.reason == "RANK_LOST"
    (trial,) = trials()
    assert trial.state == ashad_client.TrialState.RUNNING  # until its lease ends: nobody failed


def test_rank_0_that_is_gone_is_missed_by_the_others(ranks):
    def body(client, rank):
        if rank != 0:
            return train(client, rank)
        for trial in client.trials("s"):
            trial.report(1, error=1.0)
            client._agreement._hub.close()
            return "gone"
        return None

    assert [getattr(one, "reason", one) for one in ranks(body)] == ["gone", "RANK_LOST"]


def test_ranks_at_different_steps_are_told_so(ranks):
    def body(client, rank):
        for trial in client.trials("s"):
            trial.report(1 + rank, error=1.0)

    for error in ranks(body):
        assert error.reason == "RANKS_DISAGREE"
        assert "rank 0 is at report of 1, rank 1 is at report of 2" in str(error)


def test_ranks_share_replicates(ranks, trials):
    def train(client, rank):
        seen = []
        for trial in client.trials("s"):
            replicates = trial.replicates()
            for number in trial.steps():
                told = replicates.add(error=number)
                seen.append((trial.number, replicates.seed(number), told["metrics"]["error"]))
                trial.report(number, **told)
        return seen

    came = ranks(train)
    assert came[0] == came[1]
    assert [mean for number, _, mean in came[0] if number == 0] == [1.0, 1.5, 2.0, 2.5]


def test_rank_0_alone_tells_a_tracker(ranks):
    told = []

    class Tracker:
        def begin(self, trial):
            number = trial.number

            class Run:
                def report(self, resource, metrics):
                    told.append((number, resource, dict(metrics)))

                def end(self, state):
                    told.append((number, state))

            return Run()

    def body(client, rank):
        for trial in client.trials("s", log_to=[Tracker()]):
            trial.report(4, error=float(rank))

    assert ranks(body) == [None, None]
    assert sorted(told, key=str) == sorted(
        [entry for n in range(4) for entry in ((n, 4, {"error": 0.0}), (n, "completed"))], key=str
    )


def test_one_rank_may_end_it_by_hand(ranks, trials):
    came = ranks(lambda c, r: train(c, r, (0, 2), lambda trial: trial.infeasible("too large")))
    assert [one[0] for one in came[0]] == [one[0] for one in came[1]]
    first = trials()[0]
    assert first.state == ashad_client.TrialState.INFEASIBLE
    assert first.message == "rank 1: too large"


def test_different_values_are_warned_of_once_and_rank_0_counts(ranks, daemon, caplog):
    def body(client, rank):
        for trial in client.trials("s"):
            for step in trial.steps():
                trial.report(step, error=1.0 + rank)

    assert ranks(body) == [None, None]
    warned = [r.getMessage() for r in caplog.records if "differs between ranks" in r.getMessage()]
    assert len(warned) == 4
    assert "error differs between ranks: rank 0 1.0, rank 1 2.0" in warned[0]
    with ashad_client.connect(daemon.address) as client:
        assert {report.value for report in client.list_reports("s")} == {1.0}


def test_what_the_daemon_refuses_all_ranks_hear(ranks):
    def body(client, _):
        for trial in client.trials("s"):
            trial.report(1, loss=1.0)

    assert [error.reason for error in ranks(body)] == ["METRIC_MISSING"] * 2
    assert [e.reason for e in ranks(lambda c, _: next(c.trials("none")))] == ["STUDY_NOT_FOUND"] * 2


def test_a_build_in_which_only_rank_0_hears_hangs(ranks, monkeypatch):
    """These tests can fail: a deadline finds it."""
    monkeypatch.setattr(Hub, "tell", lambda *_: None)
    came = ranks(train, deadline_s=2)
    assert came[1] == "hangs"


def test_a_trial_of_one_rank_is_not_to_be_had(ranks):
    came = ranks(lambda client, _: client.suggest("s"))
    assert [error.reason for error in came] == ["SHARED"] * 2


def test_nobody_joins_without_the_key(daemon):
    """A stranger who finds the port first is turned away, and the ranks still meet."""
    board = ([], threading.Event())

    class Watched(Threads):
        def broadcast(self, text):
            told = super().broadcast(text)
            if self.rank == 1:
                wrong = {**json.loads(told), "key": "00" * 32}
                with pytest.raises(Exception, match="digest"):
                    Agreement(Threads(1, 2, ([json.dumps(wrong)], self.board[1])), None, None)
            return told

    came = []
    hub = threading.Thread(
        target=lambda: came.append(Agreement(Watched(0, 2, board), lambda *_: None, None)),
        daemon=True,
    )
    hub.start()
    spoke = Agreement(Watched(1, 2, board), None, None)
    hub.join(DEADLINE_S)
    assert [one.rank for one in (*came, spoke)] == [0, 1]
    spoke.close()
    came[0].close()


def test_a_stranger_who_says_nothing_holds_nobody_up(daemon):
    board, came = ([], threading.Event()), []

    class Watched(Threads):
        def broadcast(self, text):
            told = json.loads(super().broadcast(text))
            silent.append(socket.create_connection(("127.0.0.1", told["port"])))
            return json.dumps(told)

    silent = []
    hub = threading.Thread(
        target=lambda: came.append(Agreement(Watched(0, 2, board), lambda *_: None, None)),
        daemon=True,
    )
    hub.start()
    spoke = Agreement(Watched(1, 2, board), None, None)
    hub.join(DEADLINE_S)
    assert [one.rank for one in (*came, spoke)] == [0, 1]
    for one in (spoke, came[0], *silent):
        one.close()


def test_a_rank_that_never_comes_is_missed(daemon, monkeypatch):
    monkeypatch.setattr(star, "MEET_S", 0.2)
    group = Threads(0, 3, ([], threading.Event()))
    with pytest.raises(ashad_client.Error, match=r"rank 1, 2 did not come within 0\.2 s"):
        Agreement(group, lambda *_: None, None)


def test_nan_is_no_difference():
    nan = float("nan")
    assert differences("e", [{"metrics": {"e": nan}}, {"metrics": {"e": nan}}]) == ""
    assert differences("e", [{"metrics": {"e": 1.0}}, {"metrics": {}}]) == ""
    assert differences("e", [{"metrics": {"e": nan}}, {"metrics": {"e": 1.0}}]) != ""


def test_what_is_no_group_is_refused():
    with pytest.raises(ashad_client.Error, match=r"torch\.distributed, an Accelerator") as refused:
        group_of("gloo")
    assert refused.value.reason == "UNKNOWN_GROUP"
