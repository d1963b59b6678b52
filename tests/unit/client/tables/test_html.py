"""What a notebook shows of a study and of a trial: its words, and never markup from outside."""

from xml.etree import ElementTree as ET

from ashad_client import records
from ashad_client.v1 import ashad_pb2 as pb

HOSTILE = '<script>alert("1")</script>&\'\x1b[31m'


def cells(html):
    """The text of each cell; fails where the markup is not well-formed."""
    tree = ET.fromstring(f"<div>{html}</div>")
    assert {node.tag for node in tree.iter()} <= {"div", "table", "caption", "b", "tr", "th", "td"}
    return [node.text or "" for node in tree.iter() if node.tag in ("b", "th", "td")]


def test_a_study(client, make_study):
    name = make_study(algorithm={"type": "asha", "eta": 2})
    trial = client.suggest(name)
    trial.report(1, loss=0.25)
    best = "0.25, trial 0 at epoch 1"
    shown = cells(client.get_study(name)._repr_html_())
    for word in (
        f"study {name}",
        "active",
        "1: 1 running",
        "best loss",
        best,
    ):
        assert word in shown, shown
    assert "params.lr" in shown
    shown = cells(client.get_trial(name, 0)._repr_html_())
    assert shown[:3] == ["trial 0", "state", "running"]
    assert f"{trial.params['lr']:.6g}" in shown


def test_no_text_from_outside_is_markup():
    study = pb.Study(name=HOSTILE, reason=HOSTILE)
    study.spec.metric = study.spec.resource = HOSTILE
    study.best.params.add(name=HOSTILE).value.string_value = HOSTILE
    study.best.value = 1.0
    study.brackets.add().rungs.add(size=1)
    shown = records.study(study)._repr_html_()
    trial = pb.Trial(
        worker=HOSTILE, message=HOSTILE, checkpoint_uri=HOSTILE, reason=HOSTILE, value=0.5
    )
    trial.params.add(name=HOSTILE).value.string_value = HOSTILE
    for html in (shown, records.trial(trial)._repr_html_()):
        assert "<script" not in html
        assert "\x1b" not in html
        assert any("<script>" in cell for cell in cells(html))
