"""`python -m ashad_client`: the agent and its kin, by the thin client alone."""

from __future__ import annotations

import sys

_WINDOWS = (
    "error: run, launch, ask and tell end programs by signals and so do not run on Windows; a "
    "program that calls ashad_client itself does"
)
_USAGE = """\
usage: python -m ashad_client run [OPTIONS] STUDY -- COMMAND [ARGUMENT...]
       python -m ashad_client launch ENGINE [OPTIONS] STUDY -n N -- COMMAND [ARGUMENT...]
       python -m ashad_client ask [OPTIONS] STUDY
       python -m ashad_client tell [OPTIONS] NAME=VALUE...

`run` runs any executable as the trials of a study, `launch` has Slurm, Kubernetes or ssh start many
of them; `ask` and `tell` are for a shell script that is a worker itself. Each says more with
--help.
"""


def main(arguments: list[str]) -> int:
    """Do as the first word says; return the exit code."""
    word, rest = (arguments or [""])[0], arguments[1:]
    if word in ("run", "launch", "ask", "tell") and sys.platform == "win32":
        print(_WINDOWS, file=sys.stderr)
        return 2
    if word == "run":
        from ashad_agent.cli.main import run  # noqa: PLC0415  # POSIX only

        return run(rest)
    if word == "launch":
        from ashad_agent.cli.launch import launch  # noqa: PLC0415  # POSIX only

        return launch(rest)
    if word in ("ask", "tell"):
        from ashad_agent.cli import shell  # noqa: PLC0415  # POSIX only

        return shell.ask(rest) if word == "ask" else shell.tell(rest)
    asked = word in ("-h", "--help")
    print(_USAGE, end="", file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
