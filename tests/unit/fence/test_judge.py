"""The judge under a clock of the test's own: who is thrown out, and above all who is not."""

from __future__ import annotations

from ashad.fence import judge as judging
from ashad.fence.judge import Judge
from ashad.fence.limits import Limits
from ashad.fence.talk import Seen


class Court:
    def __init__(self, **limits: int):
        self.now = 1000.0
        self.told: list[dict] = []
        self.judge = Judge(Limits(**limits), lambda: self.now, lambda _, **f: self.told.append(f))
        self.seen: dict[str, Seen] = {}

    def connect(self, host: str, many: int, first: int = 1) -> list[str]:
        peers = [f"ipv4:{host}:{port}" for port in range(first, first + many)]
        self.seen |= dict.fromkeys(peers, Seen(host, 500, 300))
        return peers

    def move(self, peer: str, received: int, sent: int) -> bool:
        """Let bytes come and go, if the connection is still there; return whether it is."""
        if (had := self.seen.get(peer)) is None:
            return False
        self.seen[peer] = Seen(had.host, had.received + received, had.sent + sent)
        return True

    def look(self, after: float = 1.0):
        self.now += after
        sentence = self.judge.look(self.seen)
        for peer in sentence.cut:
            self.seen.pop(peer, None)
        return sentence


def test_thousands_that_come_back_at_once_are_no_flood():
    """All workers of a cluster behind one address, whose first call waits for three seconds."""
    court = Court()
    peers = court.connect("10.0.0.7", 2000)
    for _ in range(3):
        assert court.look().cut == []
    assert all(court.judge.came(peer) for peer in peers)
    for _ in range(100):
        assert all(court.move(peer, 90, 90) for peer in peers)
        assert court.look() == judging.Sentence([], frozenset())
    assert court.told == []


def test_a_stranger_has_half_a_minute_and_an_idle_worker_all_day():
    court = Court()
    (worker,) = court.connect("10.0.0.7", 1)
    (stranger,) = court.connect("10.0.0.8", 1)
    court.judge.came(worker)
    for _ in range(30):
        assert court.look().cut == []
    assert court.look(2).cut == [stranger]
    for _ in range(100):
        assert court.look(100).cut == []


def test_too_many_strangers_go_and_the_workers_of_the_host_stay():
    court = Court(max_strangers_per_peer=3)
    good = court.connect("10.0.0.7", 5)
    court.look()
    for peer in good:
        court.judge.came(peer)
    court.connect("10.0.0.7", 5, first=100)
    court.look()
    sentence = court.look(6)
    assert len(sentence.cut) == 2
    assert not set(good) & set(sentence.cut)
    assert sentence.barred == {"10.0.0.7"}


def test_of_too_many_connections_the_youngest_go():
    court = Court(max_connections_per_peer=10)
    old = court.connect("10.0.0.7", 10)
    court.look()
    young = court.connect("10.0.0.7", 5, first=100)
    assert sorted(court.look().cut) == sorted(young)
    assert set(court.seen) == set(old)


def test_a_bar_is_lifted_and_the_next_is_four_times_as_long():
    court = Court()
    lasted = []
    for _ in range(5):
        (peer,) = court.connect("10.0.0.7", 1)
        for _ in range(60):
            court.judge.offends(peer)
        assert court.judge.urgent
        assert court.look(0.05).barred == {"10.0.0.7"}
        begun = court.now
        while court.look().barred:
            pass
        lasted.append(round(court.now - begun))
    assert lasted == [10, 40, 160, 600, 600]
    court.look(judging.FORGOTTEN_S + 610)
    (peer,) = court.connect("10.0.0.7", 1)
    for _ in range(60):
        court.judge.offends(peer)
    court.look()
    assert court.told[-1]["seconds"] == 10


def test_who_has_a_wrong_token_and_stops_is_left_alone():
    court = Court()
    for peer in court.connect("10.0.0.7", 40):
        court.judge.offends(peer)
    assert not court.judge.urgent
    assert court.look().cut == []


def test_only_those_of_the_address_that_floods_are_thrown_out():
    court = Court()
    (mistaken,), (hostile,) = court.connect("10.0.0.7", 1), court.connect("10.0.0.8", 1)
    court.judge.offends(mistaken)
    for _ in range(60):
        court.judge.offends(hostile)
    assert court.look(0.05) == judging.Sentence([hostile], frozenset({"10.0.0.8"}))
    assert list(court.seen) == [mistaken]


def test_a_rate_is_of_one_connection():
    court = Court(max_call_rate=10)
    one, other = court.connect("10.0.0.7", 2)
    assert [court.judge.came(one) for _ in range(25)] == [True] * 20 + [False] * 5
    assert court.judge.came(other)
    court.now += 1.0
    assert [court.judge.came(one) for _ in range(11)] == [True] * 10 + [False]


def test_what_it_knows_of_those_who_went_is_forgotten():
    court = Court()
    for port in range(0, 3000, 3):
        for peer in court.connect(f"10.0.{port % 250}.{port % 200}", 3, first=port + 1):
            court.judge.offends(peer)
            court.judge.came(peer)
        court.look()
        court.seen.clear()
    court.look(2000)
    court.look(2000)
    known = (court.judge._connections, court.judge._addresses, court.judge._hosts)
    assert [len(each) for each in known] == [0, 0, 0]
