"""Alert rules and dashboard: promtool takes them, and each metric in them is the daemon's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from ruamel.yaml import YAML

from tests.contract.web.conftest import http_of
from tests.support import ROOT
from tests.support.wire import Wire

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "ashad.json"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
NAME = re.compile(r"\b(?:ashad|grpc_server|process)_[a-z_]+\b")


@pytest.fixture(scope="module")
def told(new_daemon, tmp_path_factory):
    """What a daemon tells after a call of a worker."""
    with new_daemon(tmp_path_factory.mktemp("monitored")) as daemon:
        daemon.start("--web", "127.0.0.1:0")
        wire = Wire(daemon)
        wire.report(wire.take(wire.create()), 1, 0.5)
        yield http_of(daemon).send("GET", "/metrics").data.decode()
        wire.channel.close()


def expressions():
    rules = YAML(typ="safe").load((PROMETHEUS / "alerts.yml").read_text())
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (variable["query"] for variable in dashboard["templating"]["list"])


def test_each_metric_that_is_asked_for_is_told(told):
    there = set(NAME.findall(told))
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert len(asked) > 10
    assert asked - there == set()


def test_the_dashboard_fills_its_grid_and_names_each_panel_once():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels})
    rows = {}
    for panel in panels:
        at = panel["gridPos"]
        rows.setdefault(at["y"], []).append((at["x"], at["w"]))
    for row in rows.values():
        assert sum(width for _, width in row) == 24


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here (Debian: prometheus)")
@pytest.mark.parametrize("words", [
    ("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"),
    ("check", "config", "prometheus.yml"),
])  # fmt: skip
def test_promtool_takes_them(words):
    done = subprocess.run(
        [PROMTOOL, *words], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here (Debian: prometheus)")
def test_promtool_finds_nothing_wrong_with_what_is_told(told):
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
