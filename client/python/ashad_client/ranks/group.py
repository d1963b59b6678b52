"""Which of how many ranks this process is, by whatever started them.

A group is used once, to tell all ranks where rank 0 listens. It computes nothing and takes part in
no collective of the training.
"""

from __future__ import annotations

import itertools
import os
import sys
from types import ModuleType
from typing import Any, Protocol

from ashad_client.errors import Error, misuse

_ENVIRONMENT = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_MPI_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
_MOST_BYTES = 1024
_calls = itertools.count()


class Group(Protocol):
    """What is needed of a group of processes."""

    rank: int
    size: int

    def broadcast(self, text: str) -> str:
        """Return the text of rank 0; every rank calls it."""


class Alone:
    """One process."""

    rank, size = 0, 1

    def broadcast(self, text: str) -> str:
        """Return it."""
        return text


class TorchEnvironment:
    """What torchrun and `accelerate launch` say, before or after `init_process_group`.

    Goes by the store in which the ranks find each other, and leaves the process group to the user.
    """

    def __init__(self) -> None:
        from torch.distributed.rendezvous import rendezvous

        self._store, self.rank, self.size = next(rendezvous("env://"))

    def broadcast(self, text: str) -> str:
        """Return the text of rank 0."""
        again = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        key = f"ashad/{again}/{next(_calls)}"
        if self.rank == 0:
            self._store.set(key, text)
        told: bytes = self._store.get(key)
        return told.decode()


class TorchGroup:
    """A process group of torch.distributed that the user has made, by hand or by spawning."""

    def __init__(self) -> None:
        import torch.distributed

        self._distributed = torch.distributed
        self.rank: int = torch.distributed.get_rank()
        self.size: int = torch.distributed.get_world_size()

    def broadcast(self, text: str) -> str:
        """Return the text of rank 0."""
        told = [text]
        self._distributed.broadcast_object_list(told, src=0)
        return told[0]


class MpiGroup:
    """A communicator of mpi4py."""

    def __init__(self, communicator: Any = None) -> None:
        from mpi4py import MPI

        self._communicator = communicator or MPI.COMM_WORLD
        self.rank: int = self._communicator.Get_rank()
        self.size: int = self._communicator.Get_size()

    def broadcast(self, text: str) -> str:
        """Return the text of rank 0."""
        told: str = self._communicator.bcast(text, root=0)
        return told


class JaxGroup:
    """The processes of JAX, after `jax.distributed.initialize()`."""

    def __init__(self) -> None:
        import jax

        self.rank: int = jax.process_index()
        self.size: int = jax.process_count()

    def broadcast(self, text: str) -> str:
        """Return the text of rank 0."""
        import numpy as np
        from jax.experimental import multihost_utils

        data = np.zeros(_MOST_BYTES, np.uint8)
        said = text.encode()
        data[: len(said)] = np.frombuffer(said, np.uint8)
        told = np.asarray(multihost_utils.broadcast_one_to_all(data)).astype(np.uint8)
        return told.tobytes().rstrip(b"\0").decode()


class XgboostGroup:
    """The workers of XGBoost, within its `CommunicatorContext`."""

    def __init__(self) -> None:
        from xgboost import collective

        self._collective = collective
        self.rank: int = collective.get_rank()
        self.size: int = collective.get_world_size()

    def broadcast(self, text: str) -> str:
        """Return the text of rank 0."""
        told: str = self._collective.broadcast(text, 0)
        return told


def group_of(group: Any = None) -> Group:
    """Return the group that is meant, or that the launcher of this process has made."""
    if group is None:
        return _found()
    name = group.__name__ if isinstance(group, ModuleType) else type(group).__module__
    top = name.split(".")[0]
    if top in ("torch", "accelerate"):
        return _torch()
    if top == "mpi4py":
        return MpiGroup(None if isinstance(group, ModuleType) else group)
    if top == "jax":
        return JaxGroup()
    if top == "xgboost":
        return XgboostGroup()
    if all(hasattr(group, needed) for needed in ("rank", "size", "broadcast")):
        return group  # type: ignore[no-any-return]
    raise misuse(
        "UNKNOWN_GROUP",
        f"group: torch.distributed, an Accelerator, an MPI communicator, jax, xgboost, or an "
        f"object with rank, size and broadcast(text), not {group!r:.100}",
    )


def _found() -> Group:
    if all(name in os.environ for name in _ENVIRONMENT) or _initialized("torch.distributed"):
        return _torch()
    if any(int(os.environ.get(name, "1")) > 1 for name in _MPI_SIZES):
        try:
            return MpiGroup()
        except ImportError:
            raise _without("mpi4py", "mpirun") from None
    if _initialized("jax.distributed"):
        return JaxGroup()
    if _initialized("xgboost.collective", "is_distributed"):
        return XgboostGroup()
    return Alone()


def _initialized(module: str, word: str = "is_initialized") -> bool:
    there = sys.modules.get(module)
    return bool(there and getattr(there, word, lambda: False)())


def _torch() -> Group:
    if all(name in os.environ for name in _ENVIRONMENT):
        if int(os.environ["WORLD_SIZE"]) == 1:
            return Alone()
        try:
            return TorchEnvironment()
        except ImportError:
            raise _without("torch", "a launcher of torch's kind") from None
    return TorchGroup() if _initialized("torch.distributed") else Alone()


def _without(library: str, launcher: str) -> Error:
    return misuse(
        "UNKNOWN_GROUP", f"{launcher} started this process, but {library} cannot be imported"
    )
