"""The two Python packages: none owns a file of the other, and each is complete.

They are built as a release builds them, and installed into environments that hold nothing else.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.support.tools import ROOT, run, tool

pytestmark = pytest.mark.slow
OWNED = {"ashad": {"ashad"}, "ashad_client": {"ashad_client", "ashad_agent", "hydra_plugins"}}


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build with an empty PATH: a source package needs no compiler and no Node."""
    folder = tmp_path_factory.mktemp("dist")
    nothing = tmp_path_factory.mktemp("path")
    for source in ("client/python", "."):
        run(
            tool("uv"), "build", "--quiet", "--out-dir", folder, source, cwd=ROOT,
            env=os.environ | {"PATH": str(nothing)},
        )  # fmt: skip
    return folder


@pytest.fixture
def python(dist, tmp_path):
    """Install both wheels where nothing is."""
    run(tool("uv"), "venv", "--quiet", "--seed", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    install(python, *dist.glob("*.whl"))
    return python


def install(python, *what):
    constraints = ROOT / "constraints.txt"
    words = ["pip", "install", "--quiet", "--python", python, "--constraint", constraints]
    run(tool("uv"), *words, *what)


def uninstall(python, name):
    run(python, "-m", "pip", "uninstall", "--quiet", "--disable-pip-version-check", "--yes", name)


def says(python, code, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_each_file_has_one_owner_and_each_package_its_types_and_licence(dist):
    files = {}
    for path in dist.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            files[path.name.split("-")[0]] = names = set(wheel.namelist())
            (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
            needs = message_from_bytes(wheel.read(metadata)).get_all("Requires-Dist")
        version = path.name.split("-")[1]
        assert (f"ashad-client=={version}" in needs) == (path.name.split("-")[0] == "ashad")
        assert any(name.endswith("/licenses/LICENSE") for name in names)

    assert not files["ashad"] & files["ashad_client"]
    for package, owned in OWNED.items():
        top = {name.split("/")[0] for name in files[package]}
        assert {name for name in top if not name.endswith(".dist-info")} == owned
        typed = {name.split("/")[0] for name in files[package] if name.endswith("/py.typed")}
        assert typed == owned


def test_a_source_package_holds_its_package_and_no_more(dist):
    for path in dist.glob("*.tar.gz"):
        with tarfile.open(path) as packed:
            top = {name.split("/")[1] for name in packed.getnames()}
        source = (
            {"examples", "proto", "server"}
            if path.name.startswith("ashad-")
            else OWNED["ashad_client"]
        )
        assert top - {"CHANGELOG.md"} == {
            *source, ".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml",
        }  # fmt: skip


def test_the_client_outlives_the_daemon_and_the_daemon_the_client(python, dist, tmp_path):
    assert says(python, "import ashad.daemon.main, ashad_agent as it; print(it.__name__)", tmp_path)

    uninstall(python, "ashad")

    there = "import ashad_client, ashad_agent.cli.main; print(ashad_client.uniform(0, 1))"
    assert says(python, there, tmp_path) == "{'float': [0, 1]}"
    assert says(python, "import ashad", tmp_path) == "ModuleNotFoundError: No module named 'ashad'"

    install(python, *dist.glob("ashad-*.whl"))
    uninstall(python, "ashad-client")

    assert says(python, "import ashad; print(ashad.__name__)", tmp_path) == "ashad"
    assert says(python, "import ashad_agent", tmp_path).startswith("ModuleNotFoundError")


def test_uvx_and_pipx_run_it_from_a_checkout(tmp_path):
    """By uv, which finds the client beside the daemon; pip alone is told both folders."""
    line = "uvx --from . ashad"
    assert f"`{line}`" in (ROOT / "docs" / "start.md").read_text()
    uvx = [tool("uv"), "tool", "run", "--quiet"]
    environment = os.environ | {
        "PATH": f"{Path(tool('uv')).parent}:{os.environ['PATH']}",
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
    }

    said = run(*uvx, *line.split()[1:], "--version", cwd=ROOT)
    run(*uvx, "pipx", "install", ".", cwd=ROOT, env=environment)

    assert said.startswith("ashad ")
    assert run(tmp_path / "bin" / "ashad", "--version").startswith("ashad ")
