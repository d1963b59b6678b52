"""A trial that all ranks hold: the same parameters, and each decision made once for all of them.

Every rank calls `report` at the same steps; rank 0's value is what counts. A stop never raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Callable, final

from ashad_client.decision import STOP, Decision
from ashad_client.ranks.agreement import Agreement
from ashad_client.ranks.message import decision_of, numbers
from ashad_client.session.attempt import describe
from ashad_client.session.replicates import Replicates
from ashad_client.values import Native

Ending = Callable[[str, str], None]


@final
class SharedTrial:
    """One trial of several ranks, as each of them sees it; used like a `Trial`."""

    def __init__(
        self,
        told: Mapping[str, Any],
        agreement: Agreement,
        answer: Callable[[list[dict[str, Any]], Any], dict[str, Any]],
        end: Ending,
    ) -> None:
        self.study: str = told["study"]
        self.number: int = told["number"]
        self.attempt: int = told["attempt"]
        self.params: dict[str, Native] = told["params"]
        self.seed: int = told["seed"]
        self.start_resource: int = told["start_resource"]
        self.target_resource: int = told["target_resource"]
        self.max_resource: int = told["max_resource"]
        self.resume_checkpoint: str = told["resume_checkpoint"]
        self.metric: str = told["metric"]
        self.decision = decision_of(told["decision"])
        self.rank, self.size = agreement.rank, agreement.size
        self._agreement, self._answer, self._end = agreement, answer, end
        self._position = self.start_resource

    def steps(self) -> Iterator[int]:
        """Yield the resources to train, the same on every rank, until a report says to stop."""
        step = self._position + 1
        while step <= self.target_resource and not self.decision.should_stop:
            yield step
            step = max(step, self._position) + 1

    def replicates(self, quantile: float | None = None) -> Replicates:
        """Return what joins several seeds or folds; each rank adds the same values."""
        return Replicates(self, quantile)

    def report(
        self,
        resource: int,
        checkpoint: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Decision:
        """Report metrics after `resource`; every rank calls it, and hears the same decision.

        What rank 0 says is reported, so the metric is one that is equal on all ranks, reduced by
        the framework; where another rank says another value, a warning names them.
        """
        said = {**(metrics or {}), **values}
        word = {"do": "report", "resource": resource, "metrics": numbers(said)}
        self._hear(word, (resource, checkpoint, said))
        if not self.decision.should_stop:
            self._position = max(self._position, resource)
        return self.decision

    def should_stop(self) -> bool:
        """Whether to leave the loop now; every rank asks, and hears the same."""
        self._hear({"do": "should_stop"}, None)
        return self.decision.should_stop

    def complete(self) -> None:
        """End it: the training ended by itself. One rank is enough."""
        self._finish("complete", "")

    def fail(self, message: str) -> None:
        """End it: the training broke. One rank is enough, and the others hear it when they ask."""
        self._finish("fail", message)

    def infeasible(self, message: str) -> None:
        """End it: this configuration cannot work at all. One rank is enough."""
        self._finish("infeasible", message)

    def release(self) -> None:
        """Give it back. One rank is enough."""
        self._finish("release", "")

    def _hear(self, word: dict[str, Any], own: Any) -> None:
        if self.decision.should_stop:
            return
        told = self._agreement.decide(word, lambda words: self._answer(words, own))
        self.decision = (
            decision_of(told["decision"]) if "decision" in told else Decision(STOP, "RELEASED")
        )

    def _finish(self, kind: str, message: str) -> None:
        if not self.decision.should_stop:
            self._end(kind, message)
            self.decision = Decision(STOP, kind.upper())

    def __enter__(self) -> SharedTrial:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self.fail(describe(error))
        elif error is not None:
            self.release()

    def __repr__(self) -> str:
        return (
            f"<trial {self.study}/{self.number} (attempt {self.attempt}), rank {self.rank} of "
            f"{self.size}, {self.decision.action} {self.params}>"
        )
