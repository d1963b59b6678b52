"""`ashad completion` and `ashad config`; and that every list can be piped as JSON."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from ashad.cli import config, main

pytestmark = pytest.mark.slow

SHELLS = ("bash", "zsh", "fish")


def offered(shell, address, *words):
    """What is offered for the last of the words, as the shell is told it."""
    # zsh and bash count words from 0; fish sends the word itself.
    place = words[-1] if shell == "fish" else str(len(words))
    env = os.environ | {
        "_ASHAD_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(["ashad", *words])
        if shell == "bash"
        else " ".join(["ashad", *words]),
        "COMP_CWORD": place,
        "ASHAD_ADDRESS": address,
    }
    code = "import sys; sys.argv[0] = 'ashad'; from ashad.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_studies_and_trials_are_offered(cli, daemon, digits, worker, shell):
    worker.suggest(digits)
    assert "watch" in offered(shell, daemon.address, "wa")
    assert "digits" in offered(shell, daemon.address, "study", "show", "di")
    assert "digits" not in offered(shell, daemon.address, "study", "show", "x")
    assert "0" in offered(shell, daemon.address, "trial", "show", "digits", "0")
    assert "--address" in offered(shell, daemon.address, "watch", "--add")


@pytest.mark.parametrize("shell", SHELLS)
def test_of_commands_that_read_their_own_arguments(daemon, digits, shell):
    assert "digits" in offered(shell, daemon.address, "run", "di")
    assert "digits" in offered(shell, daemon.address, "run", "--slots", "2", "di")
    assert "digits" in offered(shell, daemon.address, "ask", "di")
    assert "digits" not in offered(shell, daemon.address, "tell", "di")
    assert "digits" not in offered(shell, daemon.address, "run", "-f", "di")
    assert "--slots" in offered(shell, daemon.address, "run", "--sl")
    assert "--infeasible" in offered(shell, daemon.address, "tell", "--in")
    if shell == "bash":
        assert "file" in offered(shell, daemon.address, "run", "digits", "--", "tr")


def test_without_a_daemon_there_is_nothing_and_no_error():
    assert "show" in offered("bash", "127.0.0.1:1", "study", "sh")
    assert offered("bash", "127.0.0.1:1", "study", "show", "d").strip() == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_of_that_shell(cli, shell, tmp_path):
    script = tmp_path / "script"
    script.write_text(cli("completion", shell).out)
    assert "_ashad_completion" in script.read_text()
    if shutil.which(shell):
        subprocess.run([shell, "-n", str(script)], check=True)


def test_bash_completes(daemon, digits, cli):
    words = "COMP_WORDS=(ashad study show di); COMP_CWORD=3; _ashad_completion ashad"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", f'eval "$(ashad completion bash)"; {words}; echo "${{COMPREPLY[@]}}"'],
        env=os.environ | {"PATH": path, "ASHAD_ADDRESS": daemon.address},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("digits\n", "")


# --- config -------------------------------------------------------------------------------------


def test_each_setting_with_where_it_comes_from(cli, tmp_path):
    file = tmp_path / "ashad.toml"
    file.write_text('address = "a:1"\ndb = "from-file.db"\nlog_level = "debug"\n')
    env = {"ASHAD_CONFIG": str(file), "ASHAD_ADDRESS": "b:2", "ASHAD_DB": "from-variable.db"}
    rows = cli("config", "-o", "json", "--db", "from-flag.db", env=env).data
    found = {row["name"]: (row["value"], row["from"]) for row in rows}
    assert set(found) == set(config.SETTINGS)
    assert found["db"] == ("from-flag.db", "--db")
    assert found["address"] == ("b:2", "ASHAD_ADDRESS")
    assert found["log_level"] == ("debug", str(file))
    assert found["log_format"] == ("auto", "default")
    assert {row["name"]: row["variable"] for row in rows}["log_level"] == "ASHAD_LOG_LEVEL"
    assert max(map(len, cli("config").out.splitlines())) <= 80


# --- every list pipes as JSON -------------------------------------------------------------------


def commands(group=main, path=()):
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            if isinstance(command, click.Group):
                yield from commands(command, (*path, name))
            else:
                yield (*path, name), command


NAMES = ("list", "show", "why", "config", "doctor", "watch")
LISTS = [path for path, _ in commands() if path[-1] in NAMES]


def test_every_list_can_be_json(cli, digits, worker, tmp_path):
    worker.suggest(digits)
    assert len(LISTS) >= 9
    more = {
        ("study", "show"): [digits],
        ("trial", "list"): [digits],
        ("trial", "show"): [digits, 0],
        ("why",): [digits, 0],
        ("watch",): [digits, "--once"],
        ("token", "list"): ["--tokens", tmp_path / "t"],
    }
    for path in LISTS:
        form = "jsonl" if path == ("watch",) else "json"
        ran = cli(*path, *more.get(path, []), "-o", form)
        assert json.loads(ran.out) is not None, path
