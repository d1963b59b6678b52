"""Builds a Kubernetes from the Go module proxy, and unpacks Debian's etcd.

    python -m tests.kubernetes.build

Once a version: what is there already is not built again. Nothing is installed on the machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.support import ROOT

VERSION = "1.34.2"
FOLDER = ROOT / ".build" / "kubernetes" / VERSION
GO = {"GOFLAGS": "-mod=mod"}
NEEDED = ("go", "apt-get", "dpkg")
PACKAGES = {
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "controllers": "./controllers",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
KWOK = "sigs.k8s.io/kwok/cmd/kwok@v0.7.0"  # a module of its own, with other versions
CONTROLLERS = Path(__file__).parent / "controllers" / "main.go"


def program(name: str) -> Path:
    """Return the path of a program that was built."""
    return FOLDER / "bin" / name


def missing() -> list[str]:
    """Return what is not built yet."""
    return [
        name for name in ("etcd", *PACKAGES, "kwok") if not program(name).exists() or _old(name)
    ]


def _old(name: str) -> bool:
    return name == "controllers" and CONTROLLERS.stat().st_mtime > program(name).stat().st_mtime


def build() -> None:
    """Build what is not there yet, one after the other."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if lacking:
        sys.exit(f"Kubernetes cannot be built here: there is no {', '.join(lacking)}")
    program("etcd").parent.mkdir(parents=True, exist_ok=True)
    for name in missing():
        started = time.monotonic()
        print(f"{name}: being built", flush=True)
        if name == "etcd":
            _unpack_etcd()
        elif name == "kwok":
            _install_kwok()
        else:
            _build(name)
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


def _build(name: str) -> None:
    folder = FOLDER / "module"
    if not (folder / "go.mod").exists():
        (folder / "controllers").mkdir(parents=True, exist_ok=True)
        _module(folder)
    shutil.copy(CONTROLLERS, folder / "controllers")
    version = f"-X k8s.io/component-base/version.gitVersion=v{VERSION}"
    made = program(f"{name}.part")  # whole or not there
    _go(folder, "build", "-ldflags", f"-s -w {version}", "-o", str(made), PACKAGES[name])
    made.rename(program(name))


def _module(folder: Path) -> None:
    """Write a module with Kubernetes in it, whose own parts have no version there."""
    found = json.loads(_go(folder, "mod", "download", "-json", f"k8s.io/kubernetes@v{VERSION}"))
    text = Path(found["GoMod"]).read_text()
    parts = re.findall(r"^\t(k8s\.io/\S+) v0\.0\.0$", text, re.MULTILINE)
    staged = f"v0.{VERSION.partition('.')[2]}"
    lines = [f"\t{part} => {part} {staged}" for part in parts]
    (folder / "go.mod").write_text(
        f"module build\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v{VERSION}\n\n"
        "replace (\n" + "\n".join(lines) + "\n)\n"
    )


def _go(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["go", *words], cwd=folder, env=os.environ | GO, stdout=subprocess.PIPE, text=True,
        check=True,
    )  # fmt: skip
    return done.stdout


def _install_kwok() -> None:
    here = program("kwok").parent
    subprocess.run(["go", "install", KWOK], env=os.environ | {"GOBIN": str(here)}, check=True)


def _unpack_etcd() -> None:
    folder = FOLDER / "etcd"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", "etcd-server"], cwd=folder, check=True)
    (package,) = folder.glob("etcd-server_*.deb")
    subprocess.run(["dpkg", "-x", package.name, "."], cwd=folder, check=True)
    shutil.copy(folder / "usr" / "bin" / "etcd", program("etcd"))


if __name__ == "__main__":
    build()
