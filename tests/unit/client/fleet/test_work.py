"""What fails at once is begun again a few times only, and never in a hurry."""

from __future__ import annotations

import ashad_client
import pytest
from ashad_client.fleet import work


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that are made, in no time."""
    made = []
    monkeypatch.setattr(work.time, "sleep", made.append)
    return made


def test_an_agent_that_always_fails_has_seven_lives(tmp_path, pauses):
    began = tmp_path / "began"
    words = ["-c", f"print(file=open({str(began)!r}, 'a')); raise SystemExit(3)"]
    with pytest.raises(RuntimeError, match="exit code 3"):
        work.run_lives("dask-digits-0", words, {}, "")
    assert len(began.read_text().splitlines()) == work.LIVES
    assert pauses == [work.PAUSE_S] * (work.LIVES - 1)


def test_one_that_fails_once_goes_on(tmp_path, pauses):
    began = tmp_path / "began"
    check = "sys.exit(0 if os.path.exists(p) else open(p, 'w') and 1)"
    words = ["-c", f"import os, sys; p = {str(began)!r}; {check}"]
    work.run_lives("dask-digits-0", words, {}, "")
    assert len(pauses) == 1


def test_a_function_that_fails_fails_its_trial_and_goes_on_after_a_pause(
    client, daemon, make_study, pauses
):
    study = make_study(limits={"max_trials": 2})

    def train(trial):
        assert pauses == []
        raise ValueError(trial.number)

    connection = {"address": daemon.address}
    with pytest.raises(ValueError, match="0"):
        work.train_all(train, study, connection)
    assert pauses == [work.PAUSE_S]
    assert client.study(study).counts.failed == 1
    work.train_all(lambda trial: trial.report(trial.target_resource, loss=1.0), study, connection)
    assert str(ashad_client.connect(daemon.address).study(study).state) == "finished"
