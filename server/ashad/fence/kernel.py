"""What the kernel knows of the daemon's connections, and what it does for us. Linux only.

gRPC has the sockets; we look at them by /proc/self/fd, each by a copy of its descriptor, which
stays what it is whatever gRPC does meanwhile. Nothing here needs a privilege.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import ipaddress
import os
import socket
import struct
from collections.abc import Collection, Iterator
from pathlib import Path

from ashad.fence.talk import Seen

_DESCRIPTORS = Path("/proc/self/fd")
_COUNTERS = Path("/proc/self/net/snmp")
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_PART = 200  # sockets looked at in a row, some 3 ms
_BYTES_ACKED = 120  # offset in struct tcp_info; tcpi_bytes_received comes next

# Classic BPF: see linux/bpf_common.h and linux/filter.h. A packet begins at its TCP header.
_LOAD_BYTE, _LOAD_WORD, _AND, _EQUAL, _RETURN = 0x30, 0x20, 0x54, 0x15, 0x06
_NETWORK = 0xFFF00000  # SKF_NET_OFF: from here on offsets are those of the IP header
_RANDOM = 0xFFFFF000 + 56  # SKF_AD_OFF + SKF_AD_RANDOM
SIEVE = 8  # one attempt in so many comes in; a kernel makes five within twenty seconds
_TAKE, _DROP = 0xFFFFFFFF, 0

available = _DESCRIPTORS.is_dir()


def opened() -> int:
    """Return how many connections were ever opened to this machine, or container."""
    try:
        lines = _COUNTERS.read_text().splitlines()
    except OSError:
        return 0
    names, numbers = (line.split() for line in lines if line.startswith("Tcp:"))
    return int(numbers[names.index("PassiveOpens")])


async def connections(ports: Collection[int]) -> dict[str, Seen]:
    """Return what is known of each connection to these ports, by gRPC's name for it.

    On the event loop, in parts: a thread would wait for the interpreter's lock at each of thousands
    of system calls, and the longer the more the loop has to do.
    """
    found = {}
    for number, one in enumerate(_sockets(ports), 1):
        if number % _PART == 0:
            await asyncio.sleep(0)
        with contextlib.suppress(OSError):
            name, host = _names(one.getpeername()[:2])
            info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED + 16)
            sent, received = struct.unpack_from("=QQ", info, _BYTES_ACKED)
            found[name] = Seen(host, received, sent)
    return found


def cut(ports: Collection[int], peers: Collection[str]) -> None:
    """End these connections at once; gRPC finds them closed."""
    for one in _sockets(ports):
        with contextlib.suppress(OSError):
            if _names(one.getpeername()[:2])[0] in peers:
                one.shutdown(socket.SHUT_RDWR)


def bar(ports: Collection[int], hosts: Collection[str], sifted: Collection[str] = ()) -> None:
    """Have the kernel drop what these hosts send to open a connection; other hosts are let in.

    Of what those that are sifted send it drops all but one in `SIEVE`, by chance.
    """
    program = _program(hosts, sifted)
    code = ctypes.create_string_buffer(program, len(program))
    wanted = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    for one in _sockets(ports, listening=True):
        with contextlib.suppress(OSError):
            if hosts or sifted:
                one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, wanted)
            else:
                one.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


def _sockets(ports: Collection[int], *, listening: bool = False) -> Iterator[socket.socket]:
    """Yield a copy of each socket of ours on these ports, and close it again."""
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - of thousands, each second
        try:
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):  # noqa: PTH115
                continue
            copy = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue  # it was closed meanwhile, or is none of ours
        with copy:
            try:
                internet = copy.family in (socket.AF_INET, socket.AF_INET6)
                if not internet or copy.getsockname()[1] not in ports:
                    continue
                accepts = copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            except OSError:
                continue
            if bool(accepts) is listening:
                yield copy


def _names(at: tuple[str, int]) -> tuple[str, str]:
    """Return gRPC's name for the connection from there, and the host."""
    text, port = at
    if ":" not in text:
        return f"ipv4:{text}:{port}", text
    address = ipaddress.IPv6Address(text.partition("%")[0])
    if address.ipv4_mapped is not None:
        return f"ipv4:{address.ipv4_mapped}:{port}", str(address.ipv4_mapped)
    half = ipaddress.IPv6Network((int(address) >> 64 << 64, 64))
    return f"ipv6:%5B{text}%5D:{port}", str(half)


def _program(barred: Collection[str], sifted: Collection[str]) -> bytes:
    """Write the filter: a SYN of one of these hosts is dropped, all else is let through."""
    take, drop = _step(_RETURN, _TAKE), _step(_RETURN, _DROP)
    chance = [_step(_LOAD_WORD, _RANDOM), _step(_AND, SIEVE - 1), _step(_EQUAL, 0, 1, 0), drop]
    four, six = [_step(_LOAD_WORD, _NETWORK + 12)], []
    for hosts, fate in ((barred, [drop]), (sifted, [*chance, take])):
        for host in hosts:
            if ":" not in host:
                address = int(ipaddress.IPv4Address(host))
                four += [_step(_EQUAL, address, 0, len(fate)), *fate]
                continue
            half = int(ipaddress.IPv6Network(host)[0]) >> 64
            six += [
                _step(_LOAD_WORD, _NETWORK + 8), _step(_EQUAL, half >> 32, 0, 2 + len(fate)),
                _step(_LOAD_WORD, _NETWORK + 12), _step(_EQUAL, half & 0xFFFFFFFF, 0, len(fate)),
                *fate,
            ]  # fmt: skip
    four.append(take)
    six.append(take)
    head = [
        _step(_LOAD_BYTE, 13), _step(_AND, 0x12), _step(_EQUAL, 0x02, 1, 0), take,
        _step(_LOAD_BYTE, _NETWORK), _step(_AND, 0xF0), _step(_EQUAL, 0x40, 1, 0),
        _step(0x05, len(four)),  # jump over those of version 4
    ]  # fmt: skip
    return b"".join(head + four + six)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
