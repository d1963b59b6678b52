"""Worker ids: known again after a restart, and never held by two agents."""

from __future__ import annotations

import shutil

import pytest
from ashad_agent.trials import worker_ids
from ashad_agent.trials.worker_ids import WorkerIds
from ashad_client import Error


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Switch to a state folder; a name of its own for each copy."""

    def use(name):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))
        return tmp_path / name

    return use


def let_go(ids):
    for file in ids._files:
        worker_ids.os.close(file)
    ids._files.clear()


def test_an_agent_that_starts_again_has_its_ids_again(state):
    state("one")
    first = WorkerIds()
    names = first.claim(2, None)
    second = WorkerIds()
    assert not set(second.claim(2, None)) & set(names)
    let_go(first)
    third = WorkerIds()
    assert third.claim(2, None) == names
    let_go(second)
    let_go(third)


def test_a_copied_folder_gives_other_ids_though_the_host_has_the_same_name(state):
    original = state("one")
    first = WorkerIds()
    names = first.claim(1, None)
    copy = state("two")
    shutil.copytree(original, copy, dirs_exist_ok=True)
    second = WorkerIds()
    assert second.claim(1, None) != names
    let_go(first)
    let_go(second)


def test_a_machine_that_cannot_be_told_from_its_copy_gives_new_ids(state, monkeypatch):
    state("one")
    monkeypatch.setattr(worker_ids, "_place", lambda _: "")
    ids = WorkerIds()
    names = ids.claim(1, None)
    let_go(ids)
    assert WorkerIds().claim(1, None) != names


def test_another_boot_or_container_gives_new_ids(state, monkeypatch):
    state("one")
    ids = WorkerIds()
    names = ids.claim(1, None)
    let_go(ids)
    place = worker_ids._place
    monkeypatch.setattr(worker_ids, "_place", lambda file: "another-" + place(file))
    assert WorkerIds().claim(1, None) != names


def test_a_name_that_was_asked_for_is_held_once(state):
    state("one")
    first = WorkerIds()
    assert first.claim(1, "gpu-3") == ["gpu-3"]
    with pytest.raises(Error, match="held by another agent"):
        WorkerIds().claim(1, "gpu-3")
    let_go(first)
    assert WorkerIds().claim(2, "gpu-3") == ["gpu-3-0", "gpu-3-1"]
