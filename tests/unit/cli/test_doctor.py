"""`ashad doctor`: what is well is said, what is not is named with what mends it."""

import contextlib
import json
import socket
import threading
import time
from types import SimpleNamespace

import pytest
from ashad.cli.operations import doctor, packages
from ashad.cli.rpc import Daemon
from ashad.daemon import filesystem


def told(ran):
    """The findings by what was looked at; the last of each."""
    return {finding["what"]: finding for finding in json.loads(ran.out)}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def listener(answer):
    """Something that listens and is no daemon."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    one, _ = server.accept()
                    one.sendall(answer)
                    one.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_all_is_well(cli, digits, tmp_path):
    ran = cli("doctor", "-o", "json", "--db", tmp_path / "ashad.db")
    found = told(ran)
    assert {f["verdict"] for f in found.values()} <= {"ok", "note"}
    assert {"versions", "settings", "proxy", "network", "daemon", "clock", "database"} <= set(found)
    assert "ASHAD_ADDRESS" in found["settings"]["said"]
    assert "agree" in found["clock"]["said"]
    assert "PYTHONUNBUFFERED" in found["output"]["fix"]
    assert "ashad run --pty" in found["output"]["fix"]
    text = cli("doctor").out
    assert text.startswith("ok       versions  ashad ")
    assert not (tmp_path / "ashad.db").exists()


def test_of_several_addresses_one_has_to_answer(cli, daemon):
    away = f"127.0.0.1:{free_port()}"
    ran = cli("doctor", "-o", "json", "--address", f"{away},{daemon.address}")
    found = [one for one in json.loads(ran.out) if one["what"] == "network"]
    assert [one["verdict"] for one in found] == ["note", "ok"]
    assert told(ran)["daemon"]["verdict"] == "ok"
    assert cli("study", "list", "--address", f"{away},{daemon.address}").code == 0


def test_the_versions_of_both_ends(cli, monkeypatch):
    ours = doctor.__version__
    found = told(cli("doctor", "-o", "json"))["daemon"]
    assert (found["verdict"], f"and is ashad {ours} as this is" in found["said"]) == ("ok", True)

    monkeypatch.setattr(doctor, "__version__", "9.0.0")
    found = told(cli("doctor", "-o", "json"))["daemon"]
    assert found["verdict"] == "warning"
    assert f"and is ashad {ours}; this is 9.0.0" in found["said"]

    monkeypatch.setattr(Daemon, "version", lambda *_: "")  # of before it was told
    found = told(cli("doctor", "-o", "json"))["daemon"]
    assert (found["verdict"], "so an older one" in found["said"]) == ("warning", True)


def test_nothing_listens(cli):
    ran = cli.fails("doctor", "-o", "json", "--address", f"127.0.0.1:{free_port()}")
    assert ran.code == 1
    assert "nothing listens" in told(ran)["network"]["said"]
    assert "daemon" not in told(ran)


def test_a_name_that_is_none(cli):
    ran = cli.fails("doctor", "-o", "json", "--address", "no-such-host.invalid:2742")
    assert (ran.code, told(ran)["network"]["verdict"]) == (1, "problem")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_program_listens(cli, answer):
    with listener(answer) as address:
        ran = cli.fails("doctor", "-o", "json", "--address", address)
    assert ran.code == 1
    assert told(ran)["network"]["verdict"] == "ok"
    assert told(ran)["daemon"]["verdict"] == "problem"


def test_a_daemon_that_asks_for_a_token(cli, new_daemon, tmp_path):
    daemon = new_daemon(tmp_path).start("--require-tokens")
    ran = cli.fails("doctor", "-o", "json", "--address", daemon.address)
    assert ran.code == 1
    assert "token" in told(ran)["daemon"]["said"]
    assert "ashad token create" in told(ran)["daemon"]["fix"]
    daemon.stop()


def test_a_misspelt_variable_and_a_proxy(cli):
    env = {"ASHAD_ADRESS": "x", "HTTPS_PROXY": "http://secret@proxy"}
    ran = cli("doctor", env=env)
    assert 'nothing reads ASHAD_ADRESS (did you mean "ASHAD_ADDRESS"?)' in ran.out
    assert "HTTPS_PROXY: ignored" in ran.out
    assert "secret" not in ran.out
    assert "goes through the proxy, since" in cli("doctor", env=env | {"ASHAD_USE_PROXY": "1"}).out


def test_a_token_that_others_can_read(cli, tmp_path):
    path = tmp_path / "a.token"
    path.write_text("ash_secret\n")
    path.chmod(0o644)
    ran = cli("doctor", "--token-file", path)
    assert f"chmod 600 {path}" in ran.out
    assert "ash_secret" not in ran.out


def test_the_file_system_of_the_database(cli, tmp_path, monkeypatch):
    db = tmp_path / "a" / "b" / "ashad.db"
    assert "on a local file system" in cli("doctor", "--db", db).out
    usage = SimpleNamespace(free=1 << 20)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert told(cli("doctor", "-o", "json", "--db", db))["database"]["verdict"] == "warning"
    monkeypatch.setattr(filesystem, "network_kind", lambda _: "nfs4")
    ran = cli.fails("doctor", "-o", "json", "--db", db)
    assert (ran.code, "(nfs4)" in told(ran)["database"]["said"]) == (1, True)


def test_a_clock_that_is_off(cli, digits, monkeypatch):
    slow = SimpleNamespace(time=lambda: time.time() - 90, monotonic=time.monotonic)
    monkeypatch.setattr(doctor, "time", slow)
    assert " s ahead of this one" in cli("doctor").out


def finds(monkeypatch, requires, versions):
    monkeypatch.setattr("importlib.metadata.requires", lambda _: requires)
    monkeypatch.setattr(packages, "installed", versions.get)
    return [(f.verdict, f.said, f.fix) for f in packages.look() if f.what == "packages"]


def test_what_is_missing_or_too_old_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    requires = [
        "click>=8.1", "numpy>=1.26", "uvloop>=0.20; sys_platform != 'win32'",
        "matplotlib>=3.9; extra == 'plot'", "optuna<6,>=5; extra == 'optuna'",
    ]  # fmt: skip
    fine = {
        "click": "8.10",
        "numpy": "2.0rc1",
        "uvloop": "0.20",
        "matplotlib": "3.9",
        "optuna": "5",
    }
    assert finds(monkeypatch, requires, fine) == []
    ((verdict, said, fix),) = finds(monkeypatch, requires, fine | {"click": "8.0.9"})
    assert (verdict, said) == ("problem", "click: 8.0.9, and >=8.1 is needed")
    assert fix.startswith("pip install --upgrade ashad==")
    del fine["matplotlib"]
    ((verdict, said, fix),) = finds(monkeypatch, requires, fine)
    assert (verdict, fix) == ("note", "pip install 'ashad[plot]'")
    assert said == "not here, for ashad plot: matplotlib: missing"


def test_another_installation_first_on_the_path_is_told(monkeypatch, tmp_path):
    (tmp_path / "ashad").touch()
    monkeypatch.setattr("shutil.which", lambda _: str(tmp_path / "ashad"))
    assert any("of another installation" in f.said for f in packages.look())


def test_another_version_of_the_client_is_told(monkeypatch):
    monkeypatch.setattr("ashad_client.__version__", "0.1.0")
    assert any("ashad-client beside it 0.1.0" in f.said for f in packages.look())
