"""The line between rank 0 and each other rank: a word from every rank, one answer for all.

The operating system says at once when a rank is gone, also where it was killed. Whoever connects
shows the key that rank 0 made; what is said is JSON, never pickles. It knows nothing of trials.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    answer_challenge,
    deliver_challenge,
)
from pathlib import Path
from typing import Any

from ashad_client.errors import misuse
from ashad_client.ranks.group import Group

Word = dict[str, Any]
# Before a lease ends by far: a host that is gone without a word is missed after so many seconds.
_SILENCE_S = 40
MEET_S = 300.0  # until all ranks are there, from when rank 0 is


class Line:
    """One connection; may be told from several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._wire = socket.socket(fileno=os.dup(connection.fileno()))
        self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_NODELAY", 1),
            ("TCP_KEEPIDLE", _SILENCE_S // 4),
            ("TCP_KEEPINTVL", _SILENCE_S // 4),
            ("TCP_KEEPCNT", 3),
            ("TCP_USER_TIMEOUT", _SILENCE_S * 1000),
        ):
            if hasattr(socket, name):
                self._wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def tell(self, word: Word) -> bool:
        """Say it; return whether somebody was there."""
        try:
            with self._lock:
                self._connection.send_bytes(json.dumps(word).encode())
        except (OSError, ValueError):
            return False
        return True

    def hear(self) -> Word | None:
        """Return what is said next, or None where the other is gone."""
        try:
            word: Word = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            return None
        return word

    def close(self) -> None:
        """Hang up; whoever is hearing hears the end, and what was said before it arrives."""
        with contextlib.suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        self._wire.close()


class Reception:
    """Where the other ranks come in, each with the key; whoever has none holds nobody up."""

    def __init__(self, host: str, size: int, key: bytes) -> None:
        self._server = socket.create_server((host, 0), backlog=size)
        self.port: int = self._server.getsockname()[1]
        self._key = key
        self._came: queue.SimpleQueue[tuple[int, Line]] = queue.SimpleQueue()
        threading.Thread(target=self._open, name="ashad-ranks", daemon=True).start()

    def next(self, seconds: float) -> tuple[int, Line] | None:
        """Return the next that came, or None where none did in time."""
        try:
            return self._came.get(timeout=max(0, seconds))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Let nobody in any more."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # whoever waits for the next one wakes up
        self._server.close()

    def _open(self) -> None:
        while True:
            try:
                connection = Connection(self._server.accept()[0].detach())
            except OSError:
                return
            threading.Thread(target=self._admit, args=(connection,), daemon=True).start()

    def _admit(self, connection: Connection) -> None:
        try:
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            line = Line(connection)
        except (AuthenticationError, EOFError, OSError):
            connection.close()
            return
        hello = line.hear()
        if hello is not None:
            self._came.put((hello["rank"], line))


class Hub:
    """Rank 0's end: hears every rank at any time, in a thread for each."""

    def __init__(self, group: Group, heard: Callable[[int, Word | None], bool]) -> None:
        """Let all ranks connect. `heard(rank, word)`: whether that was all; None: it is gone."""
        self._heard = heard
        self._lines: dict[int, Line] = {}
        self._words: dict[int, queue.SimpleQueue[Word | None]] = {}
        key = secrets.token_bytes(32)
        local = os.environ.get("LOCAL_WORLD_SIZE") == str(group.size)
        place = Reception("127.0.0.1" if local else "", group.size, key)
        with contextlib.closing(place) as reception:
            hosts = dict.fromkeys(
                [os.environ.get("MASTER_ADDR", ""), socket.getfqdn(), socket.gethostname()]
            )
            invitation = {
                "key": key.hex(),
                "host": _this_host(),
                "hosts": ["127.0.0.1"] if local else [host for host in hosts if host],
                "port": reception.port,
            }
            group.broadcast(json.dumps(invitation))
            self._meet(set(range(1, group.size)), reception)
        for rank, line in self._lines.items():
            self._words[rank] = queue.SimpleQueue()
            threading.Thread(
                target=self._listen, args=(rank, line), name=f"ashad-rank-{rank}", daemon=True
            ).start()

    def _meet(self, missing: set[int], reception: Reception) -> None:
        until = time.monotonic() + MEET_S
        while missing:
            came = reception.next(until - time.monotonic())
            if came is None:
                self.close()
                who = ", ".join(map(str, sorted(missing)))
                raise misuse("RANK_LOST", f"rank {who} did not come within {MEET_S:g} s")
            rank, line = came
            if rank in missing:
                missing.remove(rank)
                self._lines[rank] = line

    def next_word(self, rank: int) -> Word | None:
        """Return what a rank says next, or None where it is gone."""
        word = self._words[rank].get()
        if word is None:
            self._words[rank].put(None)  # it stays so
        return word

    def tell(self, rank: int, word: Word) -> None:
        """Say it to one rank."""
        self._lines[rank].tell(word)

    def tell_all(self, word: Word) -> None:
        """Say it to every other rank."""
        for line in self._lines.values():
            line.tell(word)

    def close(self) -> None:
        """Hang up."""
        for line in self._lines.values():
            line.close()

    def _listen(self, rank: int, line: Line) -> None:
        while True:
            word = line.hear()
            if not self._heard(rank, word):
                self._words[rank].put(word)
            if word is None:
                return


def spoke(group: Group) -> Line:
    """Connect another rank to rank 0."""
    told = json.loads(group.broadcast(""))
    hosts = ["127.0.0.1"] if told["host"] == _this_host() else told["hosts"]
    problem: Exception | None = None
    for host in hosts:
        try:
            line = Line(Client((host, told["port"]), "AF_INET", bytes.fromhex(told["key"])))
        except OSError as error:  # noqa: PERF203  # a few
            problem = error
        else:
            line.tell({"rank": group.rank})
            return line
    raise misuse("RANK_LOST", f"rank {group.rank} cannot reach rank 0 at {hosts}: {problem}")


def _this_host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        boot = ""
    return f"{socket.gethostname()} {boot.strip()}"
