"""What `make dist` builds, installed into an empty project of its language: its ten lines train.

Each language uses the caches of its own tools for what is not ours; nothing of the checkout is on
any path. The C++ package is configured alone: `client/cpp` tests that an installed one is found.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tarfile
from pathlib import Path

import ashad_client
import pytest
from ashad import __version__

from tests.support import alone
from tests.support.tools import ROOT, lacking, run, tool

pytestmark = [pytest.mark.slow, pytest.mark.languages, pytest.mark.timeout(600)]
PAGE = "server/ashad/web/static/index.html"
SPEC = {
    "metric": "validation_error", "goal": "minimize", "max_resource": 2,
    "space": {"learning_rate": ashad_client.uniform(0, 1)},
    "algorithm": {"type": "random"}, "limits": {"max_trials": 2},
}  # fmt: skip


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """Build what a language releases, once; return the folder."""
    folder = tmp_path_factory.mktemp("dist")
    done = set()

    def build(language):
        if language not in done:
            with alone("dist"):
                state = run(tool("git"), "stash", "create", cwd=ROOT).strip()
                environment = os.environ | {"DIST": str(folder), "STATE": state}
                said = run(tool("make"), f"dist-{language}", cwd=ROOT, env=environment)
            if "LEFT OUT" in said:
                lacking(said)
            done.add(language)
        return folder

    return build


@pytest.fixture
def digits(daemon, monkeypatch):
    """Make the study of the ten lines; afterwards both of its trials must have been trained."""
    monkeypatch.setenv("ASHAD_ADDRESS", daemon.address)
    with ashad_client.connect(daemon.address) as client:
        client.create_study("digits", SPEC)
        yield
        counts = client.get_study("digits").counts
        assert (counts.created, counts.completed) == (2, 2)


def lines(language, kind, having):
    """Return the block of the README of that language."""
    text = (ROOT / "client" / language / "README.md").read_text()
    found = [b for b in re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) if having in b]
    return found[0]


def test_python(dist, digits, tmp_path):
    folder = dist("python")
    python = tmp_path / "env" / "bin" / "python"
    run(tool("uv"), "venv", "--quiet", tmp_path / "env")
    run(
        tool("uv"), "pip", "install", "--quiet", "--python", python, "--find-links", folder,
        "--constraint", ROOT / "constraints.txt", f"ashad=={__version__}",
    )  # fmt: skip
    model = "build = dict\ndef train_one_epoch(model):\n    return model['learning_rate']\n"
    (tmp_path / "train.py").write_text(model + lines("python", "python", "client.trials"))

    run(python, "train.py", cwd=tmp_path)

    both = f"ashad {__version__}\nashad-client {__version__}\n"
    assert run(tmp_path / "env" / "bin" / "ashad", "--version").startswith(both)
    with tarfile.open(folder / f"ashad-{__version__}.tar.gz") as packed:  # no Node is needed there
        assert f"ashad-{__version__}/{PAGE}" in packed.getnames()
    (site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    assert (site / PAGE.removeprefix("server/")).exists()


def test_typescript(dist, digits, tmp_path):
    """Of JavaScript alone: the ten lines have no types in them."""
    package = dist("typescript") / f"ashad-client-{__version__}.tgz"
    (init,) = [
        line for line in lines("typescript", "sh", "npm init").splitlines() if "init" in line
    ]
    run("bash", "-c", init, cwd=tmp_path)
    run(
        tool("npm"), "install", "--silent", "--prefer-offline", "--no-audit", "--no-fund", package,
        cwd=tmp_path,
    )  # fmt: skip
    model = "class Model { constructor(params) { this.params = params; }\n"
    model += "trainOneEpoch() { return Promise.resolve(this.params.learning_rate); } }\n"
    (tmp_path / "train.js").write_text(model + lines("typescript", "ts", "client.trials"))

    run(tool("node"), "train.js", cwd=tmp_path)


def test_rust(dist, digits, tmp_path):
    """With the builds of what it needs from `make build`, if they are there."""
    crate = dist("rust") / f"ashad-client-{__version__}.crate"
    with tarfile.open(crate) as packed:
        packed.extractall(tmp_path, filter="data")
    project = tmp_path / "train"
    environment = os.environ | {"CARGO_TARGET_DIR": str(ROOT / "client/rust/build/target")}
    run(tool("cargo"), "new", "--quiet", "--vcs", "none", project)
    shutil.copy(ROOT / "client/rust/Cargo.lock", project)
    for line in lines("rust", "text", "cargo add").splitlines():
        words = shlex.split(line.replace("PATH/TO/ashad/client/rust", f"../{crate.stem}"))
        run(*words, "--quiet", cwd=project, env=environment)
    (project / "src/main.rs").write_text(lines("rust", "rust,no_run", "client.run"))

    run(tool("cargo"), "run", "--quiet", cwd=project, env=environment)


def test_go(dist, digits, tmp_path):
    """The module comes from files as a proxy serves them, the rest from Go's own cache."""
    from tests.system.deploy.test_two_machines import MAIN  # noqa: PLC0415

    go = tool("go")
    proxy, cache = run(go, "env", "GOPROXY", "GOMODCACHE").split()
    environment = os.environ | {
        "GOPROXY": f"file://{dist('go')}/go,{proxy}",
        "GONOSUMDB": "ashad.dev",
        "GOFLAGS": "-modcacherw",
    }
    project = tmp_path / "worker"
    project.mkdir()
    (project / "main.go").write_text(MAIN + lines("go", "go", "func loop("))
    with alone("go-module"):
        try:
            run(go, "mod", "init", "worker", cwd=project, env=environment)
            run(go, "get", f"ashad.dev/client/go@v{__version__}", cwd=project, env=environment)
            run(go, "run", ".", cwd=project, env=environment)
            run(go, "mod", "vendor", cwd=project, env=environment)
        finally:  # the next build of this version is another one
            for kept in ("ashad.dev", "cache/download/ashad.dev"):
                shutil.rmtree(Path(cache) / kept, ignore_errors=True)
    assert (project / "vendor/ashad.dev/client/go/LICENSE").exists()


def test_java(dist, digits, tmp_path):
    repository = dist("java") / "maven"
    jars = sorted(path.name for path in repository.rglob("*.jar"))
    name = f"ashad-client-{__version__}"
    assert jars == [f"{name}-javadoc.jar", f"{name}-sources.jar", f"{name}.jar"]
    (tmp_path / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>it</groupId><artifactId>train</artifactId><version>1</version>"
        f"<repositories><repository><id>dist</id><url>file://{repository}</url></repository>"
        f"</repositories><dependencies>{lines('java', 'xml', 'ashad-client')}</dependencies>"
        "</project>"
    )
    (version,) = re.findall(
        r"maven-dependency-plugin</artifactId>\s*<version>(.*?)<",
        (ROOT / "client/java/pom.xml").read_text(),
    )
    # What was installed here by another build would be taken first.
    own = Path.home() / ".m2/repository"
    local = tmp_path / "m2"
    local.mkdir()
    for path in own.iterdir():
        if path.name != "dev":
            (local / path.name).symlink_to(path)
    run(
        tool("mvn"), "--quiet", "--batch-mode", f"-Dmaven.repo.local={local}",
        f"org.apache.maven.plugins:maven-dependency-plugin:{version}:copy-dependencies",
        "-DoutputDirectory=lib", cwd=tmp_path,
    )  # fmt: skip
    imports, loop = lines("java", "java", "client.run").split("\n\n", 1)
    (tmp_path / "Train.java").write_text(
        f"{imports}\nimport dev.ashad.client.Params;\nclass Train {{\n"
        "static class Model { final double rate;\n"
        'Model(Params params) { rate = params.getDouble("learning_rate"); }\n'
        "double trainOneEpoch() { return rate; } }\n"
        f"public static void main(String[] words) throws Exception {{\n{loop}}} }}\n"
    )

    run(tool("java"), "-cp", f"{tmp_path}/lib/*", "Train.java", cwd=tmp_path)


def test_cpp(dist, tmp_path):
    name = f"ashad-cpp-{__version__}"
    with tarfile.open(dist("cpp") / f"{name}.tar.gz") as packed:
        packed.extractall(tmp_path, filter="data")

    run(
        tool("cmake"), "-G", "Ninja", "-DASHAD_BUILD_TOOLS=OFF",
        "-S", tmp_path / name / "client/cpp", "-B", tmp_path / "build",
    )  # fmt: skip
    run(tool("ninja"), "-C", tmp_path / "build", "-n")  # each file that is named is there


def test_the_image(dist, tmp_path):
    """What is packed is all that the Dockerfile copies."""
    with tarfile.open(dist("image") / f"ashad-image-{__version__}.tar.gz") as packed:
        names = set(packed.getnames())
    for line in (ROOT / "deploy/Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert set(line.split()[1:-1]) <= names
    assert {"deploy/Dockerfile", PAGE} <= names
