"""The lock of a file: one holder, whatever the name, and given up at the end."""

import os
from pathlib import Path

import pytest
from ashad.store.errors import InUseError
from ashad.store.inode_lock import inode_lock, is_open


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_there_is_one_holder_by_any_name(file, link):
    other = file
    if link:
        other = file.with_name("other")
        getattr(other, link)(file)
    with (
        inode_lock(file, create=False),
        pytest.raises(InUseError, match="another daemon"),
        inode_lock(other, create=False),
    ):
        pass
    with inode_lock(other, create=False):
        pass


def test_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "none.db"
    with inode_lock(path, create=False):
        assert not path.exists()
    with inode_lock(path, create=True):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_ends_with_an_error_as_well(file):
    with pytest.raises(ValueError, match="ours"), inode_lock(file, create=False):
        raise ValueError("ours")
    with inode_lock(file, create=False):
        pass


def test_a_name_that_leads_elsewhere_by_now(file):
    held = os.open(file, os.O_RDONLY)
    try:
        assert is_open(file, held)
        file.rename(file.with_name("moved"))
        assert not is_open(file, held)
        file.write_bytes(b"another")
        assert not is_open(file, held)
        assert is_open(Path(file.with_name("moved")), held)
    finally:
        os.close(held)
