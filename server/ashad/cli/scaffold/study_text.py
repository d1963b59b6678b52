"""The commented study file that `ashad init` writes. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ashad_client.text import clean

from ashad.cli.scaffold.proposal import toml

if TYPE_CHECKING:
    from ashad.cli.scaffold.proposal import ParameterDraft


@dataclass
class StudyDraft:
    """What the file says. `command`: how the script is run, as it is typed behind --."""

    name: str
    metric: str
    goal: str
    resource: str
    max_resource: int
    max_trials: int
    parameters: list[ParameterDraft]
    left: list[tuple[str, str]] = field(default_factory=list)
    command: str = "python train.py"

    def run(self, path: str) -> str:
        """Write the command that runs it."""
        return f"ashad run --local -f {shlex.quote(path)} --slots 2 -- {self.command}"

    def text(self, path: str) -> str:
        """Write the file."""
        arms = "\n".join(_line(draft) for draft in self.parameters)
        left = "".join(f"#   {name}: {why}\n" for name, why in self.left)
        left = f"\n# Left as the script has them:\n{left}" if left else ""
        first = max(1, self.max_resource // 9)
        printed = clean(f"{self.resource}=3 {self.metric}=0.25")
        run, shown = clean(self.run(path)), clean(path)
        return f"""\
# Check every line marked (check); all keys: ashad study schema
# Try it without training: ashad simulate {shown}
# Then: {run}

name = {toml(self.name)}
metric = {toml(self.metric)}  # (check) as the program prints it: {printed}
goal = {toml(self.goal)}  # (check) or {"maximize" if self.goal == "minimize" else "minimize"}
resource = {toml(self.resource)}
max_resource = {self.max_resource}  # (check) {self.resource}s of a trial that is trained in full

[algorithm]
type = "asha"
min_resource = {first}  # the first cut comes after so many {self.resource}s
eta = 3  # of each rung the best third goes on

[space]  # (check) every range
{arms}
{left}
[limits]
max_trials = {self.max_trials}
"""


def _line(draft: ParameterDraft) -> str:
    name = draft.name if draft.name.replace("-", "_").isidentifier() else toml(draft.name)
    comment = f"  # {draft.comment}" if draft.comment else ""
    return f"{name} = {draft.domain}{comment}"
