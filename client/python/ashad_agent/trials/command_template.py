"""A command line with placeholders, and the variables of a trial's process. Pure.

A placeholder is `{name}`; `{{name}}` stands for the text `{name}`, and braces around anything else
are left as they are. What is put in is one argument or a part of one: no shell ever reads it.

A parameter that depends on others is not in every trial. Its placeholder stands in an argument that
is nothing but its name and value, `--momentum={momentum}`, and is left out where there is none.

A boolean may be a bare flag: `{flag:nesterov}` is `--nesterov` where it is true and left out where
it is false; what stands before it is the flag instead, `--use-nesterov{flag:nesterov}`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ashad_agent.value_text import json_of, text_of
from ashad_client.errors import Error, invalid
from ashad_client.values import Native

_PLACEHOLDER = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_.-]*)\}\}|\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
_FLAG = re.compile(r"([\w./+@-]*)\{flag:([A-Za-z_][A-Za-z0-9_.-]*)\}")
_NAME_AND_VALUE = re.compile(r"(?:-{0,2}[\w./+@-]+=|-\w)\{([\w.-]+)\}")
ARGS = "args"

# What an agent's child must not inherit: a worker id or a lease belongs to one process, and a
# parameter to one trial.
_FOREIGN = ("ASHAD_WORKER", "ASHAD_LEASE", "ASHAD_STANDALONE")
_OF_A_PARAMETER = "ASHAD_PARAM_"


@dataclass(frozen=True)
class Job:
    """One attempt at a trial, as the program that trains it is told."""

    study: str
    trial: int
    attempt: int
    params: Mapping[str, Native]
    start: int
    target: int
    max_resource: int
    seed: int
    metric: str
    resource: str
    checkpoint_dir: str = ""
    resume_from: str = ""

    def words(self) -> dict[str, str]:
        """Return the agent's own placeholders, but for {args}, which is many."""
        return {
            "study": self.study,
            "trial": str(self.trial),
            "attempt": str(self.attempt),
            "start": str(self.start),
            "target": str(self.target),
            "max_resource": str(self.max_resource),
            "seed": str(self.seed),
            "checkpoint_dir": self.checkpoint_dir,
            "resume_from": self.resume_from,
            "params_json": json_of(self.params),
        }

    def environment(self) -> dict[str, str]:
        """Return the ASHAD_* variables; two parameters that would share one get none."""
        named = {f"ASHAD_{name.upper()}": text for name, text in self.words().items()}
        named["ASHAD_PARAMS"] = named.pop("ASHAD_PARAMS_JSON")
        named["ASHAD_METRIC"], named["ASHAD_RESOURCE"] = self.metric, self.resource
        variables = [variable(name) for name in self.params]
        for key, value in zip(variables, self.params.values()):
            if variables.count(key) == 1:
                named[key] = text_of(value)
        return named


OWN = (*Job("", 0, 0, {}, 0, 0, 0, 0, "", "").words(), ARGS)


def variable(name: str) -> str:
    """Return the variable of a parameter: `batch-size` is ASHAD_PARAM_BATCH_SIZE."""
    return _OF_A_PARAMETER + re.sub(r"[^A-Z0-9]", "_", name.upper())


def is_foreign(name: str) -> bool:
    """Whether a variable of the agent's own environment is not to be passed on."""
    return name in _FOREIGN or name.startswith(_OF_A_PARAMETER)


class Template:
    """A command whose placeholders are known to be there. Raises `Error` for one that is not.

    A parameter comes before a word of the agent of the same name. `sometimes`: those of the
    parameters that a trial may not have. `flags`: those that are true or false.
    """

    def __init__(
        self,
        command: Sequence[str],
        params: Iterable[str],
        sometimes: Collection[str] = (),
        flags: Collection[str] = (),
    ) -> None:
        self.command = list(command)
        self._params = list(params)
        known = {*self._params, *OWN}
        for argument in command:
            if "\0" in argument:
                raise invalid("the command holds a NUL byte, which no program can be given")
            if "{flag:" in argument:
                _check_flag(argument, self._params, flags)
            for name in _names(argument):
                if name not in known:
                    raise _unknown(name, self._params)
                if name in sometimes and not _NAME_AND_VALUE.fullmatch(argument):
                    raise invalid(
                        f"{argument}: not every trial has {name}, which depends on others: "
                        f"write --{name}={{{name}}} as one argument, which is left out then, "
                        f"or {{args}}, or let the program read {variable(name)}"
                    )
                if self._is_args(name) and argument != "{args}":
                    raise invalid(f"{{args}} is many arguments: it stands alone, not in {argument}")

    @property
    def uses_checkpoints(self) -> bool:
        """Whether the command names the folder for checkpoints."""
        used = {name for argument in self.command for name in _names(argument)}
        return "checkpoint_dir" in used - set(self._params)

    @property
    def is_per_trial(self) -> bool:
        """Whether no two attempts at a time are given the same."""
        used = {name for argument in self.command for name in _names(argument)}
        return bool({"trial", "checkpoint_dir"} & (used - set(self._params)))

    def fill(self, job: Job) -> list[str]:
        """Return the arguments for one attempt. Raises `Error` for what no argument can hold."""
        values = job.words()
        for name, value in job.params.items():
            values[name] = text_of(value)
        filled: list[str] = []
        for argument in self.command:
            flag = _FLAG.fullmatch(argument)
            if argument == "{args}" and self._is_args(ARGS):
                filled += [text for item in job.params.items() if (text := _as_argument(*item))]
            elif flag:
                filled += [flag[1] or f"--{flag[2]}"] if job.params.get(flag[2]) is True else []
            elif all(name in values for name in _names(argument)):
                filled.append(_PLACEHOLDER.sub(lambda found: _put(found, values), argument))
        for name, value in job.params.items():
            if isinstance(value, str) and "\0" in value:
                raise invalid(f"parameter {name} holds a NUL byte, which no program can be given")
        return filled

    def _is_args(self, name: str) -> bool:
        return name == ARGS and ARGS not in self._params


def shared_variables(params: Iterable[str]) -> list[str]:
    """Name the parameters that get no variable, since another would have the same."""
    names = list(params)
    variables = [variable(name) for name in names]
    return [name for name, key in zip(names, variables) if variables.count(key) > 1]


def _as_argument(name: str, value: Native) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else ""
    return f"--{name}={text_of(value)}"


def _check_flag(argument: str, params: Sequence[str], flags: Collection[str]) -> None:
    found = _FLAG.fullmatch(argument)
    if found is None:
        raise invalid(f"{argument}: {{flag:NAME}} ends an argument, behind nothing or the flag")
    if found[2] not in params:
        raise _unknown(found[2], params)
    if found[2] not in flags:
        raise invalid(f"{argument}: {found[2]} has other values than true and false")


def _put(found: re.Match[str], values: Mapping[str, str]) -> str:
    literal, name = found.groups()
    return f"{{{literal}}}" if literal else values[name]


def _names(argument: str) -> list[str]:
    return [found[2] for found in _PLACEHOLDER.finditer(argument) if found[2]]


def _unknown(name: str, params: Sequence[str]) -> Error:
    close = difflib.get_close_matches(name, [*params, *OWN], n=1, cutoff=0.6)
    hint = f"; did you mean {{{close[0]}}}?" if close else "."
    there = ", ".join(f"{{{known}}}" for known in params) or "none"
    own = ", ".join(f"{{{known}}}" for known in OWN)
    return invalid(
        f"the command has a placeholder {{{name}}} that the study does not know{hint} "
        f"Its parameters: {there}; the agent's words: {own}. "
        f"For the text {{{name}}} itself write {{{{{name}}}}}."
    )
