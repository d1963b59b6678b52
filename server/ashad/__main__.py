"""`python -m ashad` is the command `ashad`."""

from ashad.cli import main

if __name__ == "__main__":
    main(prog_name="ashad")
