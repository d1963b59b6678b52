"""The process that answers: a JSON question a line on stdin, a JSON answer a line on stdout.

It ends with its stdin, so it never outlives the daemon, however that ended.
"""

from __future__ import annotations

import json
import os
import sys

from ashad.optuna.answer import answer


def main() -> None:
    """Answer until there are no more questions."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        found: dict[str, object]
        try:
            found = {"place": answer(**json.loads(line))}
        except Exception as error:  # noqa: BLE001 - the daemon logs it and goes on without
            found = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(found), file=out, flush=True)


if __name__ == "__main__":
    main()
