"""Where trials of a population come from: a tree by donors, and a schedule to replay."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ashad.cli.views import plain, text, trial_view
from ashad.cli.views.study_view import params_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ashad_client.v1 import ashad_pb2 as pb

    from ashad.cli.views.output import Row

SCHEDULE_COLUMNS = ("trial", "start_resource", "end_resource")


def tree(trials: Iterable[pb.Trial], resource: str) -> Iterator[str]:
    """Yield a line for each trial, below the one whose checkpoint it began from."""
    children: dict[int | None, list[pb.Trial]] = defaultdict(list)
    for trial in trials:
        children[plain.optional(trial, "donor_trial")].append(trial)
    todo = [(trial, 0) for trial in reversed(children[None])]
    while todo:
        trial, depth = todo.pop()
        yield _line(trial, depth, resource)
        todo += [(child, depth + 1) for child in reversed(children[trial.trial])]


def _line(trial: pb.Trial, depth: int, resource: str) -> str:
    began = ""
    if trial.HasField("donor_trial"):
        began = f" from {resource} {trial.donor_resource} for trial {trial.parent_trial}"
    best = plain.optional(trial, "best_value")
    value = "" if best is None else f", best {text.number(best)}"
    state = f"{trial_view.state(trial)} at {trial.resource}"
    return f"{'  ' * depth}{trial.trial}{began}: {state}{value}, {params_text(trial.params)}"


def schedule(lineage: Sequence[pb.Trial]) -> list[Row]:
    """Return the parameters by resource that led to the last of some trials, the founder first."""
    ends = [trial.donor_resource for trial in lineage[1:]] + [lineage[-1].resource]
    return [
        {"trial": trial.trial, "start_resource": trial.donor_resource, "end_resource": end}
        | {f"params.{name}": value for name, value in plain.params(trial.params).items()}
        for trial, end in zip(lineage, ends, strict=True)
        if end > trial.donor_resource
    ]
