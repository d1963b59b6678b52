"""Requests that nobody should send: from a seed, for every rpc of the contract, as bytes.

Most are messages with some fields from a pool of nasty values, right enough to go deep; the others
are bytes that were flipped, cut, doubled or given other wire types.
"""

from __future__ import annotations

import random
from typing import Any

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message

from tests.support.harness import spec

STUDIES = ["stopping", "promotion", "adaptive", "grid", "small", "made"]
_TEXTS = [
    "", " ", "a", "loss", "x", "rate", "width", "w1", "../../etc/passwd", "a\0b", "\x1b[2J", "\n",
    "é\u0301", "\u202e", "💥" * 50, "A" * 200, "A" * 201, "B" * 5000, "'; DROP TABLE study; --",
    "%s%n", "nan", "-1", "ashad", "0" * 32, *STUDIES,
]  # fmt: skip
_WHOLE = [0, 1, 2, 3, 9, 27, -1, 127, 128, 2**31 - 1, -(2**31)]
_LONG = [*_WHOLE, 2**31, 2**32, 2**53 + 1, 10**12, 10**12 + 1, 2**63 - 1, -(2**63)]
_REAL = [
    0.0, -0.0, 1.0, 0.5, 3.0, 1e-320, 5e-324, 1.7976931348623157e308, float("nan"), float("inf"),
    float("-inf"), -1.0, 1e-4,
]  # fmt: skip
_LONGEST_WAIT = 0.005  # seconds; a request that may wait longer is right, and only slow


class Fuzzer:
    """Bytes of requests, each made anew from one seed."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(f"fuzz-{seed}")
        self.held: list[pb.Assignment] = []  # what was handed out: some requests are nearly right

    def request(self, kind: type[Message]) -> bytes:
        """Return a request of that kind, or what was one."""
        message = kind()
        self._fill(message, 0, self.chance.choice([0.0, 0.1, 0.2, 0.6]))
        if self.held and self.chance.random() < 0.5:
            self._lend(message)
        if "max_wait" in message.DESCRIPTOR.fields_by_name:
            if not -1 < message.max_wait.seconds < 1 or self.chance.random() < 0.1:
                message.max_wait.seconds = self.chance.choice([-1, -(2**62), 2**62])
            message.max_wait.nanos = self.chance.choice([0, int(_LONGEST_WAIT * 1e9), -5, 2**30])
            if message.max_wait.seconds == 0 and message.max_wait.nanos > 10**7:
                message.max_wait.nanos = 0
        data = message.SerializeToString()
        return self._spoil(data) if self.chance.random() < 0.3 else data

    def _lend(self, message: Any) -> None:
        """Give a request the lease of a trial that is or was held."""
        lease = self.chance.choice(self.held)
        for name in ("study", "trial", "attempt", "lease_token"):
            if name in message.DESCRIPTOR.fields_by_name and self.chance.random() < 0.95:
                setattr(message, name, getattr(lease, name))
        if "metrics" in message.DESCRIPTOR.fields_by_name and self.chance.random() < 0.8:
            del message.metrics[:]
            message.metrics.add(name="loss", value=self.chance.choice(_REAL))
            message.resource = self.chance.choice([1, 2, 3, 4, 9, 27, 28])

    def _fill(self, message: Any, depth: int, wrong: float) -> None:
        """Set fields: a share `wrong` of them nasty, the others sane or left out."""
        for field in message.DESCRIPTOR.fields:
            if self.chance.random() >= wrong:
                self._sane(message, field, depth)
            elif field.is_repeated:
                for _ in range(self.chance.choice([0, 1, 1, 2, 5])):
                    self._add(message, field, depth)
            elif field.type == Field.TYPE_MESSAGE:
                if depth < 5:
                    self._fill(getattr(message, field.name), depth + 1, 0.5)
            elif field.containing_oneof is None or self.chance.random() < 0.5:
                setattr(message, field.name, self._value(field))

    def _sane(self, message: Any, field: Any, depth: int) -> None:
        chance = self.chance
        values = {
            "study": lambda: chance.choice(STUDIES), "trial": lambda: chance.randrange(20),
            "attempt": lambda: 1, "worker": lambda: f"w{chance.randrange(1000)}",
            "request_id": lambda: f"r{chance.randrange(10**6)}",
            "page_size": lambda: chance.choice([0, 1, 10]), "force": lambda: chance.random() < 0.5,
        }  # fmt: skip
        if field.name == "spec" and field.type == Field.TYPE_MESSAGE:
            message.spec.CopyFrom(spec(max_resource=chance.choice([1, 9, 27])))
        elif field.name == "limits" and depth == 0:
            message.limits.max_trials = chance.choice([1, 50, 10**6])
        elif field.name in values and not field.is_repeated and field.type != Field.TYPE_MESSAGE:
            setattr(message, field.name, values[field.name]())

    def _add(self, message: Any, field: Any, depth: int) -> None:
        entries = getattr(message, field.name)
        if field.type != Field.TYPE_MESSAGE:
            entries.append(self._value(field))
        elif depth < 5:
            self._fill(entries.add(), depth + 1, 0.5)

    def _value(self, field: Any) -> Any:
        chance = self.chance
        if field.type == Field.TYPE_STRING:
            if field.name == "study" and chance.random() < 0.8:
                return chance.choice(STUDIES)
            return chance.choice(_TEXTS)
        if field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
            return chance.choice(_REAL)
        if field.type == Field.TYPE_BOOL:
            return chance.random() < 0.5
        if field.type == Field.TYPE_ENUM:
            return chance.choice([0, 1, 2, 3, 99, -1])
        return chance.choice(_LONG if field.type == Field.TYPE_INT64 else _WHOLE)

    def _spoil(self, data: bytes) -> bytes:
        chance, spoiled = self.chance, bytearray(data)
        for _ in range(chance.choice([1, 1, 2, 8])):
            where = chance.randrange(len(spoiled) + 1)
            match chance.randrange(6):
                case 0:
                    spoiled[where : where + 1] = bytes([chance.randrange(256)])
                case 1:
                    del spoiled[where:]
                case 2:
                    spoiled[where:where] = bytes(chance.randrange(256) for _ in range(5))
                case 3:
                    spoiled[where:where] = spoiled[: chance.randrange(64)]
                case 4 if spoiled:
                    spoiled[where % len(spoiled)] ^= 1 << chance.randrange(8)
                case 5:
                    spoiled[where:where] = b"\xff" * 10 + b"\x7f"
        return bytes(spoiled)
