"""A trial resumes from its checkpoint; what nobody can resume from is removed, and only that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from ashad_agent.trials.checkpoints import INNER, MARKER, CheckpointRoot

PROMOTION = {
    "max_resource": 9,
    "algorithm": {"type": "asha", "variant": "promotion", "eta": 3},
    "limits": {"max_trials": 9},
}
# It notes each epoch in its checkpoint, the loss falls with lr alone, and it knows where it stood.
TRAIN = """
import json, os, sys
lr, folder, resume, start, target = sys.argv[1:]
state = {"lr": lr, "epochs": []}
if resume:
    state = json.load(open(os.path.join(resume, "state.json")))
    assert state["lr"] == lr
assert len(state["epochs"]) == int(start), (state, start)
for epoch in range(int(start) + 1, int(target) + 1):
    state["epochs"].append(epoch)
    new = os.path.join(folder, "new")
    json.dump(state, open(new, "w"))
    os.replace(new, os.path.join(folder, "state.json"))
    print(f"epoch={epoch} loss={float(lr) + 1 / epoch}", flush=True)
"""
ASKED = ("{lr}", "{checkpoint_dir}", "{resume_from}", "{start}", "{target}")


def folders(tmp_path, study):
    return sorted(str(path) for path in (tmp_path / "ashad-checkpoints" / study).glob("*/" + INNER))


def latest(client, study):
    """The checkpoint that each trial named last."""
    named = {}
    for report in client.list_reports(study):
        if report.checkpoint_uri:
            named[report.trial] = report.checkpoint_uri
    return named


@pytest.mark.parametrize("slots", [1, 3])
def test_promoted_trials_resume_and_the_disk_stays_bounded(
    agent, make_study, program, trials, client, tmp_path, slots
):
    study = make_study(**PROMOTION)
    agent(study, *program(TRAIN), *ASKED, options=["--slots", slots])
    ended = trials(study)
    assert {state for state, _, _ in ended} == {"COMPLETED", "PAUSED"}
    assert max(trial.attempt for trial in client.list_trials(study)) == 3
    # A paused trial may still be promoted, should the study be given more trials.
    assert folders(tmp_path, study) == sorted(latest(client, study).values())
    assert len(folders(tmp_path, study)) == 9


def test_a_stopped_trial_leaves_nothing(agent, make_study, program, trials, client, tmp_path):
    study = make_study(
        max_resource=9, algorithm={"type": "asha", "eta": 3}, limits={"max_trials": 6}
    )
    agent(study, *program(TRAIN), *ASKED)
    kept = {number for number, (state, _, _) in enumerate(trials(study)) if state == "COMPLETED"}
    assert len(kept) < 6
    kept.add(client.best(study).trial)
    assert folders(tmp_path, study) == sorted(
        uri for trial, uri in latest(client, study).items() if trial in kept
    )


NAMES_FILES = """
import sys
lr, folder, resume, start, target = sys.argv[1:]
assert not resume or open(resume).read() == start
for epoch in range(int(start) + 1, int(target) + 1):
    path = f"{folder}/{epoch}"
    open(path, "w").write(str(epoch))
    print(f"epoch={epoch} loss={float(lr) + 1 / epoch} checkpoint={path}", flush=True)
"""


def test_files_in_the_folder_that_the_program_names_itself(
    agent, make_study, program, trials, client, tmp_path
):
    """They are there when a trial resumes, and the folder goes when none of them is needed."""
    study = make_study(**PROMOTION)
    ran = agent(study, *program(NAMES_FILES), *ASKED)
    assert "not on this machine" not in ran.err
    assert max(trial.attempt for trial in client.list_trials(study)) == 3
    kept = latest(client, study).values()
    assert all(Path(uri).is_file() for uri in kept)
    assert folders(tmp_path, study) == sorted(str(Path(uri).parent) for uri in kept)


HANGS_AT_FIRST = """
import os, sys, time
open(os.path.join(sys.argv[1], "half"), "w").write("x")
if os.environ["ASHAD_ATTEMPT"] == "1" and not os.path.exists("go"):
    time.sleep(600)
print("loss=1")
"""


def test_what_an_agent_left_that_was_killed_before_its_first_report(
    agent, make_study, program, client, tmp_path, until
):
    study = make_study(max_resource=1, limits={"max_trials": 2})
    command = *program(HANGS_AT_FIRST), "{checkpoint_dir}"
    first = agent.start(study, *command, options=["--grace", "1"])
    until(lambda: list(tmp_path.glob("ashad-checkpoints/*/*/*/half")))
    (tmp_path / "go").touch()
    [left] = folders(tmp_path, study)
    # One that runs beside it leaves it alone, while that attempt may still report.
    beside = {"options": ["--count", 1], "env": {"ASHAD_WORKER": "another"}}
    agent.start(study, *command, **beside).communicate(timeout=60)
    assert left in folders(tmp_path, study)
    first.kill()
    first.communicate()
    agent(study, *command)
    assert client.get_trial(study, 0).attempt == 2
    assert folders(tmp_path, study) == sorted(latest(client, study).values())


def test_checkpoints_of_an_earlier_study_of_that_name_are_left(
    agent, make_study, program, client, tmp_path
):
    study = make_study(max_resource=1, limits={"max_trials": 1})
    agent(study, *program(TRAIN), *ASKED)
    before = folders(tmp_path, study)
    spec = client.study(study).spec
    client.delete_study(study)
    client.create_study(study, spec)
    agent(study, *program(TRAIN), *ASKED)
    assert set(before) < set(folders(tmp_path, study))


def test_keep_checkpoints(agent, make_study, program, client, tmp_path):
    study = make_study(**PROMOTION)
    agent(study, *program(TRAIN), *ASKED, options=["--keep-checkpoints"])
    named = {report.checkpoint_uri for report in client.list_reports(study)}
    assert folders(tmp_path, study) == sorted(named)
    assert len(named) > 9


def test_an_agent_that_begins_removes_what_became_obsolete_without_it(
    agent, make_study, program, client, tmp_path
):
    study = make_study(**PROMOTION)
    agent(study, *program(TRAIN), *ASKED, options=["--keep-checkpoints"])
    client.update_study(study, max_trials=10)
    agent(study, *program(TRAIN), *ASKED)
    assert folders(tmp_path, study) == sorted(latest(client, study).values())


def test_a_program_that_uses_no_folder_leaves_none(agent, make_study, program, tmp_path):
    agent(make_study(max_resource=1), *program("print('loss=1')"))
    assert not (tmp_path / "ashad-checkpoints").exists()


def test_a_checkpoint_that_is_on_another_machine_begins_anew(
    agent, make_study, program, trials, tmp_path
):
    """The daemon says to resume; the folder is gone; the trial begins anew, and nothing is lost."""
    study = make_study(**PROMOTION | {"limits": {"max_trials": 3}})
    agent(study, *program(TRAIN), *ASKED, options=["--count", 3])
    shutil.rmtree(tmp_path / "ashad-checkpoints")
    ran = agent(study, *program(TRAIN), *ASKED)
    assert "is not on this machine" in ran.err
    assert max(resource for _, _, resource in trials(study)) == 3
    assert "was refused" not in ran.err


# --- what is never touched ---


@pytest.fixture
def root(tmp_path):
    return CheckpointRoot(str(tmp_path), "s", keep=False)


def test_a_folder_of_its_own_is_removed_whole(root):
    folder = root.make(0, 1)
    (Path(folder.path) / "deep").mkdir()
    (Path(folder.path) / "deep" / "model").write_text("x")
    assert root.remove(folder.path)
    assert list(Path(root.path).iterdir()) == []
    assert not root.remove(folder.path)


def test_places(root):
    folder = root.make(7, 2)
    for uri in (folder.path, folder.path + "/a/b"):
        assert root.place(uri) == (folder.path, 7, 2)
    outer = str(Path(folder.path).parent)
    for uri in ("", "/", root.path, outer, folder.path + "x", folder.path + "/../x", "s3://a/b"):
        assert root.place(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/",
        "s3://bucket/x",
        "relative",
        "{root}",
        "{root}/..",
        "{outer}",
        "{inner}/",
        "{inner}/x",
    ],
)
def test_what_is_not_such_a_folder(root, uri):
    folder = root.make(0, 1)
    outer = Path(folder.path).parent
    names = {"root": root.path, "outer": outer, "inner": folder.path}
    assert not root.remove(uri.format(**names))
    assert Path(folder.path).is_dir()


def test_a_folder_that_is_copied_linked_or_made_by_others(root, tmp_path):
    folder = root.make(0, 1)
    outer = Path(folder.path).parent
    copy = outer.with_name("trial-1-attempt-1-00000000")
    shutil.copytree(outer, copy)
    assert not root.remove(str(copy / INNER))  # its marker names another place

    link = outer.with_name("trial-2-attempt-1-00000000")
    link.symlink_to(outer)
    assert not root.remove(str(link / INNER))

    foreign = outer.with_name("trial-3-attempt-1-00000000")
    (foreign / INNER).mkdir(parents=True)
    assert not root.remove(str(foreign / INNER))  # without a marker
    for text in ("no JSON", "[]", json.dumps({"made by": "me", "path": str(foreign / INNER)})):
        (foreign / MARKER).write_text(text)
        assert not root.remove(str(foreign / INNER))
    assert all(path.is_dir() for path in (copy, link, foreign, outer))


def test_links_within_are_not_followed(root, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "data").write_text("x")
    folder = root.make(0, 1)
    (Path(folder.path) / "link").symlink_to(precious)
    assert root.remove(folder.path)
    assert (precious / "data").read_text() == "x"


def test_what_a_dead_agent_was_removing_is_swept(root):
    half = Path(root.path) / "removing-trial-0-attempt-1-00000000"
    (half / INNER).mkdir(parents=True)
    other = Path(root.path) / "removing-mine"
    other.mkdir()
    root.sweep()
    assert [path.name for path in Path(root.path).iterdir()] == ["removing-mine"]
