"""What a client is told at connect: arguments, then the environment, then defaults."""

from __future__ import annotations

import os

import ashad_client
import pytest


def test_worker_ids(monkeypatch):
    monkeypatch.delenv("ASHAD_WORKER", raising=False)
    one, two = ashad_client.connect(), ashad_client.connect()
    assert one.worker != two.worker
    assert str(os.getpid()) in one.worker
    monkeypatch.setenv("ASHAD_WORKER", "slot-2")
    assert ashad_client.connect().worker == "slot-2"
    assert ashad_client.connect(worker="slot-3").worker == "slot-3"
    for wrong in ("a\nb", "x" * 201):
        with pytest.raises(ashad_client.Error, match="worker: 1 to 200"):
            ashad_client.connect(worker=wrong)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, "127.0.0.1:2742"),
        ("gpu-head", "gpu-head:2742"),
        ("gpu-head:99", "gpu-head:99"),
        ("[::1]", "[::1]:2742"),
        ("[::1]:99", "[::1]:99"),
        ("unix:/run/ashad.sock", "unix:/run/ashad.sock"),
        ("dns:///gpu-head:99", "dns:///gpu-head:99"),
        ("a:99,b", "a:99,b:2742"),
        ("a, [::1]", "a:2742,[::1]:2742"),
        ("ipv4:10.0.0.1:99,10.0.0.2:99", "ipv4:10.0.0.1:99,10.0.0.2:99"),
    ],
)
def test_addresses(monkeypatch, given, found):
    monkeypatch.delenv("ASHAD_ADDRESS", raising=False)
    assert ashad_client.connect(given).address == found
    monkeypatch.setenv("ASHAD_ADDRESS", given or "")
    assert ashad_client.connect().address == found


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("a:99,,b", "'a:99,,b' names none between two commas"),
        ("a,b, a:2742", "names a:2742 twice: give each daemon once"),
        ("a:99,b:port", "'b:port' has no port from 1 to 65535"),
        ("a:", "'a:' has no port"),
        ("a:65536", "'a:65536' has no port"),
    ],
)
def test_addresses_that_cannot_be_right(wrong, text):
    with pytest.raises(ashad_client.Error, match=text):
        ashad_client.connect(wrong)


def test_a_token_goes_to_none_of_several_in_the_clear(tmp_path):
    (tmp_path / "token").write_text("ash_0")
    with pytest.raises(ashad_client.Error, match="in the clear to trainer:2742"):
        ashad_client.connect("127.0.0.1:99,trainer", token_file=tmp_path / "token")


def test_address_that_is_a_url():
    with pytest.raises(ashad_client.Error, match="without http://"):
        ashad_client.connect("http://localhost:2742")
