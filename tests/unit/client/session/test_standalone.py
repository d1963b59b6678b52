"""The same training file without a daemon."""

from __future__ import annotations

import ashad_client
import pytest

SPACE = {"metric": "loss", "goal": "minimize", "max_resource": 3, "space": {"lr": 0.1}}


@pytest.fixture(autouse=True)
def _no_address(monkeypatch):
    monkeypatch.delenv("ASHAD_ADDRESS", raising=False)
    monkeypatch.delenv("ASHAD_STANDALONE", raising=False)


def test_one_trial_to_the_end():
    with ashad_client.connect(standalone=True) as client:
        client.create_study("digits", SPACE)
        seen = []
        for trial in client.trials("digits", defaults={"lr": 0.1, "layers": 2}, max_resource=3):
            assert trial.params == {"lr": 0.1, "layers": 2}
            for epoch in trial.steps():
                decision = trial.report(epoch, loss=float("nan"))
                seen.append((epoch, decision.action))
            assert trial.should_stop()
        assert seen == [(1, "CONTINUE"), (2, "CONTINUE"), (3, "STOP")]
        with pytest.raises(ashad_client.Error, match="without a daemon"):
            client.study("digits")


async def test_one_trial_to_the_end_aio():
    async with ashad_client.aio.connect(standalone=True) as client:
        async for trial in client.trials("digits", defaults={"lr": 0.1}, max_resource=2):
            seen = [(await trial.report(epoch, loss=1.0)).action for epoch in trial.steps()]
        assert seen == ["CONTINUE", "STOP"]


def test_environment_opts_in(monkeypatch):
    monkeypatch.setenv("ASHAD_STANDALONE", "1")
    with ashad_client.connect() as client:
        assert [t.number for t in client.trials("x", defaults={}, max_resource=1)] == [0]


def test_needs_to_be_told_what_to_run():
    client = ashad_client.connect(standalone=True)
    with pytest.raises(ashad_client.Error, match="defaults="):
        next(client.trials("digits"))


def test_an_address_wins(daemon, make_study, monkeypatch):
    study = make_study()
    monkeypatch.setenv("ASHAD_ADDRESS", daemon.address)
    with ashad_client.connect(standalone=True) as client:
        for trial in client.trials(study, defaults={"lr": 7.0}, max_resource=1):
            assert trial.params["lr"] < 1
            assert trial.max_resource == 4
            break
