"""Two machines on one: network namespaces with a cable between them, each with its own home."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

from tests.support.tools import run, tool


class NotPermitted(Exception):
    """This system lets us make no network namespaces; says why."""


class Machine:
    """A network namespace, and what a user of it has: a home, a path, an environment."""

    def __init__(self, name: str, address: str, home: Path) -> None:
        self.name, self.address, self.home = name, address, home
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
        home.mkdir()

    def command(self, line: str) -> list[str]:
        return [tool("ip"), "netns", "exec", self.name, "bash", "-c", line]

    def type(self, line: str) -> str:
        """Type a line; return what it printed on standard output, and on error if it is `2>&1`."""
        done = subprocess.run(
            self.command(line), cwd=self.home, env=self.environment, text=True,
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, line: str) -> subprocess.Popen[str]:
        """Type a line that goes on; what it prints can be read from it."""
        return subprocess.Popen(
            self.command(f"exec {line}"), cwd=self.home, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


class Machines:
    """Two of them; the second knows the first by the names that are given."""

    def __init__(self, folder: Path, addresses: tuple[str, str], names: str) -> None:
        self._ip = tool("ip")
        mark = uuid.uuid4().hex[:6]
        self.both = [
            Machine(f"ashad-{mark}-{number}", address, folder / f"machine{number}")
            for number, address in enumerate(addresses)
        ]
        self._cable = [f"a{mark}{number}" for number in range(2)]
        self._etc = Path("/etc/netns") / self.both[1].name
        self._hosts = f"127.0.0.1 localhost\n{addresses[0]} {names}\n"

    def __enter__(self) -> list[Machine]:
        try:
            for machine in self.both:
                self._do("netns", "add", machine.name)
            self._do("link", "add", self._cable[0], "type", "veth", "peer", "name", self._cable[1])
            for machine, end in zip(self.both, self._cable, strict=True):
                self._do("link", "set", end, "netns", machine.name)
                for words in (
                    ["addr", "add", f"{machine.address}/24", "dev", end],
                    ["link", "set", end, "up"], ["link", "set", "lo", "up"],
                ):  # fmt: skip
                    self._do("-n", machine.name, *words)
            self._etc.mkdir(parents=True)
            (self._etc / "hosts").write_text(self._hosts)
            run(*self.both[0].command("true"))
        except (AssertionError, OSError) as error:
            self.__exit__()
            raise NotPermitted(str(error)) from error
        return self.both

    def __exit__(self, *_: object) -> None:
        for machine in self.both:  # the cable goes with them
            subprocess.run(
                [self._ip, "netns", "del", machine.name], capture_output=True, check=False
            )
        (self._etc / "hosts").unlink(missing_ok=True)
        if self._etc.exists():
            self._etc.rmdir()

    def _do(self, *words: str) -> None:
        run(self._ip, *words)
