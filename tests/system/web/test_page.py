"""The page in a real browser before a real daemon: views, orders, live, roles, hostile text."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from ashad.security import TokenFile
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from tests.contract.web.conftest import http_of
from tests.support import ROOT, alone
from tests.support.wire import PROMOTION, Code, Wire, proof, refused, spec

PAGE = ROOT / "server" / "web"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = "<img src=x onerror=globalThis.hacked=1>"
pytestmark = [pytest.mark.slow, pytest.mark.languages]


@pytest.fixture(scope="module", autouse=True)
def built():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    check = subprocess.run(
        ["make", "-s", "-C", PAGE, "check"], check=False, capture_output=True, text=True
    )
    if check.returncode:
        pytest.skip(check.stdout)
    with alone("page"):
        subprocess.run(["make", "-s", "-C", PAGE, "build"], check=True, timeout=240)


def look(scenario: str, url: str, outside: dict[str, Callable[[], Any]], **args: str) -> None:
    """Play a scenario; what it asks for is done by `outside`."""
    script = ["node", str(PAGE / "test" / "browser.mjs"), scenario, url, json.dumps(args)]
    heard = []
    with subprocess.Popen(
        script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as browser:
        try:
            for line in browser.stdout:
                verb, _, word = line.strip().partition(" ")
                if verb == "do":
                    outside[word]()
                    browser.stdin.write("done\n")
                    browser.stdin.flush()
                else:
                    heard.append(line)
            assert browser.wait(timeout=30) == 0, "".join(heard)
        finally:
            browser.kill()
    assert "good\n" in heard


@pytest.fixture(scope="module")
def served(tmp_path_factory, new_daemon):
    with new_daemon(tmp_path_factory.mktemp("page")) as daemon:
        daemon.start("--web", "127.0.0.1:0")
        wire = Wire(daemon)
        yield wire
        wire.channel.close()


@pytest.fixture(scope="module")
def url(served):
    return f"http://{http_of(served.daemon).address}"


def searched(wire: Wire, trials: int = 30, **fields: Any) -> str:
    """A study that has stopped, failed, diverged, completed and running trials."""
    name = wire.create(**fields)
    for n in range(trials):
        if n % 10 == 7:
            held = wire.take(name)
            wire.scheduler.FailTrial(
                pb.FailTrialRequest(**proof(held), message="CUDA out of memory"), timeout=9
            )
        else:
            wire.run(name, float("nan") if n == 3 else ((n * 7) % 10 + 1) / 10 + n / 1000)
    wire.report(wire.take(name, worker="gpu-7"), 1, 0.9, checkpoint="s3://a/b", accuracy=0.5)
    return name


def test_each_view_renders_in_light_and_dark_and_on_a_phone(served, url):
    name, other = searched(served), searched(served, 12, asha=PROMOTION)
    look("views", url, {}, study=name, other=other)


def test_a_view_is_its_address(served, url):
    look("address", url, {}, study=searched(served))


def test_it_is_live_over_kill_9(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        daemon.start("--web", "127.0.0.1:0")
        wire = Wire(daemon)
        port = http_of(daemon).address
        name = wire.create()
        wire.run(name, 0.5)

        def start() -> None:
            daemon.start("--web", port)
            wire.connect()
            wire.run(name, 0.6)

        def kill() -> None:
            daemon.kill()
            wire.channel.close()

        def run() -> None:
            wire.run(name, 0.4)

        outside = {"run": run, "kill": kill, "start": start}
        look("live", f"http://{port}", outside, study=name)


def test_many_changes_make_few_paints(served, url):
    name = served.create()

    def run() -> None:
        for n in range(300):
            served.run(name, 0.5 + n / 1000)

    look("paints", url, {"run": run}, study=name)


def test_a_viewer_looks_and_an_admin_steers(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        file = TokenFile(daemon.db.with_name(f"{daemon.db.name}.tokens"))
        secrets = {role: file.create(role) for role in ("admin", "viewer")}
        daemon.start("--require-tokens", "--web", "127.0.0.1:0")
        bearer = [("authorization", f"Bearer {secrets['admin'][1]}")]
        request = pb.CreateStudyRequest(study="s", spec=spec())
        daemon.studies().CreateStudy(request, metadata=bearer, timeout=9)
        port = http_of(daemon, metadata=bearer).address
        look(
            "roles", f"http://{port}", {"revoke": lambda: file.revoke(secrets["admin"][0].id)},
            study="s", viewer=secrets["viewer"][1], admin=secrets["admin"][1],
        )  # fmt: skip


def test_every_order_is_asked_for_and_obeyed(served, url):
    name = served.create(limits=pb.StudyLimits(max_trials=50))
    served.take(name)

    def check() -> None:
        study = served.study(name)
        assert study.state == pb.STUDY_STATE_STOPPED
        assert study.spec.limits.max_trials == 77
        enqueued = served.trial(name, 1)
        assert enqueued.origin == "enqueued"
        assert enqueued.params[0].value.double_value == 0.25
        assert enqueued.state == pb.TRIAL_STATE_CANCELLED

    look("steering", url, {"check": check}, study=name)


def test_a_replay_says_what_the_command_says(served, url):
    look("replay", url, {}, study=searched(served))


TOML = """
metric = "loss"
goal = "minimize"
resource = "epoch"
max_resource = 9
space = {rate = {float = [0, 1]}}
limits = {max_trials = 5}
algorithm = {type = "asha", eta = 3}
"""


def test_a_study_is_created_from_what_is_typed(served, url):
    def none() -> None:
        asked = pb.GetStudyRequest(study="typed-1")
        refused(served.studies.GetStudy, asked, Code.NOT_FOUND, "STUDY_NOT_FOUND")

    look("create", url, {"none": none}, study="typed-1", toml=TOML)
    assert served.study("typed-1").spec.limits.max_trials == 5


def test_a_trial_of_a_population_tells_the_schedule_that_led_to_it(served, url):
    """Trial 2 goes on from trial 0 at 2, trial 3 from trial 2 at 4: 0 to 2, to 4, and to 5."""
    population = pb.PopulationBasedTraining(population=2, interval=2)
    name = served.create(pbt=population, max_resource=20)
    good, bad = served.take(name), served.take(name)
    served.report(good, 2, 0.1, "0@2")
    assert served.report(bad, 2, 0.9).reason == "EXPLOITED"
    heir = served.take(name)
    served.report(heir, 4, 0.05, "2@4")
    assert served.report(good, 4, 0.9).reason == "EXPLOITED"
    served.report(served.take(name), 5, 0.1)
    rows = ["0 0 2", "2 2 4", "3 4 5"]
    look("lineage", url, {}, study=name, trial="3", rows=json.dumps(rows))


def test_a_study_of_fronts_shows_the_trials_that_no_other_dominates(served, url):
    """Of (0.1, 30), (0.2, 20), (0.3, 25) and (0.05, 40) the third alone is dominated."""
    objectives = [pb.Objective(metric=name, goal=pb.GOAL_MINIMIZE) for name in ("loss", "ms")]
    name = served.create(
        objectives=objectives, combination=pb.COMBINATION_PARETO, random=pb.RandomSearch()
    )
    for loss, milliseconds in ((0.1, 30), (0.2, 20), (0.3, 25), (0.05, 40)):
        served.report(served.take(name), 1, loss, ms=milliseconds)
    rows = [
        ["trial 3", "0.05000", "40.000", "1 epoch"],
        ["trial 0", "0.10000", "30.000", "1 epoch"],
        ["trial 1", "0.20000", "20.000", "1 epoch"],
    ]
    look("front", url, {}, study=name, rows=json.dumps(rows))


def test_a_study_of_goals_in_order_shows_the_first(served, url):
    """0.31 and 0.35 count as equal, and trial 1 is the faster."""
    objectives = [
        pb.Objective(metric="loss", goal=pb.GOAL_MINIMIZE, tolerance=0.1, target=0.2),
        pb.Objective(metric="ms", goal=pb.GOAL_MINIMIZE),
    ]
    name = served.create(
        objectives=objectives, combination=pb.COMBINATION_LEXICOGRAPHIC, random=pb.RandomSearch()
    )
    for loss, milliseconds in ((0.31, 30), (0.35, 20), (0.5, 5)):
        served.report(served.take(name), 1, loss, ms=milliseconds)
    rows = [["loss", "0.35000", "within 0.10000, from 0.20000 on"], ["ms", "20.000", ""]]
    look("first", url, {}, study=name, rows=json.dumps(rows))


def test_what_clients_say_is_text(served, url):
    kind = pb.ParameterSpec(name="kind")
    kind.categorical.choices.add(string_value=HOSTILE)
    rate = pb.ParameterSpec(name="rate", float_range=pb.FloatRange(low=0, high=1))
    name = served.create(space=[rate, kind])
    asking = pb.SuggestRequest(study=name, worker="w", request_id="r")
    asking.attributes.add(name="host", value=HOSTILE)
    held = served.scheduler.Suggest(asking, timeout=9).assignment
    said = {"note": f"{HOSTILE}\n[a](javascript:globalThis.hacked=1)", "add_labels": [HOSTILE]}
    served.studies.AnnotateStudy(pb.AnnotateStudyRequest(study=name, **said), timeout=9)
    served.studies.AnnotateTrial(pb.AnnotateTrialRequest(study=name, trial=0, **said), timeout=9)
    served.report(held, 1, 0.5, checkpoint=f"s3://{HOSTILE}")
    served.scheduler.FailTrial(
        pb.FailTrialRequest(**proof(held), message=f"{HOSTILE}\x1b[2J\u202e"), timeout=9
    )
    look("hostile", url, {}, study=name, other=name, message=HOSTILE, choice=HOSTILE)


def test_notes_and_labels_are_shown_edited_and_found(served, url):
    name, _other = served.create(), served.create()
    asking = pb.SuggestRequest(study=name, worker="gpu-1", request_id="r")
    asking.attributes.add(name="host", value="node-17")
    served.scheduler.Suggest(asking, timeout=9)

    def check() -> None:
        study, trial = served.study(name), served.trial(name, 0)
        assert (study.note, list(study.labels)) == ("# Why\n<b>x</b>", ["paper", "to do"])
        assert (trial.note, list(trial.labels)) == ("odd", ["odd"])

    look("remarks", url, {"check": check}, study=name)
    assert list(served.study(name).labels) == ["paper"]


MANY = 10_000


async def fill(address: str) -> str:
    """A study of ten thousand trials, a hundred workers at a time."""
    name = f"many{uuid.uuid4().hex[:8]}"
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        studies = ashad_pb2_grpc.StudyServiceStub(channel)
        scheduler = ashad_pb2_grpc.SchedulerServiceStub(channel)
        limits = pb.StudyLimits(max_trials=MANY)
        request = pb.CreateStudyRequest(study=name, spec=spec(limits=limits))
        await studies.CreateStudy(request, timeout=30)

        async def work(worker: int) -> None:
            for turn in range(MANY // 100):
                key = f"{worker}-{turn}"
                asked = pb.SuggestRequest(study=name, worker=f"w{worker}", request_id=key)
                held = (await scheduler.Suggest(asked, timeout=60)).assignment
                rate = held.params[0].value.double_value
                for resource in (1, 3, 9):
                    report = pb.ReportRequest(
                        study=name, trial=held.trial, attempt=1, lease_token=held.lease_token,
                        resource=resource,
                    )  # fmt: skip
                    report.metrics.add(name="loss", value=(rate - 0.3) ** 2 + 1 / resource)
                    told = await scheduler.Report(report, timeout=60)
                    if told.decision.action != pb.ACTION_CONTINUE:
                        break

        await asyncio.gather(*(work(n) for n in range(100)))
    return name


async def test_ten_thousand_trials_cost_no_more_than_a_few(served, url):
    name = await fill(served.daemon.address)
    await asyncio.to_thread(look, "many", url, {}, study=name)
