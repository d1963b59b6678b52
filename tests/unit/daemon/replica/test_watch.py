"""A daemon that was taken over from: it does not begin, and one that serves ends."""

import time

import pytest
from ashad.daemon.exit_codes import StartupError
from ashad.daemon.replica.marks import Marks
from ashad.daemon.replica.watch import ReplicaSettings, admit, epoch_of

from tests.support.daemon import Daemon


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StartupError, match=r"--replica .*none: No such file") as caught:
        admit(ReplicaSettings(tmp_path / "none"), tmp_path / "a.db")
    assert caught.value.code == 78


def test_a_file_that_was_taken_over_is_not_served(tmp_path):
    db, settings = tmp_path / "a.db", ReplicaSettings(tmp_path)
    assert epoch_of(db) == admit(settings, db) == 1
    Marks(tmp_path).begin(2, "b:2742")
    with pytest.raises(
        StartupError, match=r"of epoch 1, and epoch 2 began .* is at b:2742"
    ) as caught:
        admit(settings, db)
    assert caught.value.code == 78
    assert not db.exists()


def test_a_daemon_that_serves_ends_when_another_takes_over(tmp_path):
    replica = tmp_path / "replica"
    replica.mkdir()
    with Daemon(tmp_path) as daemon:
        daemon.start("--replica", str(replica))
        Marks(replica).begin(2, "b:2742")
        began = time.monotonic()
        assert daemon.process.wait(30) == 78
        assert time.monotonic() - began < 20
        assert "b:2742" in daemon.log.read_text()
        assert [path.name for path in replica.iterdir()] == ["epoch-2.json"]
