"""The command `ashad`, also as `python -m ashad`; on Windows a sentence and nothing else."""

from __future__ import annotations

import sys

_WINDOWS = (
    "error: ashad, the daemon and its command line, does not run on Windows: it needs POSIX file "
    "locks and signals. Run it on Linux or in WSL; programs that train work on Windows, with the "
    "package ashad-client alone and ASHAD_ADDRESS set."
)


def main() -> None:
    """Run the command line."""
    if sys.platform == "win32":
        sys.exit(_WINDOWS)
    from ashad.cli import main as command_line  # noqa: PLC0415  # its imports need POSIX

    command_line(prog_name="ashad")


if __name__ == "__main__":
    main()
