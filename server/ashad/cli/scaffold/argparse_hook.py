"""Put on the path of a script as sitecustomize: when it reads its options, it tells them and ends.

Runs in the interpreter of the script, whatever its version: standard library only, nothing of ours.
"""

import json
import os
from typing import Any, Dict, List  # noqa: UP035  # old interpreters too


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else None


def _told(parser: Any) -> List[Dict[str, Any]]:  # noqa: UP006
    found = []
    for action in parser._actions:  # noqa: SLF001  # there is no public way
        kind = getattr(action.type, "__name__", "") or ""
        default = action.default
        if isinstance(default, str) and kind in ("int", "float"):
            default = action.type(default)
        found.append(
            {
                "name": action.dest,
                "flags": list(action.option_strings),
                "action": type(action).__name__,
                "type": kind,
                "default": _plain(default),
                "choices": [_plain(choice) for choice in action.choices or ()],
                "nargs": action.nargs if isinstance(action.nargs, (int, str)) else None,
                "help": action.help if isinstance(action.help, str) else "",
            }
        )
    return found


def _install(path: str) -> None:
    import argparse  # noqa: PLC0415

    def parse(parser: Any, *_: Any, **__: Any) -> None:
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(_told(parser), file)
        os._exit(0)

    for name in ("parse_args", "parse_known_args"):
        setattr(argparse.ArgumentParser, name, parse)


_path = os.environ.pop("ASHAD_INIT_OPTIONS", "")
if _path:
    _install(_path)
