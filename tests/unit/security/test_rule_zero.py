"""Rule zero, read from the source: the daemon runs no program, fetches and unpickles nothing."""

from __future__ import annotations

import ast

import pytest

from tests.support import ROOT

SERVER = ROOT / "server" / "ashad"
# The command line is a program of the user's own; all else is the daemon's.
MODULES = sorted(
    path for path in SERVER.rglob("*.py") if path.relative_to(SERVER).parts[0] != "cli"
)
FORBIDDEN = {
    "subprocess", "pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib",
    "urllib.request", "http.client", "http.server", "ftplib", "smtplib", "xmlrpc", "requests",
    "pty", "yaml", "code", "codeop",
}  # fmt: skip
# To Litestream on this machine, through a socket that the operator names.
ALLOWED = {
    "daemon/replica/confirmation.py": {"http", "http.client"},
    # Parts of ashad itself, in a process of their own: a sampler, a replay.
    "outside/beside.py": {"subprocess"},
}
CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "execv", "execve", "spawnv",
         "posix_spawn", "fork", "load_extension", "enable_load_extension"}  # fmt: skip


def named(node: ast.Call) -> str:
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SERVER)))
def test_the_daemon_does_none_of_it(path):
    allowed = ALLOWED.get(str(path.relative_to(SERVER)), set())
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        parts = [name.split(".") for name in names]
        found = {".".join(part[:size]) for part in parts for size in (1, 2)}
        assert not found & FORBIDDEN - allowed, (path, node.lineno)
        if isinstance(node, ast.Call) and named(node) in CALLS:
            of_re = (
                isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re"
            )
            assert of_re, f"{path}:{node.lineno} calls {named(node)}"
        if isinstance(node, ast.Call) and named(node) in (
            "execute",
            "executemany",
            "executescript",
        ):
            text = node.args[0] if node.args else None
            assert not isinstance(text, ast.BinOp), f"{path}:{node.lineno} puts SQL together"
