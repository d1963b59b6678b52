"""A checkpoint is whole or not there, at the target and as often as asked; one remains."""

import pathlib

import ashad_client
import pytest
from ashad_client.integration.boosting.checkpoints import Checkpoints


@pytest.fixture
def trial():
    with ashad_client.connect(standalone=True) as client:
        yield next(client.trials("alone", defaults={}, max_resource=7))


def write(path):
    pathlib.Path(path).write_text("state")


def test_at_the_target_and_each_so_many_and_only_the_last_remains(trial, tmp_path):
    kept = Checkpoints(trial, tmp_path / "new", 3, ".ubj")
    made = []
    for resource in range(1, 8):
        made.append(kept.save(resource, write))
        kept.reported(made[-1])
    folder = tmp_path / "new"
    assert made == [
        None, None, str(folder / "alone-0-3.ubj"), None, None, str(folder / "alone-0-6.ubj"),
        str(folder / "alone-0-7.ubj"),
    ]  # fmt: skip
    assert [path.name for path in folder.iterdir()] == ["alone-0-7.ubj"]


def test_what_breaks_while_it_is_written_leaves_nothing(trial, tmp_path):
    def broken(path):
        write(path)
        raise OSError("no space")

    kept = Checkpoints(trial, tmp_path, 1, ".ubj")
    with pytest.raises(OSError, match="no space"):
        kept.save(1, broken)
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_or_on_another_rank_nothing_is_written(trial, tmp_path):
    assert Checkpoints(trial, None, 1, ".ubj").save(7, write) is None

    class Second:
        rank, target_resource, decision = 1, 7, trial.decision

    assert Checkpoints(Second(), tmp_path, 1, ".ubj").save(7, write) is None
    assert list(tmp_path.iterdir()) == []
