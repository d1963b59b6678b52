"""Asks the library Optuna, which lives in a process beside the daemon, and says what is missing."""

from __future__ import annotations

from importlib.util import find_spec

from ashad.outside.channel import Channel, encoded
from ashad.outside.optuna_question import Question

NEEDS = {
    "tpe_multivariate": ("optuna",),
    "gp": ("optuna", "scipy", "torch"),
    "cmaes": ("optuna", "cmaes"),
}
PATIENCE = 120.0  # seconds for one answer


def missing(method: str) -> str | None:
    """Return what has to be installed for this sampler, or None where it is there."""
    lacking = [name for name in NEEDS[method] if find_spec(name) is None]
    if not lacking:
        return None
    more = " torch" if method == "gp" else ""
    return f"{', '.join(lacking)} is not there; pip install 'ashad[optuna]'{more}"


class Process:
    """The process beside the daemon, one for the questions of all studies."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._channel = Channel(patience)

    @staticmethod
    def missing(method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        return missing(method)

    @property
    def pid(self) -> int | None:
        """Return the number of the process, None where there is none."""
        return self._channel.pid

    async def ask(self, question: Question) -> list[float]:
        """Return the answer.

        Raises where there is none: OSError, TimeoutError, UnanswerableError.
        """
        line = await encoded(question._asdict())

        async def same(process: int) -> bytes:  # noqa: ARG001 - whichever process it is
            return line

        place: list[float] = (await self._channel.ask(same))["place"]
        return place

    async def close(self) -> None:
        """End the process."""
        await self._channel.close()


class Inline:
    """Asks in this process: for simulations, where no time passes."""

    @staticmethod
    def missing(method: str) -> str | None:
        """Return what has to be installed for this sampler, or None where it is there."""
        return missing(method)

    async def ask(self, question: Question) -> list[float]:
        """Return the answer."""
        from ashad.outside.optuna_answer import answer  # noqa: PLC0415

        return answer(**question._asdict())
