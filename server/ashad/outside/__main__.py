"""The process that answers: a JSON question a line on stdin, a JSON answer a line on stdout.

Without an argument it asks Optuna, else the object that a factory makes: `module:function`, as the
operator gave it. It ends with its stdin, so it never outlives the daemon, however that ended.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def main(factory: str | None = None) -> None:
    """Answer until there are no more questions."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    answer: Callable[..., dict[str, Any]] | None = None
    for line in sys.stdin:
        try:
            if answer is None:
                answer = _answering(factory)
            found = json.dumps(answer(**json.loads(line)), default=_plain)
        except Exception as error:  # noqa: BLE001 - the daemon logs it and goes on without
            found = json.dumps({"error": f"{type(error).__name__}: {error}"[:500]})
        print(found, file=out, flush=True)


def _answering(factory: str | None) -> Callable[..., dict[str, Any]]:
    if factory is None:
        from ashad.outside.optuna_answer import answer  # noqa: PLC0415

        return lambda **question: {"place": answer(**question)}
    from ashad.outside.own_answer import OwnObjects  # noqa: PLC0415

    objects = OwnObjects(factory)
    # An empty question asks whether the factory can be used at all.
    return lambda **question: objects.answer(**question) if question else {}


def _plain(value: Any) -> Any:
    """Return a number of numpy or the like as Python's own."""
    if callable(getattr(value, "item", None)):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no value of a parameter")


if __name__ == "__main__":
    main(*sys.argv[1:2])
