"""The limit of descriptors: raised to the hard one, and said where that is too low."""

from __future__ import annotations

import resource

import pytest
from ashad.daemon import descriptors


@pytest.fixture
def limits(monkeypatch):
    """Limits of a pretended system: [soft, hard]."""
    known = [1024, 4096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(known))

    def change(_kind, pair):
        known[:] = pair

    monkeypatch.setattr(resource, "setrlimit", change)
    return known


def test_the_soft_limit_becomes_the_hard_one(limits):
    said = []
    room = descriptors.raise_limit(1000, lambda event, **facts: said.append((event, facts)))
    assert limits == [4096, 4096]
    assert room == 1000
    assert said == []


def test_what_is_lacking_is_said(limits):
    said = []
    room = descriptors.raise_limit(20_000, lambda event, **facts: said.append((event, facts)))
    assert room == 4096 - descriptors.RESERVED
    ((event, facts),) = said
    assert event == "descriptors_limited"
    assert (facts["connections"], facts["max_connections"]) == (room, 20_000)
    assert "LimitNOFILE" in facts["fix"]


def test_no_limit_is_room_for_all(limits):
    limits[:] = [1024, resource.RLIM_INFINITY]
    assert descriptors.raise_limit(20_000, pytest.fail) == 20_000
