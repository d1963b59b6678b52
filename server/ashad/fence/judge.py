"""Who is thrown out: decided from the calls that came and what the kernel knows of connections.

Pure: no socket, no clock of its own. A peer is the string by which gRPC calls one connection
("ipv4:10.0.0.7:41234"), a host the address behind it (of IPv6 the /64, which one owner has).
A host that is barred keeps the connections that behave; new ones wait until the bar is lifted. Then
it is sifted for as long: few of its attempts to connect come in, so that who goes on as before is
found out by the first of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ashad.fence.limits import Limits
from ashad.fence.talk import ECHOES, LIST_BYTES, Seen, Talk

# Calls without a good token: of one address. Calls above a limit: of one connection, since many
# honest workers behind one address may share a token that is too slow for them.
AT_ONCE_S = 10.0  # seconds' worth of either, in a row
EXCESSES_PER_S = 5.0
GOINGS_PER_S, GOINGS_AT_ONCE = 1.0, 20.0  # strangers of one host, seen to come and go
STRANGER_S = 30.0  # a connection shows a good token within this time
NEWCOMER_S = 5.0  # so long it does not count: workers that come back at once wait for an answer
IDLE_BYTES = 32 << 10  # of talk beside calls: some 3,600 settings, 2,000 pings or resets
# Sent, but part of no call yet: a message has at most 4 MiB. A stranger begins with one, and all
# strangers of a host together have as much as one who is known.
UNFINISHED_BYTES, UNFINISHED_AT_FIRST = 12 << 20, 5 << 20
LEFT_PER_S = 128 << 10  # and what connections leave behind that go before that, of one host
BAR_S, LONGER, LONGEST_BAR_S, FORGOTTEN_S = 10.0, 4, 600.0, 3600.0
MOST_BARRED = 200
REFUSED_BYTES = 64 << 10  # of the message of a call that is refused unread


@dataclass(slots=True)
class _Bucket:
    """Lets `each_s` through a second, and `at_once` in a row."""

    level: float = 0.0
    since: float = 0.0

    def full(self, now: float, each_s: float, at_once: float, more: float = 1.0) -> bool:
        """Add one, or `more`; return whether that is too many."""
        self.level = max(0.0, self.level - (now - self.since) * each_s) + more
        self.since = now
        if self.level <= at_once:
            return False
        self.level = at_once
        return True


@dataclass(slots=True)
class _Connection:
    seen: float | None = None  # when the kernel was first asked and knew it
    good: bool = False  # has shown a good token
    talk: Talk = field(default_factory=Talk)
    missed: bool = False  # called, but the kernel did not know it at the last look
    rate: _Bucket = field(default_factory=_Bucket)
    offences: _Bucket = field(default_factory=_Bucket)


@dataclass(slots=True)
class _Address:
    offences: _Bucket = field(default_factory=_Bucket)
    offenders: set[str] = field(default_factory=set)  # its connections that took part


@dataclass(slots=True)
class _Host:
    until: float = 0.0  # barred
    sifted: float = 0.0  # until then few come in
    next_s: float = BAR_S
    goings: _Bucket = field(default_factory=_Bucket)
    unfinished: _Bucket = field(default_factory=_Bucket)  # bytes of connections that have gone


@dataclass(slots=True)
class Sentence:
    """What is to be done: connections that are cut, and hosts that are barred now, or sifted."""

    cut: list[str]
    barred: frozenset[str]
    sifted: frozenset[str] = frozenset()


class Judge:
    """Counts and decides. `monotonic` gives seconds; `tell` writes a line of the log."""

    def __init__(
        self, limits: Limits, monotonic: Callable[[], float], tell: Callable[..., object]
    ) -> None:
        self._limits, self._monotonic, self._tell = limits, monotonic, tell
        self._connections: dict[str, _Connection] = defaultdict(_Connection)
        self._addresses: dict[str, _Address] = defaultdict(_Address)
        self._hosts: dict[str, _Host] = defaultdict(_Host)
        self._where: dict[str, str] = {}  # the host of each peer, as last seen
        self._offenders: dict[str, str] = {}
        self._looked = monotonic()

    def came(self, peer: str, asked: int = 0, *, lists: bool = False) -> bool:
        """Count a call that came through; return whether its connection may make so many.

        A message of a stream counts as a call. `asked` is its size in bytes; `lists`: its answer
        may be far larger.
        """
        one = self._connections[peer]
        one.good = True
        one.talk.account(asked, LIST_BYTES if lists else ECHOES * asked)
        rate = float(self._limits.max_call_rate)
        if not one.rate.full(self._monotonic(), rate, 2 * rate):
            return True
        self.exceeds(peer)
        return False

    def told(self, peer: str, size: int) -> None:
        """Count a message to a watcher, whom it makes answer that it came."""
        self._connections[peer].talk.told(size)

    def exceeds(self, peer: str) -> None:
        """Count a call of a good token that came too soon."""
        one = self._connections[peer]
        one.talk.account(REFUSED_BYTES, 0)
        if one.offences.full(self._monotonic(), EXCESSES_PER_S, AT_ONCE_S * EXCESSES_PER_S):
            self._offenders[peer] = "goes on calling above a limit"

    def offends(self, peer: str) -> None:
        """Count a call that has no good token, whether it needs one or not."""
        self._connections[peer].talk.account(0, 0)  # it has a limit of its own
        one = self._addresses[peer.rpartition(":")[0]]
        one.offenders.add(peer)
        rate = float(self._limits.max_refused_rate)
        if one.offences.full(self._monotonic(), rate, AT_ONCE_S * rate):
            self._offenders |= dict.fromkeys(one.offenders, "too many calls without a good token")
            one.offenders.clear()

    @property
    def urgent(self) -> bool:
        """Whether somebody should be thrown out at once."""
        return bool(self._offenders)

    def glimpse(self, seen: Mapping[str, Seen]) -> None:
        """Remember who is there now, if only for a moment: the next look counts who has gone."""
        now = self._monotonic()
        for peer, (host, *_) in seen.items():
            if peer not in self._connections:
                self._connections[peer].seen = now
                self._where[peer] = host

    def look(self, seen: Mapping[str, Seen]) -> Sentence:
        """Decide, from all connections that there are."""
        now = self._monotonic()
        took, self._looked = max(now - self._looked, 1e-3), now
        cut = [peer for peer in self._offenders if peer in seen]
        for peer in cut:
            self._bar(seen[peer].host, self._offenders[peer], now)
        self._offenders.clear()
        self._forget(seen, now)
        hosts: dict[str, list[str]] = defaultdict(list)
        for peer, found in seen.items():
            one = self._connections[peer]
            one.seen = now if one.seen is None else one.seen
            hosts[found.host].append(peer)
            one.talk.look(found, took)
            if why := _idles(one):
                cut.append(peer)
                self._bar(found.host, why, now)
            elif not one.good and now - one.seen > STRANGER_S:
                cut.append(peer)
        for host, peers in hosts.items():
            cut += self._too_many(host, peers, now)
            cut += self._too_much(host, peers, now)
        self._where = {peer: found.host for peer, found in seen.items()}
        barred = sorted(h for h, one in self._hosts.items() if one.until > now)[:MOST_BARRED]
        sifted = sorted(h for h, one in self._hosts.items() if one.until <= now < one.sifted)
        return Sentence(cut, frozenset(barred), frozenset(sifted[:MOST_BARRED]))

    def _too_many(self, host: str, peers: list[str], now: float) -> list[str]:
        """Return the youngest of a host's connections that are above its limits."""
        known = self._connections
        strangers = [
            peer for peer in peers
            if not known[peer].good and now - (known[peer].seen or now) > NEWCOMER_S
        ]  # fmt: skip
        above: list[str] = []
        for some, most in (
            (peers, self._limits.max_connections_per_peer),
            (strangers, self._limits.max_strangers_per_peer),
        ):
            if len(some) > most:
                some.sort(key=lambda peer: (not known[peer].good, known[peer].seen or now))
                above += some[most:]
                self._bar(host, "too many connections", now)
        return above

    def _too_much(self, host: str, peers: list[str], now: float) -> list[str]:
        """Return the strangers of a host that send without end, where each alone is within bounds.

        Who shows a token is no stranger from then on: all that thousands of workers send to begin
        with is no more than their handshakes.
        """
        heard = {
            peer: one.talk.heard for peer in peers
            if not (one := self._connections[peer]).good and one.talk.heard > IDLE_BYTES
        }  # fmt: skip
        if sum(heard.values()) <= UNFINISHED_BYTES:
            return []
        self._bar(host, "bytes without calls", now)
        return list(heard)

    def _forget(self, seen: Mapping[str, object], now: float) -> None:
        """Forget connections that have ended, and addresses that have behaved for long."""
        for peer in [peer for peer in self._connections if peer not in seen]:
            gone = self._connections[peer]
            if gone.seen is None and not gone.missed:  # it may have come after the kernel looked
                gone.missed = True
                continue
            del self._connections[peer]
            host = self._where.get(peer)
            if (
                host is not None
                and gone.talk.heard > IDLE_BYTES
                and self._hosts[host].unfinished.full(
                    now, LEFT_PER_S, UNFINISHED_BYTES, gone.talk.heard
                )
            ):
                self._bar(host, "bytes without calls", now)
            # A storm of handshakes: few are seen at any instant, and each is gone at the next.
            if (
                host is not None and not gone.good and gone.seen is not None
                and self._hosts[host].goings.full(now, GOINGS_PER_S, GOINGS_AT_ONCE)
            ):  # fmt: skip
                self._bar(host, "too many handshakes that come to nothing", now)
        for address in [
            address for address, one in self._addresses.items()
            if one.offences.since + AT_ONCE_S < now
        ]:  # fmt: skip
            del self._addresses[address]
        for host in [
            host for host, one in self._hosts.items()
            if max(one.until, one.goings.since, one.unfinished.since) + FORGOTTEN_S < now
        ]:  # fmt: skip
            del self._hosts[host]

    def _bar(self, host: str, why: str, now: float) -> None:
        one = self._hosts[host]
        if one.until > now:
            return
        one.until = now + one.next_s
        one.sifted = one.until + one.next_s
        self._tell("a peer is thrown out", host=host, why=why, seconds=one.next_s)
        one.next_s = min(LONGER * one.next_s, LONGEST_BAR_S)


def _idles(one: _Connection) -> str:
    """Return what is wrong with what a connection sends beside calls, or nothing."""
    if one.talk.idle > IDLE_BYTES:
        return "frames that are no calls"
    unfinished = UNFINISHED_BYTES if one.good else UNFINISHED_AT_FIRST
    return "bytes without calls" if one.talk.heard > unfinished else ""
