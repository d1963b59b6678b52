"""Quotas of a real daemon: who has to wait is told why, over crashes and new files of quotas."""

from __future__ import annotations

import csv
import json
import signal
import threading
import uuid
from pathlib import Path

import grpc
import pytest
from ashad.security import TokenFile
from ashad_client.fleet.demand import demand_of
from ashad_client.v1 import ashad_pb2 as pb

from tests.support import command
from tests.support.callers import bearer
from tests.support.wire import Wire, spec, until

TEAM = '[[quota]]\nlabel = "team=a"\ntrials = 3\n'


class Fleet(Wire):
    """A daemon with a file of quotas."""

    def __init__(self, daemon, folder, *options, quotas=TEAM):
        self.file, self.options = folder / "quotas.toml", options
        self.file.write_text(quotas)
        self.options = ("--quotas", str(self.file), *options)
        super().__init__(daemon.start(*self.options))

    def crash(self):
        self.daemon.kill()
        self.channel.close()
        self.daemon.start(*self.options)
        self.connect()

    def make(self, name, *labels, token=""):
        self.studies.CreateStudy(
            pb.CreateStudyRequest(study=name, spec=spec()), timeout=9, metadata=_of(token)
        )
        if labels:
            request = pb.AnnotateStudyRequest(study=name, add_labels=labels)
            self.studies.AnnotateStudy(request, timeout=9, metadata=_of(token))

    def suggest(self, study, token="", worker="", wait=0, **more):
        request = pb.SuggestRequest(
            study=study, worker=worker or uuid.uuid4().hex, request_id=uuid.uuid4().hex, **more
        )
        request.max_wait.FromSeconds(wait)
        return self.scheduler.Suggest(request, timeout=9 + wait, metadata=_of(token))

    def quotas(self, token=""):
        answer = self.studies.ListQuotas(pb.ListQuotasRequest(), timeout=9, metadata=_of(token))
        return {f"{use.scope} {use.name}".strip(): use for use in answer.quotas}

    def reload(self, text):
        self.file.write_text(text)
        self.daemon.process.send_signal(signal.SIGHUP)

    def log(self):
        return self.daemon.log.read_text()


def piped(*words):
    return command.piped(list(words), {}, Path.cwd())


def _of(token):
    return bearer(token) if token else None


@pytest.fixture
def fleet(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        yield Fleet(daemon, tmp_path)


def test_who_has_to_wait_is_told_for_what_and_who_has_it(fleet):
    for name in ("digits", "imagenet"):
        fleet.make(name, "team=a")
    fleet.make("other")
    for name in ("digits", "digits", "imagenet"):
        assert fleet.suggest(name).HasField("assignment")
    assert fleet.suggest("other").HasField("assignment"), "of no team, so that nothing counts it"
    wait = fleet.suggest("imagenet").wait
    assert (wait.reason, wait.delay.seconds) == ("QUOTA", 1)
    quota = wait.quota
    assert (quota.scope, quota.name, quota.trials, quota.running) == ("label", "team=a", 3, 3)
    assert [(one.study, one.running) for one in quota.shares] == [("digits", 2), ("imagenet", 1)]
    answer = fleet.studies.GetStudy(pb.GetStudyRequest(study="imagenet"), timeout=9)
    [shown] = answer.quotas
    assert [(one.study, one.running, one.waiting) for one in shown.shares] == [
        ("digits", 2, 0), ("imagenet", 1, 1),
    ]  # fmt: skip
    summary = fleet.studies.SummarizeStudy(pb.SummarizeStudyRequest(study="imagenet"), timeout=9)
    assert [(use.name, use.waiting) for use in summary.quotas] == [("team=a", 1)]
    assert list(fleet.quotas()) == ["label team=a"]
    listed = piped("quota", "list", "--address", fleet.daemon.address).out
    assert "label team=a       3        3        1  digits 2, imagenet 1" in listed
    page = piped("study", "show", "imagenet", "--address", fleet.daemon.address).out
    said = "quota label team=a: 3 of 3 run (digits 2, imagenet 1); 1 worker of imagenet waiting"
    assert said in page
    page = piped("study", "show", "other", "--address", fleet.daemon.address).out
    assert "quota" not in page


def test_where_users_look_a_study_that_waits_for_a_quota_says_so(fleet):
    at = ("--address", fleet.daemon.address)
    for name in ("digits", "imagenet"):
        fleet.make(name, "team=a")
    assert "waits for" not in piped("study", "list", *at).out
    for _ in range(3):
        fleet.suggest("digits")
    assert fleet.suggest("imagenet").wait.reason == "QUOTA"
    head, digits, imagenet = piped("study", "list", *at).out.splitlines()
    assert "label team=a (1)" in imagenet
    assert "waits for" in head
    assert "label team=a (1)" not in digits
    rows = list(csv.DictReader(piped("study", "list", "-o", "csv", *at).out.splitlines()))
    assert [row["waits_for"] for row in rows] == ["", "label team=a (1)"]
    rows = json.loads(piped("study", "list", "-o", "json", *at).out)
    assert [row["waits_for"] for row in rows] == ["", "label team=a (1)"]
    full = "A full quota holds it back: quota label team=a: 3 of 3 run (digits 3); 1 worker of"
    assert full in piped("why", "imagenet", *at).out
    request = pb.EnqueueTrialRequest(study="imagenet", request_id=uuid.uuid4().hex)
    queued = fleet.studies.EnqueueTrial(request, timeout=9).trial.trial
    assert full in piped("why", "imagenet", str(queued), *at).out
    assert "holds it back" not in piped("why", "digits", "0", *at).out, "it runs"
    fleet.reload(TEAM.replace("3", "9"))
    until(lambda: fleet.quotas()["label team=a"].trials == 9)
    assert "No limit and no quota holds its workers back." in piped("why", "imagenet", *at).out


def test_a_fleet_that_follows_a_study_grows_no_further_than_its_quota(fleet):
    """By one worker: it waits, so that the study has a claim on the slot that frees next."""
    for name in ("digits", "imagenet"):
        fleet.make(name, "team=a")

    def demand(study):
        answer = fleet.studies.GetStudy(pb.GetStudyRequest(study=study), timeout=9)
        return demand_of(answer.study, answer.quotas).workers

    assert demand("digits") == 3
    fleet.suggest("digits")
    assert (demand("digits"), demand("imagenet")) == (3, 2)
    fleet.suggest("imagenet")
    fleet.suggest("imagenet")
    assert (demand("digits"), demand("imagenet")) == (2, 3)
    said = piped("study", "demand", "digits", "--address", fleet.daemon.address).out
    assert said.startswith("2: 1 running")


def test_a_slot_that_frees_in_one_study_goes_to_who_waits_for_another(fleet):
    for name in ("digits", "imagenet"):
        fleet.make(name, "team=a")
    held = [fleet.suggest("digits").assignment for _ in range(3)]
    found = []
    caller = threading.Thread(target=lambda: found.append(fleet.suggest("imagenet", wait=30)))
    caller.start()
    until(lambda: fleet.quotas()["label team=a"].waiting)
    fleet.report(held[0], 9, 0.5)
    caller.join()
    assert found[0].HasField("assignment")
    assert fleet.suggest("digits").wait.reason == "QUOTA"


def test_after_kill_9_no_quota_is_passed(fleet):
    """What runs is known from the file, also of studies that are loaded only when asked for."""
    for name in ("digits", "imagenet", "mnist"):
        fleet.make(name, "team=a")
        fleet.suggest(name)
    for _ in range(3):
        fleet.crash()
        assert fleet.quotas()["label team=a"].running == 3
        for name in ("mnist", "digits"):
            assert fleet.suggest(name).wait.reason == "QUOTA"


def test_a_quota_lowered_below_what_runs_stops_nothing_and_a_wrong_file_changes_nothing(fleet):
    fleet.make("digits", "team=a")
    held = [fleet.suggest("digits").assignment for _ in range(3)]
    fleet.reload('[[quota]]\nlabel = "team"\ntrials = 1\n')
    until(lambda: "quotas_unreadable" in fleet.log())
    assert "[[quota]] 1: label: 'team' has no value" in fleet.log()
    assert fleet.quotas()["label team=a"].trials == 3
    fleet.reload('[[quota]]\nlabel = "team=a"\ntrials = 1\n')
    until(lambda: fleet.quotas()["label team=a"].trials == 1)
    for one in held[:2]:
        assert fleet.beat(one).action == pb.ACTION_CONTINUE
        fleet.report(one, 9, 0.5)
        assert fleet.suggest("digits").wait.reason == "QUOTA"
    fleet.report(held[2], 9, 0.5)
    assert fleet.suggest("digits").HasField("assignment")
    fleet.file.unlink()
    fleet.daemon.process.send_signal(signal.SIGHUP)
    until(lambda: "cannot be read" in fleet.log())
    assert fleet.suggest("digits").wait.reason == "QUOTA"
    before, found = fleet.quotas()["label team=a"].waiting, []
    caller = threading.Thread(target=lambda: found.append(fleet.suggest("digits", wait=30)))
    caller.start()
    until(lambda: fleet.quotas()["label team=a"].waiting > before)
    fleet.reload("")
    caller.join()
    assert found[0].HasField("assignment"), "a new file serves who waits"


def test_a_daemon_does_not_start_with_a_wrong_file(tmp_path):
    path = tmp_path / "quotas.toml"
    path.write_text('[[quota]]\nlabel = "team=a"\ntrials = -1\n')
    started = piped("serve", "--quotas", str(path), "--db", str(tmp_path / "a.db"))
    assert started.code == 78
    assert started.err == (
        f"ashad: {path}: [[quota]] 1: trials: give a whole number, 0 to 1000000\n"
    )
    checked = piped("quota", "check", str(path))
    assert (checked.code, "give a whole number" in checked.err) == (2, True)
    path.write_text(TEAM)
    assert piped("quota", "check", str(path)).out == f"{path} is in order: 1 quota and 0 weights\n"


# --- owners -----------------------------------------------------------------------------------


@pytest.fixture
def owned(new_daemon, tmp_path):
    each = '[[quota]]\nowner = "*"\ntrials = 1\n[[quota]]\nall = true\ntrials = 3\n'
    with new_daemon(tmp_path) as daemon:
        made = Fleet(daemon, tmp_path, "--require-tokens", quotas=each)
        made.tokens = TokenFile(tmp_path / "ashad.db.tokens")
        made.admin = made.tokens.create("admin", label="root")[1]
        for name in ("digits", "secret"):
            made.make(name, token=made.admin)
        yield made


def test_each_owner_has_its_own_whichever_token_and_study_it_takes(owned):
    one, two = (owned.tokens.create("worker", label="ana")[1] for _ in range(2))
    bob, nameless = owned.tokens.create("worker", label="bob"), owned.tokens.create("worker")
    held = owned.suggest("digits", one).assignment
    request = pb.GetTrialRequest(study="digits", trial=held.trial)
    trial = owned.studies.GetTrial(request, timeout=9, metadata=bearer(one)).trial
    assert [(one.name, one.value) for one in trial.attributes] == [("ashad.owner", "ana")]
    assert owned.suggest("secret", two).wait.quota.name == "ana"
    assert owned.suggest("secret", bob[1]).HasField("assignment")
    owned.crash()
    assert owned.suggest("secret", two).wait.quota.name == "ana"
    assert owned.suggest("digits", nameless[1]).HasField("assignment")
    wait = owned.suggest("digits", nameless[1]).wait
    assert (wait.quota.scope, wait.quota.running) == ("all", 3)
    names = {name for name in owned.quotas(owned.admin) if name.startswith("owner")}
    assert names == {"owner ana", "owner bob", f"owner {nameless[0].id}"}
    assert owned.daemon.stop() == 0
    checked = piped("db", "check", "--db", str(owned.daemon.db))
    assert (checked.code, "2 studies, 3 trials" in checked.out) == (0, True)
    owned.daemon.start(*owned.options)


def test_a_token_for_some_studies_learns_nothing_of_others(owned):
    for label in ("ana", "bob"):
        owned.suggest("secret", owned.tokens.create("worker", label=label)[1])
    scoped = owned.tokens.create("worker", label="eve", studies=("digits",))[1]
    assert owned.suggest("digits", scoped).HasField("assignment")
    wait = owned.suggest("digits", scoped).wait
    assert [(one.study, one.running) for one in wait.quota.shares] == [("", 2), ("digits", 1)][::-1]
    seen = owned.quotas(scoped)
    assert set(seen) == {"all", "owner eve"}
    assert "secret" not in str(seen)
    assert "ana" not in str(seen)


@pytest.mark.parametrize(
    ("label", "owner"), [("a\nb\x1b[2J\udcff", "a?b?[2J?"), ("x" * 5000, "x" * 200), ("\n ", "?")]
)
def test_a_label_that_is_no_text_is_made_one(owned, label, owner):
    token = owned.tokens.create("worker", label=label)[1]
    held = owned.suggest("digits", token).assignment
    assert held.study == "digits"
    assert owned.suggest("secret", token).wait.quota.name == owner
    owned.crash()
    assert owned.suggest("secret", token).wait.quota.name == owner


def test_nobody_names_another_owner(owned):
    token = owned.tokens.create("worker", label="ana")[1]
    attributes = [pb.Attribute(name="ashad.owner", value="bob")]
    with pytest.raises(grpc.RpcError) as refused:
        owned.suggest("digits", token, attributes=attributes)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "the daemon gives it" in refused.value.details()
