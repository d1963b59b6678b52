"""The doors through which a conversation is played.

`scheduler`: the real service, scheduler and file in this process, without a wire. `daemon`: a real
daemon, through bare stubs. `python`, `go` and the others: a real daemon, through a client's driver.
"""

from __future__ import annotations

import asyncio
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import grpc
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service import AdmissionControl, Fence, SchedulerService, StudyService, handlers
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from tests.support import ROOT
from tests.support.proxy import Proxy
from tests.support.script import for_driver, read
from tests.support.stdio_client import Refused, Speaker
from tests.support.takeover import Memory, Replica, epoch_of

LANGUAGES = ("python", "go", "cpp", "typescript", "java", "rust")
SLOW = 40.0  # seconds in which a driver must answer
QUEUED = "CONTINUE UNREACHABLE"  # of a client: asked again, the answer is an echo


class Door(Protocol):
    """One conversation's way to a study."""

    def ask(self, text: str) -> str: ...

    def lose_reply(self) -> None: ...

    def lose_replies(self, lost: bool) -> None: ...

    def kill(self) -> None: ...

    def copy(self) -> None: ...

    def take_over(self) -> None: ...

    def close(self) -> None: ...


class Twice:
    """A speaker's calls; one of them is made twice, as if its first reply were lost."""

    def __init__(self) -> None:
        self.armed = self.deaf = False
        self.speaker = Speaker(self._call)
        self._memories: dict[str, Memory] = {}

    def ask(self, text: str) -> str:
        return self.speaker.ask(for_driver(text))

    def lose_reply(self) -> None:
        self.armed = True

    def lose_replies(self, lost: bool) -> None:
        self.deaf = lost

    def _call(self, service: str, rpc: str, request: Any) -> Any:
        memory = self.memory
        memory.worker = self.speaker.worker
        try:
            answer = self._answer(service, rpc, request)
        except Refused as refused:
            if refused.reason != "EPOCH_CHANGED":
                raise
            for again in memory.change(refused.epoch):
                with suppress(Refused):
                    self._call(*again)
            return self._call(service, rpc, request)
        if self.deaf:
            raise Refused("UNAVAILABLE", "UNREACHABLE")
        memory.remember(service, rpc, request)
        return answer

    def _answer(self, service: str, rpc: str, request: Any) -> Any:
        answer = self._once(service, rpc, request)
        if self.armed:
            self.armed = False
            again = self._once(service, rpc, request)
            if rpc == "CreateStudy":  # it says which of the calls made it
                again.created = answer.created
            assert again == answer, f"{rpc}: repeated, it got another answer"
        return answer

    def _once(self, service: str, rpc: str, request: Any) -> Any:
        raise NotImplementedError

    @property
    def memory(self) -> Memory:
        """That of the client that speaks."""
        return self._memories.setdefault(self.speaker.speaks, Memory())


class InProcess(Twice):
    """Without a wire."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / "ashad.db"
        self._replica = Replica(self._path)
        self._loop = asyncio.new_event_loop()
        self._open()

    def kill(self) -> None:
        """Begin anew with what the file holds."""
        self._shut()
        self._open()

    def copy(self) -> None:
        self._replica.copy()

    def take_over(self) -> None:
        self._shut()
        self._replica.restore()
        self._open()

    def close(self) -> None:
        self._shut()
        self._loop.close()

    def _open(self) -> None:
        self._store, self._reader = Writer(self._path), Reader(self._path)
        self._scheduler = self._loop.run_until_complete(self._start())
        admission = AdmissionControl(lambda *said, **facts: print(said, facts, file=sys.stderr))
        studies = self._scheduler.study
        admission.fence = Fence(
            epoch_of(self._path), lambda s, n: studies(s).state.trial(n), _quiet
        )
        services = (
            SchedulerService(self._scheduler, admission),
            StudyService(self._scheduler, admission),
        )
        self._handlers = {type(one).__name__: handlers(one) for one in services}

    async def _start(self) -> Scheduler:
        return Scheduler(self._store, self._reader, InlineExecutor(), _Clock(), _quiet, _fatal)

    def _shut(self) -> None:
        self._reader.close()
        self._store.connection.close()

    def _once(self, service: str, rpc: str, request: Any) -> Any:
        details = type("Details", (), {"method": f"/ashad.v1.{service}/{rpc}"})
        handler = self._handlers[service].service(details)
        read = handler.request_deserializer(request.SerializeToString())
        context = _Context(self.memory)
        answer = self._loop.run_until_complete(handler.unary_unary(read, context))
        method = pb.DESCRIPTOR.services_by_name[service].methods_by_name[rpc]
        kind = getattr(pb, method.output_type.name)
        return kind.FromString(handler.response_serializer(answer))


class _Context:
    def __init__(self, memory: Memory) -> None:
        self.invocation_metadata, self.set_trailing_metadata = memory.shown, memory.hear

    async def abort(self, code: grpc.StatusCode, _details: str, metadata: Any) -> None:
        raise _refused(code, metadata)


class _Clock:
    def wall(self) -> int:
        return 2_000_000_000_000_000

    def monotonic(self) -> float:
        return 1.0


def _refused(code: grpc.StatusCode, metadata: Any) -> Refused:
    told = {str(key): value for key, value in metadata or ()}
    return Refused(code.name, str(told.get("ashad-reason", "")), int(told.get("ashad-epoch", 0)))


def _quiet(_event: str, **_facts: object) -> None:
    pass


def _fatal(error: BaseException) -> None:
    raise error


class Stubs(Twice):
    """A real daemon, through bare stubs."""

    def __init__(self, daemon: Any, options: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._options = options
        self._daemon = daemon.start(*options)
        self._channel = daemon.channel()

    def kill(self) -> None:
        self._move(lambda: None)

    def copy(self) -> None:
        Replica(self._daemon.db).copy()

    def take_over(self) -> None:
        self._move(Replica(self._daemon.db).restore)

    def _move(self, between: Callable[[], None]) -> None:
        self._channel.close()
        self._daemon.kill()
        between()
        self._daemon.start(*self._options)
        self._channel = self._daemon.channel()

    def close(self) -> None:
        self._channel.close()
        assert self._daemon.stop() == 0

    def _once(self, service: str, rpc: str, request: Any) -> Any:
        stub = getattr(ashad_pb2_grpc, f"{service}Stub")(self._channel)
        try:
            method, shown = getattr(stub, rpc), self.memory.shown()
            answer, call = method.with_call(request, timeout=10, metadata=shown)
        except grpc.RpcError as error:
            raise _refused(error.code(), error.trailing_metadata()) from None
        self.memory.hear(call.trailing_metadata())
        return answer


class Driver:
    """A real daemon, through a client's driver and a proxy that can lose a reply.

    `also`: another address that the client knows, with a comma before it.
    """

    def __init__(
        self,
        language: str,
        daemon: Any,
        options: tuple[str, ...] = (),
        also: str = "",
        **environment: str,
    ) -> None:
        self._options = options
        self.daemon = daemon.start(*options)
        self.proxy = Proxy(daemon.address)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
        kept["ASHAD_ADDRESS"] = self.proxy.address + also
        self.process = subprocess.Popen(
            driver_of(language), env=kept | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8",
        )  # fmt: skip
        self._answers: queue.Queue[str] = queue.Queue()
        self._said: list[str] = []
        pipes = (self.process.stdout, self._answers.put), (self.process.stderr, self._said.append)
        self._pumps = [threading.Thread(target=_pump, args=pipe, daemon=True) for pipe in pipes]
        for pump in self._pumps:
            pump.start()

    def ask(self, text: str, seconds: float = SLOW) -> str:
        self.tell(text)
        return self.answer(seconds)

    def tell(self, text: str) -> None:
        """Send a line without waiting for its answer."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(for_driver(text) + "\n")
            self.process.stdin.flush()

    def answer(self, seconds: float = SLOW) -> str:
        """Return the next answer; a driver that has died or hangs is shown with what it said."""
        try:
            found = self._answers.get(timeout=seconds)
        except queue.Empty:
            found = ""
        if not found:
            state = self.process.poll()
            what = "hangs" if state is None else f"ended with {state}"
            raise AssertionError(f"the driver {what}; it said:\n{self.said[-3000:]}")
        assert found.endswith("\n"), found
        return found[:-1]

    @property
    def said(self) -> str:
        """What it wrote to standard error."""
        return "".join(self._said)

    def lose_reply(self) -> None:
        self.proxy.lose()

    def lose_replies(self, lost: bool) -> None:
        self.proxy.lose(every=lost)

    def kill(self) -> None:
        self.daemon.kill()
        self.daemon.start(*self._options)

    def copy(self) -> None:
        Replica(self.daemon.db).copy()

    def take_over(self) -> None:
        self.daemon.kill()
        Replica(self.daemon.db).restore()
        self.daemon.start(*self._options)

    def close(self) -> None:
        """End it with its input."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            status: int | str = self.process.wait(SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = f"it did not end, and was killed ({self.process.wait()})"
        for pump in self._pumps:
            pump.join()
        self.proxy.close()
        self.daemon.stop()
        assert not self.proxy.armed, "no reply was lost: nothing was asked after it"
        assert status == 0, f"the driver ended with {status}; it said:\n{self.said[-3000:]}"


def _pump(source: Any, sink: Any) -> None:
    for line in source:
        sink(line)
    sink("")
    source.close()


def driver_of(language: str) -> list[str]:
    """Return how the driver of a language is started."""
    if language == "python":
        return [sys.executable, str(ROOT / "client" / "python" / "tools" / "driver.py")]
    return [str(ROOT / "client" / language / "build" / "driver")]


@cache
def present(language: str) -> bool:
    """Whether the tool chain of a language is here, so that its driver can be built."""
    folder = ROOT / "client" / language
    if language == "python":
        return True
    if not (folder / "Makefile").exists():
        return False
    line = ["make", "-s", "-C", str(folder), "check"]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def play(path: Path, door: Door, name: str) -> None:
    """Play one file; fail with file, line, door, what was due and what came."""
    for line in read(path):
        where = f"{path.name}:{line.number}, door {name}"
        if line.mark == "!":
            {
                "lose reply": door.lose_reply,
                "lose replies": lambda: door.lose_replies(True),
                "lose none": lambda: door.lose_replies(False),
                "kill": door.kill,
                "copy": door.copy,
                "take over": door.take_over,
            }[line.text]()
            continue
        try:
            got = door.ask(line.text)
            end = time.monotonic() + SLOW
            while got == QUEUED and time.monotonic() < end:
                time.sleep(0.05)
                got = door.ask(line.text)
        except AssertionError as error:
            raise AssertionError(f"{where}: {line.text}: {error}") from error
        assert got == line.due, f"{where}: {line.text}\n  due: {line.due}\n  got: {got}"
