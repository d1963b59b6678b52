"""The notebook of the examples, run as it stands: it searches, and shows tables and a picture."""

import os

import nbclient
import nbformat
import pytest

from tests.support import ROOT

NOTEBOOK = ROOT / "examples/frameworks/notebook.ipynb"


@pytest.mark.filterwarnings("default")  # those of Jupyter are not ours to mend
def test_the_notebook_runs_and_shows_what_it_found(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("ASHAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASHAD_DB", str(tmp_path / "data" / "ashad.db"))
    here = tmp_path / "here"
    here.mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell for cell in notebook.cells if cell.get("outputs")] == []  # committed without
    nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(here)}}
    ).execute()
    shown = [
        output.data
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "execute_result"
    ]
    study, frame, picture, _ = shown
    assert "study notebook" in study["text/html"]
    assert "params.eta0" in frame["text/html"]
    assert len(picture["image/png"]) > 10_000
    assert list(here.iterdir()) == []
