"""`ashad` starts the daemon by its settings, and the commands start without it."""

import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow

ASHAD = [sys.executable, "-m", "ashad"]
PROJECT = ROOT / "pyproject.toml"


@pytest.fixture
def environment(tmp_path):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ASHAD_")}
    return kept | {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }


def test_variable_before_file_and_the_whole_way(tmp_path, environment):
    config = tmp_path / "config" / "ashad" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'address = "256.0.0.1:1"\ndb = "{tmp_path}/file.db"\nlog_format = "json"\n')
    env = environment | {"ASHAD_ADDRESS": "127.0.0.1:0"}
    with subprocess.Popen(ASHAD, env=env, stdout=subprocess.PIPE, text=True) as daemon:
        try:
            found = None
            while not found:
                line = daemon.stdout.readline()
                assert line, "ended before it listened"
                found = re.search(r"listening on ([^\s,]+)", line)
            listed = subprocess.run(
                [*ASHAD, "study", "list", "--address", found[1]],
                env=environment,
                capture_output=True,
                check=True,
            )
            assert listed.stderr == b""
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(30) == 0
    assert pathlib.Path(tmp_path, "file.db").is_file()


def test_a_wrong_setting_ends_before_anything_starts(tmp_path, environment):
    for words in ([], ["serve"]):
        ran = subprocess.run(
            [*ASHAD, "--db", str(tmp_path / "x.db"), *words],
            env=environment | {"ASHAD_LOG_LEVEL": "loud"},
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 2
        assert b"'ASHAD_LOG_LEVEL'): 'loud' is not one of" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_daemon_listens_at_one_address(tmp_path, environment):
    """The list is for those who call it, and may stand in the environment of its machine too."""
    ran = subprocess.run(
        [*ASHAD, "--db", str(tmp_path / "x.db"), "serve"],
        env=environment | {"ASHAD_ADDRESS": "a:2742,b:2742"},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, b"ASHAD_ADDRESS: a:2742,b:2742: a daemon listens" in ran.stderr) == (
        2,
        True,
    )
    assert list(tmp_path.iterdir()) == []


def test_the_commands_do_not_import_the_daemon(environment):
    modules = "ashad.cli.commands.study, ashad.cli.operations.serve"
    code = f"import sys, {modules}; sys.exit('ashad.daemon.main' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_a_closed_pipe_is_quiet(environment):
    with subprocess.Popen(
        [*ASHAD, "--help"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:
        ran.stdout.close()
        assert b"Traceback" not in ran.stderr.read()
