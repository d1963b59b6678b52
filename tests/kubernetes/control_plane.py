"""A cluster of Kubernetes on this machine: etcd, API server, controllers, nodes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from ashad.security.certificates import make

from tests.kubernetes.api import Api, Refused
from tests.kubernetes.build import program
from tests.support import ROOT, cluster
from tests.support.cluster import free

DEADLINE_S = 240.0
# As users and groups of the token file. Who is in no group may do nothing until a role is bound.
USERS = {"admin": "system:masters", "guest": ""}
# These need controllers that no test here is about.
WITHOUT = "ServiceAccount,TaintNodesByCondition"


def until(look, tell=lambda: "", seconds: float = DEADLINE_S) -> None:
    """Wait for what several processes must do first, on a machine that may be busy."""
    cluster.until(look, tell, seconds)


class ControlPlane:
    """Its processes, which end with it; what they print is in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make(folder / "certs", ["127.0.0.1"])
        self.ca = folder / "certs" / "ca.pem"
        self._etcd, self._peer, self._port = free(3)
        self.url = f"https://127.0.0.1:{self._port}"
        self._running: list[subprocess.Popen[bytes]] = []
        self._nodes: list[subprocess.Popen[bytes]] = []
        lines = (f'token-of-{user},{user},{user},"{group}"\n' for user, group in USERS.items())
        (folder / "tokens.csv").write_text("".join(lines))
        for user in USERS:
            (folder / f"{user}.token").write_text(f"token-of-{user}")
            self.kubeconfig(user).write_text(json.dumps(self._config(user)))
        self.api = Api(self.url, "token-of-admin", str(self.ca))

    def __enter__(self) -> Self:
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self._nodes:
            lose(node)
        for process in reversed(self._running):
            if process.poll() is None:
                process.terminate()
                process.wait(60)

    def kubeconfig(self, user: str) -> Path:
        return self.folder / f"{user}.kubeconfig"

    def kubectl(
        self, *words: str, given: Any = None, user: str = "admin", check: bool = True
    ) -> str:
        """Run kubectl; return what it printed on either stream."""
        done = subprocess.run(
            [program("kubectl"), f"--kubeconfig={self.kubeconfig(user)}", *words],
            input=given if given is None or isinstance(given, str) else json.dumps(given),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0 or not check, (words, done.stdout)
        return done.stdout

    def look(self, *words: str) -> Any:
        """Return what kubectl gets, as JSON."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def add_node(self, name: str, image: Path) -> subprocess.Popen[bytes]:
        """Start a kubelet; `image`: the folder that its pods see as theirs."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        (folder / "image").symlink_to(image)
        (folder / "pods").mkdir()
        words = (self.url, self.folder / "admin.token", self.ca, name, folder)
        kubelet = [sys.executable, "-m", "tests.kubernetes.process_kubelet", *map(str, words)]
        process = self._start(*kubelet)
        self._nodes.append(process)
        until(lambda: self._answers(f"/api/v1/nodes/{name}"), self.said)
        return process

    def run(self, name: str, *flags: str) -> None:
        """Start one more program beside it."""
        self._flagged(name, *flags)

    def said(self) -> str:
        """Return the end of what each printed."""
        found = sorted(self.folder.glob("*.out"))
        return "\n".join(f"{one.name}: {one.read_text()[-1500:]}" for one in found)

    def _start_all(self) -> None:
        store, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd, self._peer))
        self._flagged(
            "etcd", f"data-dir={self.folder / 'etcd'}", f"listen-client-urls={store}",
            f"advertise-client-urls={store}", f"listen-peer-urls={peer}",
        )  # fmt: skip
        key = self.folder / "certs" / "server.key"
        self._flagged(
            "kube-apiserver", f"etcd-servers={store}", "bind-address=127.0.0.1",
            f"secure-port={self._port}", f"tls-cert-file={self.folder / 'certs' / 'server.pem'}",
            f"tls-private-key-file={key}", f"token-auth-file={self.folder / 'tokens.csv'}",
            "authorization-mode=RBAC", f"disable-admission-plugins={WITHOUT}",
            "service-account-issuer=https://kubernetes.default.svc", "profiling=false",
            f"service-account-key-file={self.folder / 'certs' / 'server.pem'}",
            f"service-account-signing-key-file={key}",
            "service-cluster-ip-range=10.0.0.0/24", "endpoint-reconciler-type=none",
        )  # fmt: skip
        until(lambda: self._answers("/api/v1/namespaces/default"), self.said)
        self._start(str(program("controllers")), str(self.kubeconfig("admin")))

    def _answers(self, path: str) -> bool:
        dead = [one.args for one in self._running if one.poll() is not None]
        assert not dead, f"{dead}: {self.said()}"
        with suppress(OSError, Refused):
            return bool(self.api.get(path))
        return False

    def _flagged(self, name: str, *flags: str) -> None:
        self._start(str(program(name)), *(f"--{flag}" for flag in flags))

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        name = f"{len(self._running)}-{Path(command[0]).name}.out"
        with (self.folder / name).open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=ROOT, start_new_session=True,
                env=os.environ | {"HOME": str(self.folder)},
            )  # fmt: skip
        self._running.append(process)
        return process

    def _config(self, user: str) -> dict[str, Any]:
        cluster = {"server": self.url, "certificate-authority": str(self.ca)}
        return {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": f"token-of-{user}"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
        }  # fmt: skip


def lose(node: subprocess.Popen[bytes]) -> None:
    """End a kubelet and its pods without grace: the machine is gone."""
    for line in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, rest = line.parent.name, line.read_text().rpartition(")")[2].split()
            if int(rest[3]) == node.pid:  # of its session
                os.kill(int(pid), signal.SIGKILL)
    node.wait(30)
