"""A proxy before the daemon that loses replies: it waits until it was answered, then cuts.

It reads the frames of HTTP/2 on the way back: a HEADERS or DATA frame of a call says that the
daemon has decided and committed. Those bytes do not arrive, and the connection ends.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_ANSWER = {0x0, 0x1}  # DATA, HEADERS


class Proxy:
    """Listens on a port of its own; `lose` arms it, once or until it is told otherwise."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._armed = threading.Event()
        self._every = False
        self.lost = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = {self._server}
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def lose(self, every: bool | None = None) -> None:
        """Lose the next reply; or each one, or none any more."""
        self._every = bool(every)
        if every is False:
            self._armed.clear()
        else:
            self._armed.set()

    @property
    def armed(self) -> bool:
        return self._armed.is_set()

    def close(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, 5)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        threading.Thread(target=self._pass, args=(near, far), daemon=True).start()
        self._pass_back(far, near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        self._cut(source, sink)

    def _pass_back(self, far: socket.socket, near: socket.socket) -> None:
        frames = _Frames()
        with suppress(OSError):
            while data := far.recv(65536):
                if frames.answers(data) and self._armed.is_set():
                    if not self._every:
                        self._armed.clear()
                    self.lost += 1
                    break
                near.sendall(data)
        self._cut(far, near)

    def _cut(self, *sockets: socket.socket) -> None:
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)


class _Frames:
    """Frames of one direction: length in 3 bytes, type, flags, stream in 4, then so many bytes."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0

    def answers(self, data: bytes) -> bool:
        """Take in bytes; return whether a frame of an answer begins among them."""
        found, data = False, self._rest + data
        at = 0
        while True:
            step = min(self._skip, len(data) - at)
            at, self._skip = at + step, self._skip - step
            if self._skip or len(data) - at < 9:
                break
            found = found or data[at + 3] in _ANSWER
            self._skip = 9 + int.from_bytes(data[at : at + 3], "big")
        self._rest = data[at:]
        return found
