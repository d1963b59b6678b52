"""How trials and agents end, and that nothing of them is left, whatever the program does."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import ashad_client
import pytest

from tests.support.agents import Agents

ONE = {"max_resource": 3, "limits": {"max_trials": 1}}
# Two trials; the second is told to stop after its first report, and is the program under test.
SECOND_IS_STOPPED = {
    "max_resource": 9,
    "algorithm": {"type": "asha", "eta": 3},
    "space": {"lr": ashad_client.choice(0.1, 0.9)},
    "points_to_evaluate": [{"lr": 0.1}, {"lr": 0.9}],
    "limits": {"max_trials": 2},
}
GOOD = """
import os, signal, subprocess, sys, time
if os.environ["ASHAD_TRIAL"] == "0":
    for epoch in range(1, 10):
        print(f"epoch={epoch} loss=0.1")
    sys.exit()
"""


@pytest.mark.parametrize(
    ("source", "state", "message"),
    [
        ("print('epoch=1 loss=1')", ("COMPLETED", "COMPLETED", 1), ""),
        ("raise SystemExit(3)", ("FAILED", "ERROR", 0), "exit code 3"),
        ("print('epoch=1 loss=1'); 1 / 0", ("FAILED", "ERROR", 1), "ZeroDivisionError"),
        ("import os; os.kill(os.getpid(), 11)", ("FAILED", "ERROR", 0), "killed by SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", ("FAILED", "ERROR", 0), "out of memory?"),
        ("import os; os.kill(os.getpid(), 15)", ("FAILED", "ERROR", 0), "killed by SIGTERM"),
        ("print('nothing of interest')", ("FAILED", "METRIC_MISSING", 0), ""),
        ("print('epoch=1 loss=nan')", ("STOPPED", "DIVERGED", 1), ""),
        ("""print('{"epoch": 1, "loss": "Infinity"}')""", ("STOPPED", "DIVERGED", 1), ""),
    ],
)
def test_ends_of_a_program(agent, make_study, program, trials, client, source, state, message):
    study = make_study(**ONE)
    ran = agent(study, *program(source))
    assert trials(study) == [state]
    assert message in client.get_trial(study, 0).message
    if state[1] == "METRIC_MISSING":
        assert "its metric was never seen" in ran.err
        assert "--dry-parse" in ran.err


def test_null_says_nothing_and_is_named(agent, make_study, program, trials, reports, tmp_path):
    """Some write it for NaN, others where nothing was measured: it stops no trial."""
    lines = '{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "loss": null}\n'
    study = make_study(**ONE)
    ran = agent(study, *program(f"print({lines!r})"))
    assert (trials(study), reports(study)) == ([("COMPLETED", "COMPLETED", 1)], [(1, 0.5)])
    assert "lines whose loss is null, 1, say nothing" in ran.err
    assert "print NaN" in ran.err
    (tmp_path / "log").write_text(lines)
    out = agent(study, options=["--dry-parse", "log"]).out.decode()
    assert "not taken, loss is null, which may mean not measured; for diverged print NaN" in out


def test_exit_75_gives_the_trial_back(agent, make_study, program, trials, client):
    study = make_study(**ONE)
    source = """
import os, sys
if os.environ["ASHAD_ATTEMPT"] == "1":
    print("epoch=1 loss=1")
    sys.exit(75)
print("epoch=1 loss=1\\nepoch=2 loss=1\\nepoch=3 loss=1")
"""
    agent(study, *program(source))
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 3)]
    counts = client.study(study).counts
    assert (counts.released, counts.failed, client.get_trial(study, 0).attempt) == (1, 0, 2)


def test_a_typo_does_not_burn_a_study(agent, make_study, program, trials):
    study = make_study(limits={"max_trials": 50})
    ran = agent(study, *program("import nonsense"), check=3)
    assert [state for state, _, _ in trials(study)] == ["QUEUED"] * 3
    assert "No module named" in ran.err
    assert "3 trials failed in the first minute" in ran.err
    agent(study, *program("import nonsense"), options=["--early-failures", 0, "--count", 5])
    assert [state for state, _, _ in trials(study)] == ["FAILED"] * 5


STUBBORN = {
    "dies of it": "time.sleep(600)",
    "ends well": "signal.signal(15, lambda *_: sys.exit(0))\ntime.sleep(600)",
    "ends badly": "signal.signal(15, lambda *_: sys.exit(1))\ntime.sleep(600)",
    "ignores it": "signal.signal(15, signal.SIG_IGN)\nwhile True: time.sleep(600)",
    "is stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    "has children": "subprocess.run(['sleep', '600'])",
    "has stubborn children": "subprocess.run(['sh', '-c', 'trap \"\" TERM; sleep 600; sleep 600'])",
}


@pytest.mark.parametrize("how", STUBBORN)
def test_a_stop_ends_it_whatever_it_does(agent, make_study, program, trials, client, how):
    study = make_study(**SECOND_IS_STOPPED)
    source = GOOD + "print('epoch=1 loss=0.9')\n" + STUBBORN[how]
    begun = time.monotonic()
    agent(study, *program(source), options=["--grace", "1", "--early-failures", "1"])
    assert time.monotonic() - begun < 30
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 9), ("STOPPED", "BELOW_CUTOFF", 1)]
    assert client.study(study).counts.failed == 0


def test_a_stop_reaches_the_whole_group(agent, make_study, program, tmp_path):
    """Of a launcher that passes no signal on, such as a shell, the workers are told too."""
    worker = """
import signal, sys, time
signal.signal(15, lambda *_: (open("heard", "w"), sys.exit()))
open("ready", "w")
time.sleep(600)
"""
    source = f"""{GOOD}
worker = subprocess.Popen([sys.executable, "-c", {worker!r}])
while not os.path.exists("ready"): time.sleep(0.02)
signal.signal(15, lambda *_: None)
print("epoch=1 loss=0.9")
worker.wait()
"""
    agent(make_study(**SECOND_IS_STOPPED), *program(source), options=["--grace", "5"])
    assert (tmp_path / "heard").exists()


HANGS = {
    "from the first": "time.sleep(600)",
    "after a report": "print('epoch=1 loss=1'); time.sleep(600)",
    "chattering": "print('epoch=1 loss=1')\nwhile True: print('alive'); time.sleep(0.05)",
    "deaf": "signal.signal(15, signal.SIG_IGN)\nwhile True: time.sleep(600)",
}


@pytest.mark.parametrize("how", HANGS)
def test_one_that_hangs_is_ended(agent, make_study, program, trials, reports, client, how):
    study = make_study(**ONE)
    source = f"import signal, time\n{HANGS[how]}"
    ran = agent(study, *program(source), options=["--stall-timeout", "2", "--grace", "1"])
    assert trials(study)[0][:2] == ("FAILED", "ERROR")
    assert client.get_trial(study, 0).message.startswith("no metric for 2.0s: it hangs")
    assert "failed, no metric for 2.0s" in ran.err
    assert reports(study) == ([(1, 1.0)] if "epoch" in source else [])


def test_one_that_is_slow_but_reports_does_not_hang(agent, make_study, program, trials):
    study = make_study(**ONE)
    source = "import time\nfor n in 1, 2, 3: print(f'epoch={n} loss=1'); time.sleep(1)"
    agent(study, *program(source), options=["--stall-timeout", "2"])
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 3)]


ESCAPES = {
    "a session": "subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "a double fork": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(15, signal.SIG_IGN)
        os.closerange(0, 3)
        time.sleep(600)
    os._exit(0)
""",
    "no environment": "subprocess.Popen(['env', '-i', 'sh', '-c', f'sleep 600; : {mark}'],"
    " start_new_session=True)",
    "the pipe kept open": "subprocess.Popen(['sh', '-c', 'trap \"\" TERM; sleep 600; sleep 600'])",
    "a chain": """
for _ in range(20):
    if os.fork():
        os._exit(0)
    os.setsid()
time.sleep(600)
""",
}


@pytest.mark.parametrize("end", ["by itself", "by a stop", "by its death"])
@pytest.mark.parametrize("way", ESCAPES)
def test_nothing_escapes(agent, make_study, program, trials, way, end):
    """`agent` fails for a process that is left; here they leave their group in every way."""
    study = make_study(**SECOND_IS_STOPPED)
    last = {
        "by itself": "sys.exit()",
        "by a stop": "time.sleep(600)",
        "by its death": "os.kill(os.getpid(), 9)",
    }
    lead = "if os.fork() == 0:\n" if way == "a chain" else ""
    escape = "\n".join(("    " if lead else "") + line for line in ESCAPES[way].splitlines())
    source = f"{GOOD}mark = {agent.mark!r}\n{lead}{escape}\nprint('epoch=1 loss=0.9')\n{last[end]}"
    begun = time.monotonic()
    agent(study, *program(source), options=["--grace", "1"])
    assert time.monotonic() - begun < 30
    assert trials(study)[1][0] == "STOPPED"


def test_a_flood_of_100_mb(agent, make_study, reports, program):
    """Noise on both streams, invalid text, half lines: each report is there, and quickly."""
    study = make_study(max_resource=5, limits={"max_trials": 1})
    source = """
import os, sys
noise = bytes(range(256)) * 4096
for epoch in range(1, 6):
    for _ in range(20):
        os.write(1, noise.replace(b"\\n", b"x") if epoch == 2 else noise)
    os.write(2, noise)
    os.write(1, b"\\nepoch=%d lo" % epoch)
    os.write(1, b"ss=0.5 \\xff\\xc3")
    os.write(1, b"\\n")
"""
    with (agent.folder / "out").open("wb") as out:
        begun = time.monotonic()
        ran = agent.finish(agent.start(study, *program(source), stdout=out))
    assert ran.code == 0, ran.err[-2000:]
    assert time.monotonic() - begun < 60
    assert reports(study) == [(epoch, 0.5) for epoch in range(1, 6)]
    assert (agent.folder / "out").stat().st_size > 100 * 2**20


def test_a_half_line_counts_only_if_the_program_ended_well(agent, make_study, program, reports):
    study = make_study(**ONE)
    agent(study, *program("import os; os.write(1, b'epoch=1 loss=1\\nepoch=2 loss=0.12')"))
    assert reports(study) == [(1, 1.0), (2, 0.12)]
    study = make_study(**ONE)
    source = (
        "import os; os.write(1, b'epoch=1 loss=1\\nepoch=2 loss=0.12'); os.kill(os.getpid(), 9)"
    )
    agent(study, *program(source))
    assert reports(study) == [(1, 1.0)]


def test_an_output_that_nobody_reads_stops_no_training(agent, make_study, program, trials):
    study = make_study(**ONE)
    source = "print('x' * 10**6)\nfor e in (1, 2, 3): print(f'epoch={e} loss=1')"
    process = agent.start(study, *program(source))
    process.stdout.close()
    process.stdout = None
    ran = agent.finish(process)
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 3)]
    assert "no longer passed on" in ran.err


LOOP = """
import signal, time, os, sys
def leave(number, _):
    open("heard", "w").write(signal.Signals(number).name)
    print("epoch=2 loss=1")
    sys.exit(9)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
    signal.signal(number, leave)
print("epoch=1 loss=1")
while True: time.sleep(600)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1"])
def test_a_signal_to_the_agent(agent, make_study, program, trials, reports, client, until, name):
    study = make_study(max_resource=9, limits={"max_trials": 3})
    process = agent.start(study, *program(LOOP), options=["--slots", "2"])
    until(lambda: [state for state, _, at in trials(study) if at == 1] == ["RUNNING"] * 2)
    process.send_signal(getattr(signal, name))
    ran = agent.finish(process, 30)
    assert ran.code == 128 + getattr(signal, name)
    assert (agent.folder / "heard").read_text() == name
    assert trials(study) == [("QUEUED", "RELEASED", 2)] * 2
    assert reports(study, 1) == [(1, 1.0), (2, 1.0)], "what was said on the way out counts"
    assert client.study(study).counts.failed == 0


def test_who_does_not_leave_is_killed(agent, make_study, program, trials, until):
    """After the grace period, or at the second signal."""
    source = """
import signal, time
signal.signal(15, signal.SIG_IGN)
print("loss=1")
while True: time.sleep(9)
"""
    for grace, signals in (("1", 1), ("600", 2)):
        study = make_study(max_resource=9, limits={"max_trials": 1})
        process = agent.start(study, *program(source), options=["--grace", grace])
        until(lambda study=study: reports_of(trials, study) == 1)
        for _ in range(signals):
            process.terminate()
            time.sleep(0.5)  # two signals at once are one
        assert agent.finish(process, 30).code == 128 + 15
        assert trials(study)[0][:2] == ("QUEUED", "RELEASED")


def reports_of(trials, study):
    return sum(at for _, _, at in trials(study))


def test_all_processes_of_a_job_are_signalled_at_once(agent, make_study, program, trials, until):
    """As a batch system does it: the program dies before the agent knows; it is no failure."""
    study = make_study(max_resource=9, limits={"max_trials": 1})
    process = agent.start(study, *program("import time\nprint('loss=1')\ntime.sleep(600)"))
    until(lambda: reports_of(trials, study) == 1)
    pids = sorted((pid for pid, _ in agent.left()), reverse=True)
    assert len(pids) == 3, "the agent, the supervisor, the program"
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)
    assert agent.finish(process, 30).code == 128 + 15
    assert trials(study) == [("QUEUED", "RELEASED", 1)]


@pytest.mark.parametrize("victim", ["agent", "supervisor", "both"])
def test_kill_9(agent, make_study, program, trials, until, victim):
    """Of the agent: its programs end. Of a supervisor: the agent clears up and goes on."""
    study = make_study(max_resource=9, limits={"max_trials": 1})
    source = """
import os, subprocess, sys, time
print("loss=1")
if os.environ["ASHAD_ATTEMPT"] == "1" and not os.path.exists("again"):
    open("again", "w")
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    time.sleep(600)
"""
    process = agent.start(study, *program(source), options=["--grace", "1"])
    until(lambda: reports_of(trials, study) == 1)
    until(lambda: len(agent.left()) == 4)
    supervisors = [pid for pid, line in agent.left() if "supervisor.py" in line]
    if victim == "both":  # what a session of its own left behind is not to be helped
        os.kill(process.pid, signal.SIGKILL)
        os.kill(supervisors[0], signal.SIGKILL)
        process.communicate(timeout=30)
        until(lambda: [line for _, line in agent.left() if "sleep" not in line] == [], 15)
    elif victim == "agent":
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        until(lambda: agent.left() == [], 15)
    else:
        os.kill(supervisors[0], signal.SIGKILL)
        ran = agent.finish(process, 30)
        assert "its supervisor was killed" in ran.err
        assert trials(study) == [("FAILED", "ERROR", 1)]


def test_an_agent_that_was_killed_gets_its_trial_back(
    agent, make_study, program, trials, client, until
):
    study = make_study(max_resource=2, limits={"max_trials": 1})
    source = """
import os, time
print("loss=1")
while not os.path.exists("go"): time.sleep(0.02)
print("loss=1")
"""
    first = agent.start(study, *program(source), options=["--grace", "1"])
    until(lambda: reports_of(trials, study) == 1)
    first.kill()
    first.communicate()
    (agent.folder / "go").touch()
    begun = time.monotonic()
    agent(study, *program(source))
    assert time.monotonic() - begun < 20, "long before the lease ends"
    assert trials(study) == [("COMPLETED", "MAX_RESOURCE", 2)]
    assert client.study(study).counts.lost_leases == 1


def test_the_daemon_is_killed_in_the_middle(new_daemon, tmp_path_factory, program, tmp_path, until):
    """Training goes on, reports arrive in order, and the decision comes back with the daemon."""
    daemon = new_daemon(tmp_path_factory.mktemp("killed")).start()
    agents = Agents(daemon.address, tmp_path)
    spec = {
        "metric": "loss", "goal": "minimize", "max_resource": 60, "seed": 1,
        "algorithm": {"type": "random"},
        "space": {"lr": 0.5}, "limits": {"max_trials": 2},
    }  # fmt: skip
    with ashad_client.connect(daemon.address) as client:
        client.create_study("s", spec)
        source = """
import time
for e in range(1, 61):
    print(f"epoch={e} loss={1/e}")
    time.sleep(0.05)
"""
        process = agents.start("s", *program(source))
        until(lambda: client.study("s").total_resource > 10)
        daemon.kill()
        time.sleep(1.0)
        daemon.start()
        ran = agents.finish(process)
        assert ran.code == 0, ran.err
        for trial in (0, 1):
            found = [report.resource for report in client.list_reports("s", trial)]
            assert found == list(range(1, 61))
        counts = client.study("s").counts
        assert (counts.completed, counts.lost_leases, counts.failed) == (2, 0, 0)
    daemon.stop()
    agents.end()


@pytest.mark.parametrize("how", ["silent", "deaf"])
def test_a_study_that_ends_by_its_limits_ends_what_is_silent(
    agent, make_study, trials, program, how
):
    """No report brings the decision: the heartbeat does."""
    lease = {"duration": 9, "heartbeat_interval": 0.3}
    study = make_study(lease=lease, limits={"max_trials": 1, "max_duration": 8})
    ignore = "signal.signal(15, signal.SIG_IGN)" if how == "deaf" else ""
    source = f"import signal, time\n{ignore}\ntime.sleep(600)"
    begun = time.monotonic()
    ran = agent(study, *program(source), options=["--grace", "1"])
    assert time.monotonic() - begun < 60, ran.err
    assert "stopped, MAX_DURATION" in ran.err
    # Given back: if the limit is raised, the trial goes on.
    assert trials(study) == [("QUEUED", "RELEASED", 0)]


def test_a_bar_over_epochs_is_stopped_while_it_runs(agent, make_study, program, trials, reports):
    """It reports as it grows, not when its line ends."""
    source = """
import os, sys, time
loss = 0.5 if os.environ["ASHAD_TRIAL"] == "0" else 0.9
for epoch in range(1, 10):
    print(f"\\repoch={epoch} loss={loss}", end="", flush=True)
    time.sleep(0 if loss == 0.5 else 60 if epoch == 9 else 0.3)
"""
    study = make_study(**SECOND_IS_STOPPED)
    agent(study, *program(source), options=["--grace", "1"])
    assert [state for state, _, _ in trials(study)] == ["COMPLETED", "STOPPED"]
    assert len(reports(study)) == SECOND_IS_STOPPED["max_resource"]


def test_what_is_not_taken_is_said_once_a_trial(agent, make_study, program, trials):
    source = """
for step in range(1, 5):
    print(f"epoch={step},000 loss=0.5")
"""
    study = make_study(limits={"max_trials": 1})
    ran = agent(study, *program(source), check=None)
    assert ran.err.count("epoch is no whole number: '1,000'") == 1
    assert "--resource KEY" in ran.err
    assert trials(study) == [("FAILED", "METRIC_MISSING", 0)]
