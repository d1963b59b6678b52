"""Ranges proposed for the options of a script, by their default, type and name. Pure.

A proposal is a beginning that its user checks: wide enough around the default to find something,
on a log scale where values are told apart by their size. What cannot be guessed is left as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import floor, log10
from typing import TYPE_CHECKING, Any

from ashad_client.text import clean

if TYPE_CHECKING:
    from ashad.cli.scaffold.script_options import ScriptOption

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")  # of a parameter
# The resource of a trial, not a parameter: how long it is trained in full.
_RESOURCES = re.compile(r"(?:(?:num|n|max|total)[-_]?)?(epochs?|iters?|iterations|steps|rounds)")
_SEEDS = re.compile(r"(?:random_|manual_)?seed|random_state")
# No hyperparameters, whatever their type.
_LEFT = re.compile(
    r"(?:num_)?(?:workers|threads|gpus?|nodes)|device|gpu|local_rank|rank|port"
    r"|verbos\w*|debug|quiet|resume\w*|(?:save|log|print|eval)_\w+|\w*_(?:dir|path|file|name|freq)"
    r"|dry_run|no_cuda|cuda|test\w*|data\w*|out\w*|version"
)
_SHARE = re.compile(r"dropout|.*(?:_|^)(?:momentum|beta\d?|ratio|fraction|prob|smoothing)(?:_|$).*")
_WIDE = 16  # a range whose ends are so far apart goes by order of magnitude
_SMALL = 8  # whole numbers up to this are counted one by one
_WORDS = 60  # characters of an option's help that are kept


@dataclass(frozen=True, slots=True)
class ParameterDraft:
    """A parameter as it is written: its line in the file, a comment, and how it is passed on."""

    name: str
    domain: str
    comment: str
    argument: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a script's options come to. `left`: names that are not searched, with the reason."""

    parameters: list[ParameterDraft]
    left: list[tuple[str, str]]
    resource: str = ""
    max_resource: int = 0
    settled: list[str] = field(default_factory=list)  # arguments that are no parameters


def proposal(options: list[ScriptOption]) -> Proposal:
    """Propose parameters for the options of a script."""
    parameters, left = [], []
    resource, most, settled = "", 0, []
    for option in options:
        if option.action in {"_HelpAction", "_VersionAction", "_SubParsersAction"}:
            continue
        word = option.name.replace("-", "_").lower()
        counted = _RESOURCES.fullmatch(word)
        if counted and option.flag and not resource:
            resource = counted[1].removesuffix("s")
            settled.append(f"{option.flag} {{target}}")
            most = option.default if isinstance(option.default, int) else 0
            continue
        if _SEEDS.fullmatch(word) and option.flag:
            settled.append(f"{option.flag} {{seed}}")
            continue
        why = _why_left(option, word)
        draft = None if why else _draft(option, word)
        if draft is None:
            left.append((option.flag or option.name, why or "no range can be guessed"))
        else:
            parameters.append(draft)
    return Proposal(parameters, left, resource, most, settled)


def _why_left(option: ScriptOption, word: str) -> str:
    if not option.flag:
        return "it is no flag"
    if not NAME.fullmatch(option.name):
        return "no parameter can have this name"
    if _LEFT.fullmatch(word):
        return "hardly a hyperparameter"
    if option.nargs not in (None, 0) and option.action != "BooleanOptionalAction":
        return "it takes several values"
    return ""


def _draft(option: ScriptOption, word: str) -> ParameterDraft | None:
    name = option.name
    if option.action in {"_StoreTrueAction", "_StoreFalseAction", "BooleanOptionalAction"}:
        name = option.flag.lstrip("-")  # by which {flag:name} gives it
        if not option.flag.startswith("--"):
            return None
        return ParameterDraft(
            name, "{ choice = [true, false] }", _comment(option), f"{{flag:{name}}}"
        )
    domain = _choice(option) or _range(option, word)
    if domain is None:
        return None
    return ParameterDraft(name, domain, _comment(option), f"{option.flag} {{{name}}}")


def _choice(option: ScriptOption) -> str | None:
    known = [choice for choice in option.choices if choice is not None]
    return f"{{ choice = [{', '.join(map(toml, known))}] }}" if known else None


def _range(option: ScriptOption, word: str) -> str | None:
    default = option.default
    if isinstance(default, bool) or not isinstance(default, int | float):
        return None
    if option.type == "int" or (isinstance(default, int) and option.type != "float"):
        return _whole(int(default))
    if _SHARE.fullmatch(word) and 0 <= default < 1:
        return "{ float = [0.0, 0.99] }" if default >= 0.9 else "{ float = [0.0, 0.9] }"
    if default > 0:
        return around(default)
    return "{ float = [1e-6, 1e-1], log = true }" if word.endswith("decay") else None


def _whole(default: int) -> str | None:
    if default < 1:
        return None
    if default <= _SMALL:
        return f"{{ int = [1, {max(3, 2 * default)}] }}"
    return f"{{ int = [{max(1, default // 4)}, {default * 4}], log = true }}"


def around(value: float) -> str:
    """Propose two decades on a log scale, the value in the middle."""
    decade = floor(log10(value) + 0.5)
    return f"{{ float = [{toml(10.0 ** (decade - 1))}, {toml(10.0 ** (decade + 1))}], log = true }}"


def between(low: float, high: float) -> str:
    """Write a range, on a log scale where its ends are far apart."""
    log = ", log = true" if low > 0 and high / low >= _WIDE else ""
    kind = "int" if isinstance(low, int) and isinstance(high, int) else "float"
    return f"{{ {kind} = [{toml(low)}, {toml(high)}]{log} }}"


def toml(value: Any) -> str:
    """Write a value as TOML does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        safe = "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped)
        return f'"{safe}"'
    return (
        f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else repr(value)
    )


def _comment(option: ScriptOption) -> str:
    said = clean(" ".join(option.help.split()))[:_WORDS]
    default = "" if option.default is None else f"default {toml(option.default)}"
    return "; ".join(word for word in (default, said) if word)
