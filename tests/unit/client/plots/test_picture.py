"""`client.plot` in a notebook: shown without a file, saved by suffix."""

import sys

import ashad_client
import pytest
from ashad_client.plots import picture


@pytest.fixture
def study(client, make_study):
    name = make_study(algorithm={"type": "asha", "eta": 2})
    for loss in (0.5, 0.25):
        trial = client.suggest(name)
        for resource in trial.steps():
            trial.report(resource, loss=loss / resource, accuracy=0.5)
        if not trial.decision.should_stop:
            trial.complete()
    return name


def test_a_notebook_shows_it_without_a_file(client, study, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for more in ({}, {"metric": "accuracy"}, {"params": True}):
        shown = client.plot(study, **more)
        assert shown._repr_png_().startswith(b"\x89PNG")
        assert repr(shown).startswith(f"<picture of {study}: ")
    assert list(here.iterdir()) == []


def test_it_is_saved_by_its_suffix_and_the_same_bytes_each_time(client, study, tmp_path):
    made = client.plot(study)
    made.save(tmp_path / "a.svg")
    text = made.encoded("svg")
    assert (tmp_path / "a.svg").read_bytes() == text == client.plot(study).encoded("svg")
    assert b"rung ladder" in text
    with pytest.raises(ashad_client.Error, match=r"a\.jpeg ends in none of"):
        made.save(tmp_path / "a.jpeg")
    with pytest.raises(ashad_client.Error, match="is one of svg, png, pdf"):
        made.encoded("gif")
    assert not (tmp_path / "a.jpeg").exists()


def test_a_metric_that_nobody_reported_is_named_with_those_there_are(client, study):
    with pytest.raises(ashad_client.Error, match="'auc'; there are: accuracy"):
        client.plot(study, metric="auc")


def test_without_matplotlib_it_names_the_extra(client, study, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(picture.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ashad_client.Error, match=r"pip install 'ashad-client\[plot\]'"):
        client.plot(study)
