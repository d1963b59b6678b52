"""A hostile peer: floods a server in one way, from a process of its own, for as long as it runs.

    python -m tests.support.hostile_peer ADDRESS KIND [--connections 8] [--token TOKEN] [--tls]

It writes frames by hand as `bench.wire` does, obeys no limit, and reconnects at once when it is cut
off. When its standard input ends it prints how much it got done, as JSON, and exits.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import socket
import ssl
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count

from bench import wire

KINDS = (
    "connections", "handshakes", "calls", "resets", "pings", "settings", "windows", "headers",
    "data",
)  # fmt: skip
_BATCH = 100
_REPORT = "/ashad.v1.SchedulerService/Report"


def chunks(kind: str, address: str, token: str) -> Iterator[bytes]:
    """Yield what one connection sends, without end."""
    yield wire.PREFACE + wire.frame(wire.SETTINGS, 0, 0, b"")
    first, later = wire.headers(address, _REPORT, token)
    stream = 1
    empty = struct.pack(">BI", 0, 0)
    for batch in count():
        made = []
        if token and kind in ("pings", "settings", "windows") and batch % _BATCH == 0:
            made.append(wire.frame(wire.HEADERS, wire.END_HEADERS, stream, first))
            made.append(wire.frame(wire.DATA, wire.END_STREAM, stream, empty))
            first, stream = later, stream + 2  # one call, to be taken for a worker
        for _ in range(_BATCH):
            if kind in ("calls", "resets"):
                made.append(wire.frame(wire.HEADERS, wire.END_HEADERS, stream, first))
                made.append(
                    wire.frame(wire.RESET, 0, stream, struct.pack(">I", 8))
                    if kind == "resets"
                    else wire.frame(wire.DATA, wire.END_STREAM, stream, empty)
                )
                first, stream = later, stream + 2
            elif kind == "pings":
                made.append(wire.frame(wire.PING, 0, 0, b"12345678"))
            elif kind == "settings":
                made.append(wire.frame(wire.SETTINGS, 0, 0, b""))
            elif kind == "windows":  # updates of the window, which nothing answers
                made.append(wire.frame(wire.WINDOW, 0, 0, struct.pack(">I", 1)))
            elif kind == "headers":  # a block of headers that never ends
                start = stream == 1
                made.append(
                    wire.frame(wire.HEADERS if start else wire.CONTINUATION, 0, 1,
                               first if start else b"\x00\x01a\x7f\x81\x7f" + bytes(255))
                )  # fmt: skip
                stream = 3
            elif kind == "data":  # a message that never ends
                if stream == 1:
                    made.append(wire.frame(wire.HEADERS, wire.END_HEADERS, 1, first))
                    made.append(wire.frame(wire.DATA, 0, 1, struct.pack(">BI", 0, 1 << 30)))
                    stream = 3
                made.append(wire.frame(wire.DATA, 0, 1, bytes(1024)))
        yield b"".join(made)


class Flood:
    """The connections of one hostile peer."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        host, _, port = options.address.rpartition(":")
        self._to = host, int(port)
        self._poll = select.epoll()
        self._held: dict[int, tuple[socket.socket, Iterator[bytes], bytes]] = {}
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        """Flood until standard input ends."""
        self._poll.register(sys.stdin, select.EPOLLIN)
        while True:
            while len(self._held) < self._options.connections and self._connect():
                pass
            for number, event in self._poll.poll(0.01):
                if number == sys.stdin.fileno():
                    if not os.read(number, 1):
                        return
                else:
                    self._serve(number, event)

    def _connect(self) -> bool:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.settimeout(0.2)
            made.connect(self._to)
            if self._options.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                context.set_alpn_protocols(["h2"])
                made = context.wrap_socket(made)
        except OSError:
            self.done["refused"] += 1
            made.close()
            return False
        self.done["connected"] += 1
        if self._options.kind == "handshakes":
            made.close()
            return self.done["connected"] % _BATCH != 0  # looks at standard input now and then
        made.setblocking(False)
        kind = self._options.kind
        source = (
            iter(())
            if kind == "connections"
            else chunks(kind, self._options.address, self._options.token)
        )
        self._held[made.fileno()] = made, source, b""
        wanted = select.EPOLLIN | (select.EPOLLOUT if kind != "connections" else 0)
        self._poll.register(made.fileno(), wanted)
        return True

    def _serve(self, number: int, event: int) -> None:
        made, source, rest = self._held[number]
        try:
            if event & select.EPOLLIN:
                answered = len(made.recv(1 << 20))
                if not answered:
                    raise ConnectionResetError
                self.done["answered"] += answered
            if event & select.EPOLLOUT:
                rest = rest or next(source)
                sent = made.send(rest)
                self.done["bytes"] += sent
                self._held[number] = made, source, rest[sent:]
            if event & (select.EPOLLERR | select.EPOLLHUP):
                raise ConnectionResetError
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self.done["cut off"] += 1
            del self._held[number]
            self._poll.unregister(number)
            with contextlib.suppress(OSError):
                made.close()


def main() -> int:
    """Flood and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--token", default="")
    parser.add_argument("--tls", action="store_true")
    flood = Flood(parser.parse_args())
    print("ready", flush=True)
    flood.run()
    print(json.dumps({**flood.done, "held": len(flood._held)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
