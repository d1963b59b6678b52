"""A study read from its file is the study that wrote it, at every step of random histories.

Also: the recorded requests, run again, give the recorded rows; an altered byte is refused by name.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ashad.core.recovery.restore import snapshot
from ashad.store import audit, load

from tests.support import size
from tests.support.history import History

SEEDS = [
    *range(5),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, size(20, 400))),
]


@pytest.mark.parametrize("spaces", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_restored_study_is_the_live_one_at_every_step(
    tmp_path: Path, seed: int, spaces: bool
) -> None:
    """`spaces`: the space changes now and then."""
    history = History(tmp_path / "a.db", seed, imports=True, spaces=spaces)
    for step in range(120):
        verb = history.step()
        restored = load(history.reader, history.reader.studies()[0])
        live, loaded = snapshot(history.study.state), snapshot(restored.state)
        for name in live:
            assert live[name] == loaded[name], f"seed {seed}, step {step} ({verb}): {name}"
    history.commit(history.study.stop(history.now), header=True)
    history.close()

    assert list(audit(tmp_path / "a.db")) == []
