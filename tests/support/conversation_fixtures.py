"""Doors to a daemon, opened for a test; a language whose tool chain is not here is left out."""

from __future__ import annotations

import subprocess

import pytest

from tests.support import ROOT, alone
from tests.support.daemon import Daemon
from tests.support.drivers import Door, Driver, InProcess, Stubs, present


@pytest.fixture(scope="session")
def built():
    """Builds the driver of a language, once; one worker of pytest at a time."""
    done = {"python"}

    def build(language: str) -> str:
        if not present(language):
            pytest.skip(f"LEFT OUT: {language}: its tool chain is not here")
        if language not in done:
            with alone(language):
                made = subprocess.run(
                    ["make", "-s", "-C", str(ROOT / "client" / language), "build"],
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
            assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
            done.add(language)
        return language

    return build


@pytest.fixture
def open_door(tmp_path, built):
    """Opens doors, and closes them after the test."""
    opened: list[Door] = []

    def open_(name: str, options: tuple[str, ...] = (), also: str = "", **environment: str) -> Door:
        if name == "scheduler":
            door: Door = InProcess(tmp_path)
        elif name == "daemon":
            door = Stubs(Daemon(tmp_path), options)
        else:
            door = Driver(built(name), Daemon(tmp_path), options, also, **environment)
        opened.append(door)
        return door

    yield open_
    for door in opened:
        door.close()
