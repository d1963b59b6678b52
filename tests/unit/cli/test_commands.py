"""The commands, against a real daemon."""

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from ashad.cli import rpc


def rows(ran):
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_create_prints_the_rungs_and_what_they_cost(cli, study_file):
    out = cli("study", "create", "-f", study_file()).out
    assert "study digits made" in out
    table = [line.split() for line in out.splitlines() if line.strip()[:1].isdigit()]
    assert table == [
        ["0", "0", "1", "9", "9"],
        ["0", "1", "3", "3", "6"],
        ["0", "2", "9", "1", "6"],
    ]
    assert "Planned: 21 epochs. Training 9 configurations in full: 81 epochs; 74% saved." in out


def test_create_again_is_an_echo_and_another_spec_is_refused(cli, study_file, digits):
    out = cli("study", "create", "--if-not-exists", "-f", study_file()).out
    assert "study digits was there already, with an equal specification" in out
    other = study_file({"max_resource = 9": "max_resource = 27"})
    ran = cli.fails("study", "create", "-f", other)
    assert ran.code == 1
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert "max_resource" in ran.err
    assert ran.err.rstrip().endswith(")")


def test_a_study_that_can_train_nobody_in_full_is_told_before_and_after(cli, study_file, worker):
    path = study_file(
        {'type = "asha"': 'type = "asha"\nvariant = "promotion"', "= 9\n[[": "= 3\n[["}
    )
    out = cli.fails("study", "create", "-f", path).err
    assert "warning: no trial can be trained to max_resource: limits.max_trials is 3" in out
    assert "set it to 9 or more" in out
    for loss in (0.3, 0.1, 0.2):
        worker.report(worker.suggest("digits"), 1, loss)
    again = worker.suggest("digits")
    assert "Nobody was trained" not in cli("study", "show", "digits").out
    worker.report(again, 3, 0.05, checkpoint_uri="s3://kept")
    out = cli("study", "show", "digits").out
    assert (
        "Nobody was trained to epoch 9: 1 trial paused at epoch 3, the furthest; the latest" in out
    )
    assert out.endswith("That of the best, trial 1: s3://kept\n")


def test_create_by_another_name(cli, study_file):
    cli("study", "create", "-f", study_file(), "other")
    assert [study["name"] for study in cli("study", "list", "-o", "json").data] == ["other"]
    nameless = study_file({'name = "digits"': ""})
    ran = cli.fails("study", "create", "-f", nameless)
    assert ran.code == 2
    assert "name the study" in ran.err


def test_dry_run_makes_nothing(cli, study_file):
    out = cli("study", "create", "--dry-run", "-f", study_file()).out
    assert "study digits is in order; nothing was made" in out
    assert "Planned: 21 epochs" in out
    assert cli("study", "list", "-o", "json").data == []


def test_a_wrong_file_is_told_before_anything_is_sent(cli, study_file):
    path = study_file({"minimize": "down", "max_trials": "max_trails"})
    ran = cli.fails("study", "create", "-f", path)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.splitlines() == [
        f'error: {path}: goal: must be "minimize" or "maximize", not "down"',
        f'error: {path}: limits.max_trails: unknown key (did you mean "max_trials"?)',
    ]


def test_what_the_daemon_refuses_is_one_line_with_a_reason(cli, study_file):
    path = study_file({"[1e-4, 1e-1]": "[1e-1, 1e-4]"})
    ran = cli.fails("study", "create", "-f", path)
    assert ran.code == 1
    assert "rate" in ran.err
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert ran.err.rstrip().endswith(")")


def test_no_limit_of_trials(cli, study_file):
    path = study_file({"max_trials = 9": ""})
    assert "No limit of trials is set" in cli("study", "create", "-f", path).out


def test_adaptive_asha_has_a_plan(cli, study_file):
    swaps = {'"asha"': '"adaptive_asha"', "eta = 3": "eta = 4", "max_trials = 9": "max_trials = 40"}
    out = cli("study", "create", "-f", study_file(swaps)).out
    assert "adaptive_asha, variant stopping, mode standard, eta 4" in out
    assert "Training 40 configurations in full: 360 epochs" in out


def test_random_search_saves_nothing(cli, study_file):
    path = study_file({'"asha"': '"random"', "eta = 3": ""})
    out = cli("study", "create", "-f", path).out
    assert "Planned: 81 epochs. This trains 9 configurations in full: 81 epochs." in out


@pytest.mark.parametrize(("algorithm", "trials"), [("grid", 1 + 32), ("single", 1)])
def test_grid_and_single_have_a_plan(cli, study_file, algorithm, trials):
    path = study_file(
        {
            '"asha"': f'"{algorithm}"',
            "eta = 3": "",
            "log = true": "log = true, grid_points = 2",
            "max_trials = 9": "",
        }
    )
    out = cli("study", "create", "-f", path).out
    assert f"Planned: {9 * trials} epochs. This trains {trials} configuration" in out


def test_list_and_show(cli, digits, worker):
    worker.report(worker.suggest(digits), 1, 0.5)
    line = cli("study", "list").out.splitlines()[1].split()
    assert line == ["digits", "active", "1/9", "1", "0", "1", "loss", "0.5", "0"]
    (row,) = rows(cli("study", "list", "-o", "csv"))
    assert (row["study"], row["running"], row["best_value"]) == ("digits", "1", "0.5")
    assert rows(cli("study", "show", digits, "-o", "csv")) == [row]
    data = cli("study", "show", digits, "-o", "json").data
    assert [data | {"waits_for": ""}] == cli("study", "list", "-o", "json").data
    assert data["state"] == "active"
    assert data["best"]["params"] == {"rate": 0.01, "size": 64, "optimizer": "=adam"}
    page = cli("study", "show", digits).out
    assert "0.5 by trial 0 at epoch 1: rate=0.01 size=64 optimizer==adam" in page
    assert "max_trials 9" in page
    assert "cut-off loss" in page


def test_pause_resume_stop(cli, digits):
    assert "paused" in cli("study", "pause", digits).out
    assert cli("study", "show", digits, "-o", "json").data["state"] == "paused"
    assert "active" in cli("study", "resume", digits).out
    assert "stopped" in cli("study", "stop", digits).out


def limits(cli):
    return cli("study", "show", "digits", "-o", "json").data["spec"]["limits"]


def test_update_sets_and_removes_limits(cli, digits):
    set_all = (
        *("--max-trials", 12, "--max-concurrent-trials", 2, "--max-total-resource", 100),
        *("--max-duration", "12h", "--target-value", "-0.5", "--max-failed-trials", 3),
    )
    assert "max_duration 12h" in cli("study", "update", digits, *set_all).out
    assert limits(cli) == {
        "max_trials": 12,
        "max_concurrent_trials": 2,
        "max_total_resource": 100,
        "max_duration": 43200.0,
        "target_value": -0.5,
        "max_failed_trials": 3,
    }
    cli("study", "update", digits, "--max-duration", "90", "--target-value", "none")
    assert limits(cli)["max_duration"] == 90
    assert limits(cli)["target_value"] is None
    assert limits(cli)["max_trials"] == 12
    for value in ("0", "-1", "x", "9223372036854775808"):
        assert cli.fails("study", "update", digits, "--max-trials", value).code == 2
    assert cli.fails("study", "update", digits, "--max-duration", "soon").code == 2
    assert cli.fails("study", "update", digits).code == 2


def test_delete(cli, digits, worker):
    worker.suggest(digits)
    assert cli.fails("study", "delete", digits).code == 2  # nobody to ask
    ran = cli.fails("study", "delete", digits, "--yes")
    assert ran.code == 1
    assert "force" in ran.err
    assert cli("study", "delete", digits, "--yes", "--force").out == "study digits: deleted\n"
    assert cli("study", "list", "-o", "json").data == []


def test_delete_asks_on_a_terminal(cli, digits):
    for answer, gone in ((b"n\n", False), (b"y\n", True)):
        parent, child = pty.openpty()
        os.write(parent, answer)
        command = [sys.executable, "-m", "ashad", "study", "delete", digits]
        env = os.environ | {"ASHAD_ADDRESS": cli.address}
        ran = subprocess.run(command, stdin=child, capture_output=True, env=env, check=False)
        os.close(parent)
        os.close(child)
        assert b"This deletes study digits with all its trials" in ran.stdout
        assert ran.returncode == (0 if gone else 1)
        assert (cli("study", "list", "-o", "json").data == []) == gone


def test_trials(cli, digits, worker):
    lease = worker.suggest(digits, "host-1")
    worker.report(lease, 1, 0.5)
    worker.suggest(digits)
    header, first, _ = cli("trial", "list", digits).out.splitlines()
    assert header.split()[:3] == ["trial", "state", "resource"]
    assert "rate=0.01 size=64 optimizer==adam" in first
    assert len(cli("trial", "list", digits, "--state", "running", "-o", "json").data) == 2
    assert cli("trial", "list", digits, "--state", "failed", "-o", "json").data == []
    (row, _) = rows(cli("trial", "list", digits, "-o", "csv"))
    assert (row["worker"], row["value"], row["params.optimizer"]) == ("host-1", "0.5", "'=adam")
    data = cli("trial", "show", digits, 0, "-o", "json").data
    assert (data["state"], data["resource"], data["best_value"]) == ("running", 1, 0.5)
    assert "1 of 9" in cli("trial", "show", digits, 0).out
    assert rows(cli("trial", "show", digits, 0, "-o", "csv"))[0]["trial"] == "0"


PROMOTION = {"max_resource = 9": "max_resource = 27", "eta = 3": 'eta = 3\nvariant = "promotion"'}


def test_a_promotion_study_that_cannot_reach_the_top_is_warned_of(cli, study_file, worker):
    ran = cli.fails("study", "create", "-f", study_file(PROMOTION))
    assert ran.code == 0
    assert ran.err.startswith("warning: no trial can be trained to max_resource: ")
    assert "27" in ran.err
    while (lease := worker.suggest("digits", "w")).lease_token:
        worker.report(lease, lease.target_resource, 0.5, checkpoint_uri="c")
    page = cli("study", "show", "digits").out
    assert "No trial was trained in full: 9 trials paused, the furthest at epoch 9 of 27" in page
    command = page.split("ashad study update digits ")[1].split()
    assert command[:2] == ["--max-trials", "27"]
    assert "digits: active" in cli("study", "update", "digits", "--max-trials", 27).out
    assert worker.suggest("digits", "w").lease_token


@pytest.mark.parametrize(
    "swaps",
    [
        PROMOTION | {"max_trials = 9": "max_trials = 27"},
        {"max_resource = 9": "max_resource = 27"},
        PROMOTION | {"[limits]\nmax_trials = 9": ""},
    ],
)
def test_a_study_that_can_reach_the_top_is_not_warned_of(cli, study_file, swaps):
    cli("study", "create", "-f", study_file(swaps))  # expects nothing on stderr


def test_studies_beside_each_other(cli, worker, study_file):
    cli("study", "create", "a", "-f", study_file())
    cli("study", "create", "b", "-f", study_file({"eta = 3": "eta = 2"}))
    assert "Not all have a value" in cli("compare", "a", "b").out
    for name, values in (("a", (0.5, 0.4, 0.1)), ("b", (0.3,))):
        for value in values:
            worker.report(worker.suggest(name), 1, value)
    out = cli("compare", "a", "b").out
    assert out.splitlines()[0].split()[-3:] == ["at", "equal", "1"]
    assert "After 1 epoch b is ahead: loss 0.3, the next 0.5." in out
    assert "b is not as a in:\n  algorithm.eta: 3.0 is not 2.0" in out
    data = cli("compare", "b", "a", "-o", "json").data
    assert [(row["study"], row["best"], row["at equal 1"]) for row in data] == [
        ("b", 0.3, 0.3), ("a", 0.1, 0.5),
    ]  # fmt: skip
    cli("study", "create", "c", "-f", study_file({"loss": "error"}))
    assert "cannot be compared" in cli("compare", "a", "c").out
    for words in (("a",), ("a", "a")):
        assert cli.fails("compare", *words).code == 2


def test_trials_in_order(cli, digits, worker):
    for value in (0.5, 0.3, 0.4):
        worker.report(worker.suggest(digits), 1, value)
    worker.suggest(digits)

    def listed(*words):
        return [trial["trial"] for trial in cli("trial", "list", digits, "-o", "json", *words).data]

    assert listed() == [0, 1, 2, 3]
    assert listed("--sort", "best") == listed("--sort", "value") == [1, 2, 0, 3]
    assert listed("--top", "2") == [1, 2]
    assert listed("--limit", "1") == [0]
    assert listed("--sort", "resource") == [0, 1, 2, 3]
    assert cli.fails("trial", "list", digits, "--top", "2", "--limit", "1").code == 2


def test_a_trial_is_one_line_of_a_narrow_terminal(daemon, cli, digits, worker):
    worker.report(worker.suggest(digits, "w" * 60), 1, 0.5)
    command = [sys.executable, "-m", "ashad", "trial", "list", digits, "--address", daemon.address]
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(command, stdout=child, env=os.environ | {"TERM": "xterm"}) as process:
        process.wait(60)
    said = os.read(parent, 65536).decode()
    os.close(parent)
    os.close(child)
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in said.splitlines()]
    assert len(lines) == 2
    assert max(map(len, lines)) <= 80
    assert "rate=0.01" in lines[1]


def test_an_empty_list_names_the_next_step(cli, study_file):
    assert "`ashad init`" in cli("study", "list").out
    assert cli("study", "list", "-o", "csv").out == "\n"
    cli("study", "create", "-f", study_file())
    assert "ashad run digits -- COMMAND" in cli("trial", "list", "digits").out
    assert (
        cli("trial", "list", "digits", "--state", "failed").out == "no trial of digits is failed\n"
    )
    assert cli("trial", "list", "digits", "-o", "json").data == []
    assert cli("trial", "list", "digits", "-o", "csv").out == "\n"


def test_enqueue(cli, digits, worker):
    out = cli("trial", "enqueue", digits, "optimizer=sgd", "rate=0.05", "size=96").out
    assert "queued" in out
    assert "rate=0.05 size=96 optimizer=sgd" in out
    assert cli("trial", "enqueue", digits).code == 0  # all drawn
    (first, _) = cli("trial", "list", digits, "-o", "json").data
    assert first["origin"] == "enqueued"
    assert first["params"] == {"rate": 0.05, "size": 96, "optimizer": "sgd"}


def test_retry(cli, digits):
    cli("trial", "enqueue", digits, "optimizer=sgd", "rate=0.05", "size=96")
    assert "trial 1 of digits: queued" in cli("trial", "retry", digits, 0).out
    (first, second) = cli("trial", "list", digits, "-o", "json").data
    assert first["params"] == second["params"]
    assert "no trial 99" in cli.fails("trial", "retry", digits, 99).err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["raet=0.1"], 'no parameter "raet" (did you mean "rate"?)'),
        (["rate"], '"rate" is not PARAM=VALUE'),
        (["rate=fast"], 'rate: must be a number, not "fast"'),
        (["size=64.5"], "size: must be a whole number"),
        (["optimizer=adam"], 'optimizer: must be "=adam" or "sgd", not "adam"'),
        (["rate=1", "rate=2"], "rate is given twice"),
        (["rate=\udcff"], "is not valid UTF-8"),
    ],
)
def test_enqueue_refuses(cli, digits, words, problem):
    ran = cli.fails("trial", "enqueue", digits, *words)
    assert ran.code == 2
    assert problem in ran.err
    assert cli("trial", "list", digits, "-o", "json").data == []


def test_a_value_out_of_range_is_the_daemons_to_refuse(cli, digits):
    ran = cli.fails("trial", "enqueue", digits, "rate=7")
    assert ran.code == 1
    assert "rate" in ran.err


def test_cancel(cli, digits, worker):
    worker.suggest(digits)
    assert "cancelled" in cli("trial", "cancel", digits, 0).out
    assert "cancelled" in cli("trial", "cancel", digits, 0).out  # an echo


def test_why_tells_the_rung_it_saw(cli, digits, worker):
    for value in (0.1, 0.2, 0.3, 0.4):
        worker.report(worker.suggest(digits), 1, value)
    out = cli("why", digits, 3).out
    assert "Trial 3 of digits was stopped after 1 of 9 epochs, because it ranked below" in out
    assert "At epoch 1, loss 0.4 (bracket 0, rung 0):" in out
    assert "The rung at epoch 1 held 4 trials; the best one may continue" in out
    table = [line.split() for line in out.splitlines()]
    assert ["1", "0", "0.1", "within", "the", "best;", "the", "cut-off"] in table
    assert ["4", "3", "0.4", "<-", "this", "trial,", "stops"] in table
    data = cli("why", digits, 3, "-o", "json").data
    assert data["explanations"][0]["report"]["decision"]["reason"] == "BELOW_CUTOFF"
    assert data["explanations"][0]["sentence"] in out


def test_why_of_a_trial_that_was_trained_in_full(cli, digits, worker):
    worker.report(worker.suggest(digits), 9, 0.1)
    out = cli("why", digits, 0).out
    assert "Trial 0 of digits is complete after 9 of 9 epochs: it is trained in full." in out
    assert "The rung at epoch 9 held 1 trial:" in out
    assert "<- this trial, trained in full" in out


def test_why_tells_of_a_pause(cli, study_file, worker):
    swaps = {'"asha"': '"asha"\nvariant = "promotion"'}
    cli("study", "create", "-f", study_file(swaps))
    worker.report(worker.suggest("digits"), 1, 0.1)
    out = cli("why", "digits", 0).out
    assert (
        "Trial 0 of digits waits for its promotion after 1 of 9 epochs: it reached a rung." in out
    )
    assert "The rung at epoch 1 held 1 trial, too few for one to continue:" in out
    assert "<- this trial, pauses" in out


def test_why_before_any_decision(cli, digits, worker):
    worker.suggest(digits)
    assert "No decision was made about it at a rung so far." in cli("why", digits, 0).out


def test_why_of_a_diverged_trial(cli, digits, worker):
    worker.report(worker.suggest(digits), 1, 0.1)
    worker.report(worker.suggest(digits), 1, float("nan"))
    out = cli("why", digits, 1).out
    assert "At epoch 1, loss diverged" in out
    assert "was stopped after 1 of 9 epochs, because its metric was no finite number" in out


def test_hostile_text_reaches_no_terminal(cli, study_file):
    path = study_file({'"=adam"': '"\\u001b[2J\\u202e"'})
    assert "\x1b" not in cli("study", "create", "-f", path).out
    assert (
        "optimizer=\\x1b[2J\\u202e"
        in cli("trial", "enqueue", "digits", "optimizer=\x1b[2J\u202e").out
    )
    for words in (("show", "digits", "0"), ("list", "digits")):
        out = cli("trial", *words).out
        assert "\\x1b[2J\\u202e" in out
        assert "\x1b" not in out
        ran = cli("trial", *words, "-o", "json")
        assert "\x1b" not in ran.out
    assert ran.data[0]["params"]["optimizer"] == "\x1b[2J\u202e"
    ran = cli.fails("trial", "enqueue", "digits", "optimizer=x")
    assert ran.code == 2
    assert "\x1b" not in ran.err


def test_what_a_worker_said_when_it_failed(cli, digits, worker):
    worker.fail(worker.suggest(digits), "boom\n\x1b[2J\u202e")
    for ran in (cli("trial", "show", digits, 0), cli("why", digits, 0)):
        assert "boom\\n\\x1b[2J\\u202e" in ran.out
        assert "\x1b" not in ran.out


def test_export(cli, digits, worker, tmp_path):
    for value in (0.3, 0.2, float("inf")):
        worker.report(worker.suggest(digits), 1, value)
    trials = rows(cli("export", digits))
    assert [row["trial"] for row in trials] == ["0", "1", "2"]
    assert trials[0]["params.optimizer"] == "'=adam"
    assert trials[0]["params.rate"] == "0.01"
    assert [row["value"] for row in trials] == ["0.3", "0.2", ""]
    lines = cli("export", digits, "-o", "jsonl").out.splitlines()
    assert json.loads(lines[0])["params"]["optimizer"] == "=adam"
    path = tmp_path / "reports.csv"
    array = json.loads(cli("export", digits, "-o", "json").out)
    assert [trial["trial"] for trial in array] == [0, 1, 2]
    assert cli("export", digits, "--what", "reports", "--output", path).out == ""
    reports = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [row["trial"] for row in reports] == ["0", "1", "2"]
    assert [row["value"] for row in reports] == ["0.3", "0.2", ""]
    assert reports[0]["action"] == "continue"
    lines = cli("export", digits, "--what", "reports", "-o", "jsonl").out.splitlines()
    assert json.loads(lines[1])["decision"]["size"] == 2
    assert list(tmp_path.glob(".reports*")) == []


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_export_takes_a_file_by_its_suffix(cli, digits, worker, tmp_path, kind):
    worker.fail(worker.suggest(digits), "so that no time passes any more")
    path = tmp_path / f"digits.{kind}"
    assert cli("export", digits, "-o", path).out == ""
    assert path.read_text() == cli("export", digits, "-o", kind).out
    assert cli.fails("export", digits, "-o", path, "--output", tmp_path / "x").code == 2
    assert "ends in none of .csv" in cli.fails("export", digits, "-o", tmp_path / "x.xls").err


def test_export_writes_all_or_no_file(cli, tmp_path):
    path = tmp_path / "none.csv"
    assert cli.fails("export", "none", "--output", path).code == 1
    assert not path.exists()
    ran = cli.fails("export", "none", "--output", tmp_path / "no" / "such.csv")
    assert ran.code == 1
    assert ran.err.startswith("error: ")


def test_export_pages_through_everything(cli, study_file, monkeypatch):
    monkeypatch.setattr(rpc, "PAGE_SIZE", 7)
    cli("study", "create", "-f", study_file({"max_trials = 9": "max_trials = 30"}))
    for _ in range(20):
        cli("trial", "enqueue", "digits")
    assert [row["trial"] for row in rows(cli("export", "digits"))] == list(map(str, range(20)))


@pytest.mark.parametrize(
    "words",
    [
        ("study", "show", "none"),
        ("study", "pause", "none"),
        ("study", "update", "none", "--max-trials", "3"),
        ("study", "delete", "none", "--yes"),
        ("study", "show", "a/b"),
        ("study", "show", "a\nb\x1b[31m"),
        ("study", "show", ""),
        ("trial", "list", "none"),
        ("trial", "show", "digits", "99"),
        ("trial", "cancel", "digits", "99"),
        ("trial", "enqueue", "none", "x=1"),
        ("why", "digits", "99"),
        ("export", "none"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(cli, digits, words):
    ran = cli.fails(*words)
    assert ran.code == 1
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert ran.err.rstrip().endswith(")")
    assert "\x1b" not in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("study",),
        ("study", "shwo"),
        ("trial", "show", "digits", "-1"),
        ("trial", "show", "digits", "9223372036854775808"),
        ("study", "show", "\udcff"),
        ("trial", "list", "digits", "--state", "dead"),
        ("study", "create"),
    ],
)
def test_wrong_command_lines(cli, words):
    assert cli.fails(*words).code == 2


def test_no_daemon(cli):
    for words in (("study", "list"), ("export", "digits"), ("why", "digits", "0")):
        ran = cli.fails(*words, env={"ASHAD_ADDRESS": "127.0.0.1:1"})
        assert ran.code == 69
        assert ran.err == (
            "error: no daemon answers at 127.0.0.1:1; start one with `ashad`, use --local, "
            "or name another with --address or ASHAD_ADDRESS\n"
        )


def test_a_proxy_in_the_environment_does_not_matter(cli, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert cli("study", "list", "-o", "json").data == []


@pytest.mark.parametrize("mib", [5, 17])
def test_a_message_that_is_too_large_is_told_by_its_reason(cli, mib):
    """Above 16 MiB it is gRPC that refuses, and gives none."""
    ran = cli.fails("study", "show", "x" * (mib << 20))
    assert ran.code == 1
    assert ran.err.strip().endswith("(MESSAGE_TOO_LARGE)")


def test_the_demand_of_a_study(cli, digits):
    assert cli("study", "demand", "digits").out.startswith("9: 0 running, 0 queued")
    assert cli("study", "demand", "digits", "-o", "json").data["workers"] == 9
    assert cli.fails("study", "demand", "none").code == 1
