"""What the kernel does for the fence, on real sockets of this process."""

from __future__ import annotations

import contextlib
import select
import socket

import pytest
from ashad.fence import kernel

ADDRESSES = ["127.0.0.1", "::1"]


@pytest.fixture(params=["0.0.0.0", "::"])
def listener(request):
    try:
        family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
        made = socket.create_server((request.param, 0), family=family, dualstack_ipv6=False)
        if family == socket.AF_INET6:
            made.close()
            made = socket.create_server((request.param, 0), family=family, dualstack_ipv6=True)
    except OSError:
        pytest.skip("no IPv6 here")
    with made:
        yield made


def connect(host: str, port: int) -> socket.socket | None:
    try:
        return socket.create_connection((host, port), 0.5)
    except OSError:
        return None


def reachable(listener) -> list[str]:
    return ADDRESSES if listener.family == socket.AF_INET6 else ADDRESSES[:1]


async def test_it_names_connections_as_grpc_does_and_counts_their_bytes(listener):
    port = listener.getsockname()[1]
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(connect(host, port)) for host in reachable(listener)]
        served = [stack.enter_context(listener.accept()[0]) for _ in made]
        for one in made:
            one.sendall(b"12345")
        for one in served:
            one.recv(5)
            one.sendall(b"123")
        for one in made:
            one.recv(3)
        found = await kernel.connections({port})
        mine = {one.getsockname()[1] for one in made}
        assert {int(name.rpartition(":")[2]) for name in found} >= mine
        names = {name.rpartition(":")[0] for name in found}
        assert names == {"ipv4:127.0.0.1", "ipv6:%5B::1%5D"} & {
            {"127.0.0.1": "ipv4:127.0.0.1", "::1": "ipv6:%5B::1%5D"}[h] for h in reachable(listener)
        }
        hosts = {seen.host for seen in found.values()}
        assert hosts == {{"127.0.0.1": "127.0.0.1", "::1": "::/64"}[h] for h in reachable(listener)}
        assert {(seen.received, seen.sent) for seen in found.values()} >= {(5, 3)}


async def test_a_barred_host_waits_outside_and_others_do_not(listener):
    port = listener.getsockname()[1]
    barred = {"127.0.0.1": "127.0.0.1", "::1": "::/64"}
    strangers = [f"10.9.{n // 250}.{n % 250}" for n in range(300)]
    strangers += [f"2001:db8:{n}:1::/64" for n in range(80)]
    for host in reachable(listener):
        before = connect(host, port)
        kernel.bar({port}, [*strangers, barred[host], "192.0.2.1", "2001:db8::/64"])
        assert connect(host, port) is None
        for other in reachable(listener):
            if other != host:
                connect(other, port).close()
        before.sendall(b"still here")
        server = listener.accept()[0]
        assert server.recv(100) == b"still here"
        server.close()
        before.close()
        kernel.bar({port}, [])
        connect(host, port).close()
        while True:  # what is left in the queue of the listener
            listener.settimeout(0.1)
            try:
                listener.accept()[0].close()
            except TimeoutError:
                break
        listener.settimeout(None)


async def test_of_a_sifted_host_few_come_in_and_all_of_others(listener):
    port = listener.getsockname()[1]
    sifted = {"127.0.0.1": "127.0.0.1", "::1": "::/64"}
    for host in reachable(listener):
        kernel.bar({port}, ["192.0.2.1", "2001:db8::/64"], ["192.0.2.2", sifted[host]])
        came = [begins(host, port) for _ in range(200)]
        # By chance: 25 of 200; more than 70 or fewer than 3 once in a thousand million runs.
        assert 3 <= sum(came) <= 70
        for other in reachable(listener):
            if other != host:
                assert all(begins(other, port) for _ in range(20))
    kernel.bar({port}, [], [])
    assert begins("127.0.0.1", port)


def begins(host: str, port: int) -> bool:
    """Whether the first packet of a connection is let in; on one machine that is known at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as made:
        made.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            made.connect((host, port))
        return bool(select.select([], [made], [], 0.002)[1])


async def test_a_cut_ends_that_connection_and_no_other(listener):
    port = listener.getsockname()[1]
    one, other = connect("127.0.0.1", port), connect("127.0.0.1", port)
    servers = [listener.accept()[0] for _ in range(2)]
    name = f"ipv4:127.0.0.1:{one.getsockname()[1]}"
    assert name in await kernel.connections({port})
    kernel.cut({port}, {name})
    assert one.recv(1) == b""
    other.sendall(b"x")
    assert servers[1].recv(1) == b"x"
    for each in (one, other, *servers):
        each.close()
