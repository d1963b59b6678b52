"""Puts the mutant of $MUTANT into a process; `python` imports this before anything else."""

import os
import sys
from pathlib import Path

if name := os.environ.get("MUTANT"):
    root = str(Path(__file__).parents[4])
    sys.path.append(root)
    from tests.faults.mutants.patch import install

    install(name)
    sys.path.remove(root)
