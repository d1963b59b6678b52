"""`python -m ashad_client run STUDY -- COMMAND...`: the agent, by the thin client alone."""

from __future__ import annotations

import sys

_USAGE = """\
usage: python -m ashad_client run [OPTIONS] STUDY -- COMMAND [ARGUMENT...]

Runs any executable as the trials of a study; `run --help` says more.
"""


def main(arguments: list[str]) -> int:
    """Do as the first word says; return the exit code."""
    if arguments[:1] == ["run"]:
        from ashad_client.agent.main import run  # noqa: PLC0415  # POSIX only

        return run(arguments[1:])
    asked = arguments[:1] in (["-h"], ["--help"])
    print(_USAGE, end="", file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
