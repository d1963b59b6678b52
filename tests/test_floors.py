"""The floors of the house: who may import whom, and the rules that keep modules readable.

Read from the source with `ast`, so that an import within a function counts as well.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVER, CLIENT = ROOT / "server" / "ashad", ROOT / "client" / "python" / "ashad_client"

# Floors of the server, lowest first; those of one line do not import each other.
FLOORS = [
    {"filesystem", "logs", "access", "certs", "fence"},
    {"lock", "tls"},
    {"listening"},
    {"probing"},
    {"core"},
    {"store", "optuna"},
    {"scheduler"},
    {"service", "web", "simulate"},
    {"server"},
    {"cli"},
    {"__main__"},
]
# The core, in the order of its docstring: each module imports only from those before it.
CORE = [
    "errors", "space", "spec", "halving", "check_space", "check", "chance", "points", "grid",
    "halton", "tpe", "outside", "samplers", "rung", "ladder", "records", "trial", "archive",
    "explain", "state", "ending", "rounds", "evidence", "suggesting", "reporting", "study",
    "restore", "replay",
]  # fmt: skip
PURE = {
    "__future__", "array", "bisect", "collections", "dataclasses", "enum", "fractions", "functools",
    "hashlib", "heapq", "itertools", "json", "math", "numpy", "operator", "re", "statistics",
    "typing",
}  # fmt: skip
IMPURE = {"open", "print", "input", "exec", "eval", "breakpoint", "hash", "id", "__import__"}
# What only these floors of the server may touch.
OUTSIDE = {
    "sqlite3": {"store", "cli"},
    "sqlite_utils": {"store", "cli"},
    "grpc": {"service", "tls", "listening", "probing", "server", "cli"},
    "grpc_health": {"probing", "server", "cli"},
    "grpc_reflection": {"server"},
    "google": {"service", "server", "cli", "web"},
    "ashad_client": {"service", "server", "cli", "web"},
    "uvloop": {"server"},
    "cryptography": {"certs", "tls"},
    "click": {"cli"},
    "rich": {"cli"},
    "matplotlib": {"cli"},
    "optuna": {"optuna"},
}
MOST_LINES = 320


def modules(folder):
    return sorted(
        path for path in folder.rglob("*.py") if "_pb2" not in path.name and path.is_file()
    )


def ids(path):
    return str(path.relative_to(ROOT))


def imports(path):
    """Yield (line, absolute name) of all that a module imports, names of `from` included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"


def floor_of(part):
    found = [number for number, floor in enumerate(FLOORS) if part in floor]
    assert found, f"give {part} a floor in {Path(__file__).name}"
    return found[0]


def part_of(path):
    return path.relative_to(SERVER).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(SERVER), ids=ids)
def test_the_server_imports_only_from_below(path):
    part = part_of(path)
    if part == "__init__":
        assert list(imports(path)) == []
        return
    for line, name in imports(path):
        top, *rest = name.split(".")
        here = f"{ids(path)}:{line} imports {name}"
        if top == "ashad" and rest[0] != "__version__" and rest[0] != part:
            assert (SERVER / rest[0]).exists() or (SERVER / f"{rest[0]}.py").exists(), here
            assert floor_of(rest[0]) < floor_of(part), here
        if top == "ashad_client":
            assert rest[0] == "v1" or part == "cli", f"{here}: of the client only the contract"
        assert part in OUTSIDE.get(top, {part}), here


@pytest.mark.parametrize("path", modules(SERVER / "core"), ids=ids)
def test_the_core_is_pure_and_in_order(path):
    own = path.stem
    for line, name in imports(path):
        top, *rest = name.split(".")
        here = f"{ids(path)}:{line} imports {name}"
        if top == "ashad":
            assert rest[0] == "core", here
            found = rest[1:] if rest[1] in CORE else []
            assert found, f"{here}: unknown to {Path(__file__).name}"
            assert own in CORE, f"put {own} in its place in {Path(__file__).name}"
            assert CORE.index(found[0]) < CORE.index(own), here
        else:
            assert top in PURE, here
    tree = ast.parse(path.read_text())
    keys = [n for n in ast.walk(tree) if getattr(n, "name", "") == "__hash__"]
    within_keys = {id(node) for key in keys for node in ast.walk(key)}  # where hash() is at home
    for node in ast.walk(tree):
        if id(node) in within_keys:
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in IMPURE, f"{ids(path)}:{node.lineno} calls {node.func.id}"
        random = isinstance(node, ast.Attribute) and node.attr == "random"
        assert not random, f"{ids(path)}:{node.lineno} draws from global randomness"


@pytest.mark.parametrize("path", modules(CLIENT), ids=ids)
def test_the_client_is_thin(path):
    for line, name in imports(path):
        top = name.split(".")[0]
        allowed = {"ashad_client", "grpc", "google"} | sys.stdlib_module_names
        assert top in allowed, f"{ids(path)}:{line} imports {name}"


ALL = [
    path
    for folder in ("server", "client/python", "tests", "examples", "bench")
    for path in modules(ROOT / folder)
]


@pytest.mark.parametrize("path", ALL, ids=ids)
def test_every_module_opens_with_what_it_is(path):
    tree = ast.parse(path.read_text())
    if tree.body:
        assert ast.get_docstring(tree), f"{ids(path)} has no docstring"


@pytest.mark.parametrize("path", modules(SERVER) + modules(CLIENT), ids=ids)
def test_modules_stay_on_a_few_screens(path):
    lines = len(path.read_text().splitlines())
    assert lines <= MOST_LINES, f"{ids(path)} has {lines} lines: split it"
