"""`--local`: a daemon is there while it is needed, found again by others, and never longer."""

import contextlib
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from ashad.cli import main
from ashad.cli.errors import CommandError
from ashad.cli.local.demo import FOLDERS
from ashad.cli.local.private_daemon import folder_of, private_daemon
from ashad.cli.rpc import WAYS
from ashad.cli.studyfile.comments import FILES
from ashad.cli.views import best_view
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.support import ROOT

NOWHERE = "127.0.0.1:9"
TRAIN = """
import sys
from pathlib import Path
for epoch in range(1, 10):
    print(f"epoch={epoch} loss={float(sys.argv[1]) / epoch}", flush=True)
"""
USE = """
import sys, pathlib
from ashad.cli.local.demo import FOLDERS
from ashad.cli.local.private_daemon import private_daemon
with private_daemon(pathlib.Path(sys.argv[1]), "127.0.0.1:9", allow_network_fs=False) as found:
    print(found.address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def db(tmp_path):
    return tmp_path / "data" / "ashad.db"


@pytest.fixture
def ashad(db, tmp_path):
    """Run a command with the private daemon of `db`, as on the machine of a newcomer."""

    def run(*words, **more):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
        return subprocess.run(
            [sys.executable, "-m", "ashad", *map(str, words)],
            env=environment | {"ASHAD_DB": str(db), "XDG_STATE_HOME": str(tmp_path)},
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=200, **more,
        )  # fmt: skip

    (tmp_path / "train.py").write_text(TRAIN)
    return run


def use(db):
    return private_daemon(db, NOWHERE, allow_network_fs=False)


def ended(db):
    """Whether no daemon of `db` lives, private or not."""
    for path in (folder_of(db) / "daemon", f"{db}.lock"):
        with Path(path).open("rb") as file, contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            continue
        return False
    return True


@pytest.mark.slow
def test_one_command_from_nothing(ashad, db, study_file):
    words = ("run", "--local", "-f", study_file(), "--slots", 2, "--", sys.executable)
    done = ashad(*words, "train.py", "{rate}")
    assert done.returncode == 0, done.stderr
    result = done.stdout[done.stdout.index("study digits: 9 of 9 trials, 0 running") :]
    table = [line for line in result.splitlines() if line.lstrip()[:1].isdigit()]
    assert len(table) == 9
    assert "Best loss: " in result
    assert "--rate=" in result
    assert "ashad best digits --local\n" not in result, "another database must be named"
    assert f"ashad best digits --local --db {db}" in result
    assert "best so far: loss" in done.stderr
    assert ended(db)
    again = ashad(*words, "train.py", "{rate}")
    assert again.returncode == 0
    assert result in again.stdout
    assert ashad("best", "digits", "--local", "-o", "args").stdout.startswith("--rate=")


@pytest.mark.slow
def test_a_second_user_joins_and_the_last_one_ends_it(db):
    with use(db) as first:
        assert first.private
        with use(db) as second:
            assert second == first
        assert not ended(db)
    assert ended(db)
    assert oct(db.parent.stat().st_mode)[-3:] == "700"
    with use(db) as later:
        assert later.private
    assert ended(db)


def test_the_page_of_a_private_daemon_stays_until_ctrl_c(db):
    words = [sys.executable, "-m", "ashad", "open", "--print", "--local", "--db", str(db)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as page:
        try:
            url = page.stdout.readline().strip()
            assert "until Ctrl-C" in page.stderr.readline()
            opener = build_opener(ProxyHandler({}))
            with opener.open(f"{url}readyz", timeout=20) as answer:
                assert answer.status == 200
            page.send_signal(signal.SIGINT)
            assert page.wait(60) == 0
            with pytest.raises(URLError):
                opener.open(f"{url}readyz", timeout=20)
        finally:
            page.kill()
    assert ended(db)


@pytest.mark.slow
def test_kill_9_of_the_last_user_leaves_no_daemon(db):
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USE, str(db)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    assert users[0].stdout.readline() == users[1].stdout.readline()
    for user in users:
        with user:
            assert not ended(db)
            user.send_signal(signal.SIGKILL)
    with (folder_of(db) / "daemon").open() as daemon:
        fcntl.flock(
            daemon, fcntl.LOCK_SH
        )  # comes when it has ended; else the test runs out of time
    assert ended(db)


def test_a_database_that_is_served_already_is_asked_there(daemon, study_file, cli):
    cli("study", "create", "-f", study_file())
    with private_daemon(daemon.db, daemon.address, allow_network_fs=False) as found:
        assert (found.address, found.private) == (daemon.address, False)
    said = cli("study", "list", "--local", "--db", daemon.db)
    assert "digits" in said.out


@pytest.mark.slow
def test_files_for_another_daemon_are_left_out(db, tmp_path):
    environment = {f"ASHAD_{name.upper()}": str(tmp_path / "no") for name in WAYS[1:]}
    ran = CliRunner().invoke(main, ["study", "list", "--local", "--db", str(db)], env=environment)
    assert ran.exit_code == 0, ran.output


@pytest.mark.slow
def test_a_daemon_that_cannot_start_says_why(tmp_path):
    folder = tmp_path / "a.db"
    folder.mkdir()
    with pytest.raises(CommandError, match=r"did not start: .* is not a file"), use(folder):
        pass


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("study", "list", "--local", "--address", NOWHERE), "leave --address out"),
        (("study", "list", "--db", "x.db"), "--db goes with --local"),
        (("run", "s", "--local", "--address", NOWHERE, "--", "true"), "leave --address out"),
        (("run", "s", "--db", "x.db", "--", "true"), "--db goes with --local"),
    ],
)
def test_what_does_not_go_together(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_gives_the_trial_back_and_ends_cleanly(ashad, db, study_file, tmp_path):
    """The terminal signals all of its foreground; the daemon is needed to the end."""
    words = [sys.executable, "-m", "ashad", "run", "--local", "--db", db, "-f", study_file()]
    with subprocess.Popen(
        [*words, "--", "sleep", "1000"], stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path)}, cwd=tmp_path,
    ) as run:  # fmt: skip
        for line in run.stderr:
            if "trial 0 attempt 1" in line:
                break
        os.killpg(run.pid, signal.SIGINT)
        said = run.stderr.read()
    assert run.returncode == 128 + signal.SIGINT, said
    assert "the private daemon ended" not in said
    assert ended(db)
    (trial,) = json.loads(ashad("trial", "list", "digits", "--local", "-o", "json").stdout)
    assert (trial["state"], trial["reason"]) == ("queued", "RELEASED")


@pytest.mark.slow
def test_a_daemon_that_dies_ends_the_run_with_a_word(ashad, db, study_file):
    """What it took is kept, and the same command goes on."""
    kill = f"kill -9 $(pgrep -f '[d]aemon_process {db} '); sleep 100"
    ran = ashad("run", "--local", "-f", study_file(), "--grace", "1s", "--", "sh", "-c", kill)
    assert ran.returncode == 128 + signal.SIGTERM, ran.stderr
    assert "the private daemon ended" in ran.stderr
    assert "run the same command to go on" in ran.stderr
    assert ended(db)
    found = ashad("study", "show", "digits", "--local", "-o", "json")
    assert json.loads(found.stdout)["counts"]["created"] == 1


def test_a_run_that_cannot_begin_names_the_next_step(ashad, db, study_file, tmp_path):
    ran = ashad("run", "--local", "-f", "none.toml", "--", "true")
    assert (ran.returncode, ran.stderr) == (
        2, "error: none.toml: there is no such file; `ashad init` writes one\n",
    )  # fmt: skip
    assert ended(db)


@pytest.mark.slow
def test_the_demo_begins_anew_each_time(ashad, db):
    for trials in (1, 2):
        done = ashad("demo", "--max-trials", trials)
        assert done.returncode == 0, done.stderr
        assert f"study digits: {trials} of {trials} trials, 0 running" in done.stdout
        assert f"ashad best digits --local --db {db.with_name('demo.db')}" in done.stdout
    assert not db.exists()
    assert ended(db.with_name("demo.db"))


def test_the_demo_says_what_it_lacks(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    ran = CliRunner().invoke(main, ["demo", "--db", str(tmp_path / "a.db")])
    assert ran.exit_code == 1
    assert "pip install 'ashad[demo]'" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_wheel_and_sdist_carry_what_is_kept_elsewhere():
    """Example and contract are kept once; the wheel takes them to where they are looked for."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]
    taken = build["wheel"]["force-include"]
    for kept, packed in ((FOLDERS[1], FOLDERS[0]), (FILES[1], FILES[0])):
        source = str(kept.relative_to(ROOT))
        assert kept.exists()
        assert ROOT / "server" / taken[source] == packed
        assert source in build["sdist"]["only-include"]
    assert {"study.toml", "train.py"} <= {path.name for path in FOLDERS[1].iterdir()}


def test_what_is_to_be_pasted_is_as_the_agent_gives_it():
    params = [pb.Parameter(name=name) for name in ("lr", "on", "off", "text")]
    params[0].value.double_value, params[1].value.bool_value = 1e-05, True
    params[2].value.bool_value, params[3].value.string_value = False, "a b; $(c)\n"
    trial = pb.Trial(params=params)
    assert shlex.split(best_view.arguments(trial)) == ["--lr=1e-05", "--on", "--text=a b; $(c)\n"]


def test_best_tells_which_best_is_meant(cli, worker, digits):
    assert cli.fails("best", digits).err.endswith(
        f"study {digits} has no report yet; train it: ashad run {digits} -- COMMAND\n"
    )
    for values in ((0.5, 0.1, 0.5, 0.5), (0.4, 0.2, 0.4, 0.4), (0.3, 0.3, 0.3, 0.3)):
        lease = worker.suggest(digits)
        for resource, value in enumerate(values, start=1):
            worker.report(lease, resource, value)
    text = cli("best", digits).out
    assert text.startswith("Best loss: 0.1, trial 0 at epoch 2 (the best value of any report)")
    assert "To paste: --rate=0.01 --size=64 --optimizer==adam" in text
    last, smoothed = (
        cli("best", digits, "--by", by, "-o", "json").data for by in ("last", "smoothed")
    )
    assert (last["trial"], last["value"]) == (2, 0.3)
    assert (smoothed["trial"], round(smoothed["value"], 6)) == (2, 0.3)
    assert cli("best", digits, "-o", "args").out == "--rate=0.01 --size=64 --optimizer==adam\n"
