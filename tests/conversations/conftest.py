"""Opens doors, builds drivers, and says which languages were left out."""

from __future__ import annotations

import subprocess

import pytest
from doors import LANGUAGES, PRESENT, ROOT, Door, Driver, InProcess, Stubs


def pytest_terminal_summary(terminalreporter) -> None:
    for language in LANGUAGES:
        if language not in PRESENT:
            terminalreporter.write_line(f"LEFT OUT: no conversation with the {language} client")


@pytest.fixture(scope="session")
def built():
    """Builds the driver of a language, once."""
    done = {"python"}

    def build(language: str) -> str:
        if language not in done:
            made = subprocess.run(
                ["make", "-s", "-C", str(ROOT / "client" / language), "build"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
            done.add(language)
        return language

    return build


@pytest.fixture
def open_door(new_daemon, tmp_path, built):
    """Opens doors, and closes them after the test."""
    opened: list[Door] = []

    def open_(name: str, options: tuple[str, ...] = (), **environment: str) -> Door:
        if name == "scheduler":
            door: Door = InProcess(tmp_path)
        elif name == "daemon":
            door = Stubs(new_daemon(tmp_path))
        else:
            door = Driver(built(name), new_daemon(tmp_path), options, **environment)
        opened.append(door)
        return door

    yield open_
    for door in opened:
        door.close()
