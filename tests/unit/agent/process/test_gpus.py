"""Which slot sees which GPUs: lists as people write them, shares that come out even."""

import pytest
from ashad_agent.process import gpus
from ashad_client import Error

LISTED = "GPU 0: NVIDIA H200 (UUID: GPU-aa-1)\nGPU 1: NVIDIA H200 (UUID: GPU-bb-2)\n"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("0", ["0"]), ("0, 3", ["0", "3"]), ("GPU-aa-1,MIG-b/1/0", ["GPU-aa-1", "MIG-b/1/0"])],
)
def test_a_list_is_taken_as_it_is(wanted, found):
    assert gpus.find(wanted, {}) == found


@pytest.mark.parametrize(
    ("wanted", "words"), [("", "no list"), ("0;1", "no list"), ("-1", "no list"), ("0,0", "twice")]
)
def test_a_list_that_is_none_is_refused(wanted, words):
    with pytest.raises(Error, match=f"--gpus.*{words}"):
        gpus.find(wanted, {})


def test_auto_takes_what_the_batch_system_leaves():
    assert gpus.find("auto", {gpus.VISIBLE: "2,5"}) == ["2", "5"]
    with pytest.raises(Error, match=gpus.VISIBLE):
        gpus.find("auto", {gpus.VISIBLE: ""})


@pytest.fixture
def listing(tmp_path):
    """An environment whose nvidia-smi prints this."""

    def of(text, status=0):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'E'\n{text}E\nexit {status}\n")
        program.chmod(0o755)
        return {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    return of


def test_auto_asks_for_uuids(listing, monkeypatch):
    environment = listing(LISTED)
    monkeypatch.setenv("PATH", environment["PATH"])
    assert gpus.find("auto", environment) == ["GPU-aa-1", "GPU-bb-2"]


@pytest.mark.parametrize(("text", "status"), [("", 0), (LISTED, 9)])
def test_auto_without_an_answer_names_the_way_out(listing, monkeypatch, text, status):
    environment = listing(text, status)
    monkeypatch.setenv("PATH", environment["PATH"])
    with pytest.raises(Error, match="--gpus auto: nvidia-smi -L"):
        gpus.find("auto", environment)


@pytest.mark.parametrize(
    ("devices", "slots", "shares"),
    [
        ("0 1 2 3", None, ["0", "1", "2", "3"]), ("0 1 2 3", 2, ["0,1", "2,3"]),
        ("0 1", 4, ["0", "1", "0", "1"]), ("0", 1, ["0"]),
    ],
)  # fmt: skip
def test_shares_come_out_even(devices, slots, shares):
    assert gpus.share(devices.split(), slots) == shares


@pytest.mark.parametrize(("devices", "slots"), [("0 1 2", 2), ("0 1", 3)])
def test_shares_that_do_not_are_refused(devices, slots):
    with pytest.raises(Error, match="do not come out even"):
        gpus.share(devices.split(), slots)
