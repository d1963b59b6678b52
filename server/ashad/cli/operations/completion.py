"""`ashad completion`: the shell's TAB key knows commands, flags, studies and trials.

What a daemon must be asked for is asked once, briefly; where none answers there is no completion,
and no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from ashad_client.v1 import ashad_pb2 as pb
from click.shell_completion import CompletionItem, get_completion_class

if TYPE_CHECKING:
    from google.protobuf.message import Message

_SHELLS = ("bash", "zsh", "fish")
_PATIENCE_S = 1.0
_MOST = 200
_INSTALL = {
    "bash": 'eval "$(ashad completion bash)"     # in ~/.bashrc',
    "zsh": 'eval "$(ashad completion zsh)"      # in ~/.zshrc, after compinit',
    "fish": "ashad completion fish | source     # in ~/.config/fish/config.fish",
}


@click.command(epilog="\b\n" + "\n".join(_INSTALL.values()))
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes the shell complete `ashad`.

    Commands and flags, and the names of studies and numbers of trials at --address.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root().command
    click.echo(kind(root, {}, "ashad", "_ASHAD_COMPLETE").source())


def studies(ctx: click.Context, _: click.Parameter | None, begun: str) -> list[CompletionItem]:
    """Complete the name of a study."""
    found = _ask(ctx, "ListStudies", pb.ListStudiesRequest(page_size=_MOST))
    names = [study.name for study in found.studies] if found else []
    return [CompletionItem(name) for name in names if name.startswith(begun)]


def trials(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete the number of a trial of the study that stands before it."""
    request = pb.ListTrialsRequest(study=ctx.params.get("name") or "", page_size=_MOST)
    found = _ask(ctx, "ListTrials", request)
    numbers = [str(trial.trial) for trial in found.trials] if found else []
    return [CompletionItem(number) for number in numbers if number.startswith(begun)]


def _ask(ctx: click.Context, rpc: str, request: Message) -> Any:
    """Return what a daemon says at once, or None."""
    from ashad.cli.rpc import connect  # noqa: PLC0415  # grpc, only when TAB needs it

    try:
        with connect(ctx) as daemon:
            return daemon.call(rpc, request, _PATIENCE_S)
    except click.ClickException:
        return None
