"""Write docs/reference/contract.md and study-file.md: `python docs/make_reference.py`.

The first from ashad.proto as `buf build` reads it, with its comments; the second from the table of
keys that `ashad study schema` prints. Says of no key what it means.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ashad.cli.commands import schema
from ashad.cli.studyfile import reference
from ashad_client.dialect.synonyms import SYNONYMS
from google.protobuf import descriptor_pb2

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).with_name("reference")
_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    _FIELD.TYPE_BOOL: "bool",
    _FIELD.TYPE_DOUBLE: "double",
    _FIELD.TYPE_INT32: "int32",
    _FIELD.TYPE_INT64: "int64",
    _FIELD.TYPE_STRING: "string",
}


class Contract:
    """The file of the contract and its comments."""

    def __init__(self) -> None:
        buf = Path(sys.executable).with_name("buf")
        built = subprocess.run(
            [buf if buf.exists() else shutil.which("buf") or "buf", "build", "proto", "-o", "-"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(built.stdout).file
        self.file = next(file for file in files if file.package == "ashad.v1")
        self._places = {tuple(at.path): at for at in self.file.source_code_info.location}

    def comment(self, *path: int) -> str:
        """Return the comment of what lies there, as one paragraph of Markdown."""
        return _one_line(self._places[path].leading_comments) if path in self._places else ""

    def head(self) -> str:
        """Return the comment at the head of the file, its list as one of Markdown."""
        lines = [line.removeprefix(" ") for line in self._places[12,].leading_comments.splitlines()]
        text = "\n".join(lines).strip()
        return (
            text.replace("\n  * ", "\n\n* ", 1).replace("\n  * ", "\n* ").replace("\n    ", "\n  ")
        )

    def section(self, *path: int) -> str:
        """Return the heading above what lies there, `--- Parameters ---`, or nothing."""
        apart = self._places[path].leading_detached_comments if path in self._places else ()
        found = [match[1] for text in apart if (match := re.match(r"\s*--- (.+?) -", text))]
        return found[-1] if found else ""

    def order(self) -> list[tuple[int, int]]:
        """Return (4, index) of messages and (5, index) of enums, as they stand in the file."""
        where = {
            (kind, index): self._places[kind, index].span[0]
            for kind, found in ((4, self.file.message_type), (5, self.file.enum_type))
            for index in range(len(found))
        }
        return sorted(where, key=where.__getitem__)


def contract_page(contract: Contract) -> str:
    """Return the reference of the contract: services, then messages in the order of the file."""
    out = [
        "# The contract",
        "",
        "Written by `docs/make_reference.py` from [ashad.proto](../../proto/ashad/v1/ashad.proto).",
        "",
        contract.head(),
        "",
    ]
    for at, service in enumerate(contract.file.service):
        out += [f"## {service.name}", "", contract.comment(6, at), ""]
        out += ["| rpc | asks, answers | |", "|---|---|---|"]
        for number, method in enumerate(service.method):
            asks = f"{'stream ' * method.client_streaming}{_linked(method.input_type)}"
            answers = f"{'stream ' * method.server_streaming}{_linked(method.output_type)}"
            said = contract.comment(6, at, 2, number)
            out.append(f"| `{method.name}` | {asks}, {answers} | {said} |")
        out.append("")
    return "\n".join([*out, *_declared(contract)]).rstrip() + "\n"


def _declared(contract: Contract) -> Iterator[str]:
    """Yield messages and enums as they stand in the file."""
    for kind, index in contract.order():
        if section := contract.section(kind, index):
            yield from (f"## {section}", "")
        if kind == 5:
            enum = contract.file.enum_type[index]
            yield from (f"### {enum.name}", "", contract.comment(5, index), "")
            yield from ("| value | number | |", "|---|---|---|")
            for at, value in enumerate(enum.value):
                yield f"| `{value.name}` | {value.number} | {contract.comment(5, index, 2, at)} |"
            yield ""
            continue
        message = contract.file.message_type[index]
        yield from (f"### {message.name}", "", contract.comment(4, index), "")
        if message.field:
            yield from ("| field | number | type | |", "|---|---|---|---|")
        for at, field in enumerate(message.field):
            one = ""
            if field.HasField("oneof_index") and not field.proto3_optional:
                one = f"One of `{message.oneof_decl[field.oneof_index].name}`. "
            said = one + contract.comment(4, index, 2, at)
            yield f"| `{field.name}` | {field.number} | {_type(field)} | {said} |"
        yield ""


def _type(field: Any) -> str:
    name = _TYPES.get(field.type) or _linked(field.type_name)
    if field.label == _FIELD.LABEL_REPEATED:
        return f"repeated {name}"
    return f"optional {name}" if field.proto3_optional else name


def _linked(name: str) -> str:
    short = name.rpartition(".")[2]
    return f"[{short}](#{short.lower()})" if name.startswith(".ashad.") else short


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


# --- the study file ---

_TOP = """# The study file

A study is a TOML file (or YAML with the same keys), or a dict in Python with the same keys and
nesting. Written by `docs/make_reference.py` from the contract and its comments; what a key means is
what the [contract](contract.md) says of the field of its name.

Whatever is wrong is named with its path, the first twenty mistakes at once, and nothing is made.
`ashad study create --dry-run -f FILE` only checks. `ashad study schema` prints this page in a
terminal, and with `--json` a JSON Schema by which editors complete and check a file; its first line
is then `#:schema ./study.schema.json`. `ashad init` writes a file from a script's own options.

```sh
ashad study schema --json > study.schema.json
```

This file uses most of the keys:

```toml
name = "digits"
metric = "validation_error"
goal = "minimize"
resource = "epoch"
max_resource = 81
seed = 8
failure_policy = "ignore"

[algorithm]
type = "asha"
variant = "stopping"
eta = 3
min_resource = 3

[sampler]
type = "tpe"
good_fraction = 0.2

[space]
learning_rate = { float = [1e-4, 1.0], log = true }
dropout = { float = [0.0, 0.5], step = 0.1 }
units = { int = [16, 256], log = true }
optimizer = { choice = ["sgd", "adam"] }
momentum = { float = [0.0, 0.95], when = { optimizer = "sgd" } }
patience = 5

[[points_to_evaluate]]
learning_rate = 0.1
units = 64

[limits]
max_trials = 80
max_concurrent_trials = 8
max_total_resource = 5000
max_duration = "12h"
target_value = 0.01
max_failed_trials = 5

[lease]
duration = "3m"
heartbeat_interval = "20s"
max_attempts = 3
```

## Top of the file

| key | is | meaning |
|---|---|---|
"""
_SPACE = """
## `[space]`

One line for each parameter, in the order in which a sampler draws them. A plain value,
`patience = 5`, is a constant; otherwise exactly one of `float`, `int`, `choice` and `const` says
what may be drawn, and the keys beside it say how. A parameter that `when` names stands before.

In Python: `uniform(low, high)`, `loguniform(low, high)`, `integer(low, high)` and `choice(...)`
give these tables, and take `when=` and the rest as keywords; see the [Python reference](python.md).
"""
_HEADS = {
    "algorithm": "\n## `[algorithm]`\n\n`type` says which. Any sampler goes with most of them.\n",
    "sampler": "\n## `[sampler]`\n\n`type` says which.\n",
    "space.NAME": _SPACE,
    "objectives.NAME": "",
    "limits": "",
    "lease": "",
}


def study_page() -> str:
    """Return the reference of the study file, from the table that `ashad study schema` prints."""
    top, *tables = reference.tables()
    out = [_TOP.rstrip("\n"), *_rows(top)]
    before = ""
    for table in tables:
        if table.path != before:
            out.append(_HEADS[table.path].rstrip("\n"))
        before = table.path
        kind = f'### `type = "{table.kind}"`' if table.kind else f"## `[{table.path}]`"
        if table.path == "space.NAME":
            kind = f"### `NAME = {{ {table.kind} = ... }}`"
        out += ["", kind, "", _sentence(table.meaning)]
        if table.keys:
            out += ["", "| key | is | meaning |", "|---|---|---|", *_rows(table)]
    out += [
        "",
        'A duration is a number of seconds, or text: `"90s"`, `"12m"`, `"3h50m"`.',
        "",
        "## Other words for it",
        "",
        "A key of another tool is refused, and ours is named:",
        "",
        "| theirs | here |",
        "|---|---|",
        *(f"| `{theirs}` | {ours} |" for theirs, ours in sorted(SYNONYMS.items())),
    ]
    return "\n".join(out) + "\n"


def _rows(table: reference.KeyTable) -> Iterator[str]:
    """Yield a row for each key of a table."""
    for key in table.keys:
        kind = schema.type_in_words(key.schema)
        needed = f" Required, unless there is `{key.unless}`." if key.unless else " Required."
        more = needed if key.required else f" Default: {key.default}." * bool(key.default)
        meaning = _sentence(key.meaning)
        for name in key.schema.get("enum", ()):
            meaning = meaning.replace(f"{name}: ", f"`{name}`: ", 1)
        said = _one_line(f"{meaning}{more}")
        yield f"| `{key.name}` | {_one_line(kind)} | {said} |"


def _sentence(text: str) -> str:
    """Return a meaning with the capital and the full stop that a page has."""
    said = text if re.match(r"\w+: ", text) else text[:1].upper() + text[1:]
    return said if not said or said.endswith(".") else f"{said}."


def pages() -> dict[str, str]:
    """Return each page by the name of its file."""
    contract = Contract()
    return {"contract.md": contract_page(contract), "study-file.md": study_page()}


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
