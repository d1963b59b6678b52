"""A gRPC caller that costs almost nothing: one blocking socket, frames made by hand.

It speaks just enough HTTP/2 (RFC 9113) for one rpc, one call or one message of a stream at a time:
no library, no thread, no event loop, so that on a machine shared with the server the load takes
little from it. It sends the headers that grpcio sends, compressed as grpcio compresses them: in
full with the first call, as references (RFC 7541) with each later one. What it does not expect it
raises as `Broken`.
"""

from __future__ import annotations

import socket
import struct
from typing import Self

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
_INITIAL_WINDOW = 4
_LONGEST_FRAME = 16384
_MOST = 2**31 - 1
_FIRST_WINDOW = 65535
_POST_HTTP = b"\x83\x86"  # two entries of HPACK's static table, which has 61
_PATH = b"\x04"  # its third: a path, to be spelt out and not to be remembered
_NEW, _KNOWN, _NEWEST = 0x40, 0x80, 62


class Broken(Exception):  # noqa: N818 - it says what the matter is
    """The server did not answer a call as it should."""


class Connection:
    """One connection of one caller of one rpc: `call`, then `receive` until the answer is there."""

    def __init__(self, address: str, path: str, token: str = "", *others: str) -> None:
        """`others`: more rpcs, for calls that ask for them by number, though not for the first."""
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers, self._short = headers(address, path, token)
        # The references but that to the first path, which is the oldest of them.
        same = self._short[len(_POST_HTTP) : -1]
        self._others = [_POST_HTTP + _PATH + _text(other) + same for other in others]
        self._stream = -1
        self._window = _FIRST_WINDOW  # bytes that we may still send
        self._room = _FIRST_WINDOW  # the same, on the stream
        self._buffer = b""
        self._message: bytes | None = None
        settings = struct.pack(">HI", 4, _MOST)  # the window of each stream that we receive
        room = struct.pack(">I", _MOST - _FIRST_WINDOW)  # and that of the connection
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, settings) + frame(WINDOW, 0, 0, room))

    def call(self, body: bytes, *, other: int = 0) -> None:
        """Send one call; `other`: of which of the others, from 1."""
        self._stream += 2
        self._window -= len(body) + 5
        if self._window < 0:
            raise Broken("the server opened no window")
        head = self._others[other - 1] if other else self._headers
        self.socket.sendall(
            frame(HEADERS, END_HEADERS, self._stream, head)
            + frame(DATA, END_STREAM, self._stream, struct.pack(">BI", 0, len(body)) + body)
        )
        self._headers = self._short

    def receive(self) -> bytes | None:
        """Take in what has come; return the answer if that ended it, None if there is more."""
        data = self.socket.recv(65536)
        if not data:
            raise Broken("the server closed the connection")
        data = self._buffer + data
        at, size, answer = 0, len(data), None
        while size - at >= 9:
            end = at + 9 + (data[at] << 16 | data[at + 1] << 8 | data[at + 2])
            if end > size:
                break
            kind, flags = data[at + 3], data[at + 4]
            if kind == DATA:
                answer = self._take(data[at + 9 : end])
            elif kind != HEADERS:
                self._control(kind, flags, data[at + 5 : end])
            elif flags & END_STREAM:
                answer = self._end(data[at + 9 : end])
            at = end
        self._buffer = data[at:]
        return answer

    def ask(self, body: bytes) -> bytes:
        """Make one call and wait for its answer."""
        self.call(body)
        while (answer := self.receive()) is None:
            pass
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _take(self, payload: bytes) -> bytes | None:
        self._message = payload[5:]  # behind the flag and the length of gRPC
        return None

    def _end(self, trailers: bytes) -> bytes:
        if self._message is None:  # an error has no message
            raise Broken(f"refused: {trailers!r}")
        answer, self._message = self._message, None
        return answer

    def _control(self, kind: int, flags: int, rest: bytes) -> None:
        stream, payload = struct.unpack(">I", rest[:4])[0], rest[4:]
        if kind == SETTINGS and not flags & ACK:
            for name, value in struct.iter_unpack(">HI", payload):
                self._room += (value - _FIRST_WINDOW) * (name == _INITIAL_WINDOW)
            self.socket.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, payload))
        elif kind == WINDOW and stream == 0:
            self._window += struct.unpack(">I", payload)[0]
        elif kind == WINDOW:
            self._room += struct.unpack(">I", payload)[0]
        elif kind in (RESET, GOAWAY):
            raise Broken(f"frame {kind}: {payload!r}")


class Stream(Connection):
    """One stream of messages: `call` sends one, `receive` until its answer is there."""

    def __init__(self, address: str, path: str) -> None:
        super().__init__(address, path)
        self._stream = 1
        self._part = b""
        self.socket.sendall(frame(HEADERS, END_HEADERS, 1, self._headers))

    def call(self, body: bytes, *, other: int = 0) -> None:
        """Send one message."""
        assert not other
        whole = struct.pack(">BI", 0, len(body)) + body
        self._window -= len(whole)
        self._room -= len(whole)
        if min(self._window, self._room) < 0:
            raise Broken("the server opened no window")
        parts = [whole[at : at + _LONGEST_FRAME] for at in range(0, len(whole), _LONGEST_FRAME)]
        self.socket.sendall(b"".join(frame(DATA, 0, 1, part) for part in parts))

    def _take(self, payload: bytes) -> bytes | None:
        self._part += payload
        if len(self._part) < 5 or len(self._part) < 5 + int.from_bytes(self._part[1:5], "big"):
            return None
        answer, self._part = self._part[5:], b""
        return answer

    def _end(self, trailers: bytes) -> bytes:
        raise Broken(f"the stream was ended: {trailers!r}")


def headers(address: str, path: str, token: str) -> tuple[bytes, bytes]:
    """Return the headers of the first call of a connection, and those of each later one."""
    named = {
        ":path": path, ":authority": address, "te": "trailers",
        "content-type": "application/grpc", "user-agent": "ashad-bench",
    }  # fmt: skip
    if token:
        named["authorization"] = f"Bearer {token}"
    first = b"".join(bytes([_NEW]) + _text(name) + _text(value) for name, value in named.items())
    later = bytes(_KNOWN | _NEWEST + i for i in range(len(named)))
    return _POST_HTTP + first, _POST_HTTP + later


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">BHBBI", 0, len(payload), kind, flags, stream) + payload


def _text(text: str) -> bytes:
    assert len(text) < 127  # one byte says how long it is
    return bytes([len(text)]) + text.encode()
