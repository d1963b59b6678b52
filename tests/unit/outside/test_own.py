"""A sampler of one's own: only what the operator allows, recorded like any draw, nobody is stuck.

The objects live in real processes, and the daemon is the real one.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading

import pytest
from ashad.cli import main
from ashad.core.engine.study import Study
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import ReportContent
from ashad.core.kinds import Asha, Python
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import StudySpec
from ashad.outside import OwnSamplers, UnanswerableError, own_process
from ashad.outside.own_answer import OwnObjects, UnusableError
from ashad.outside.own_question import Read, configuration, first, news, reached
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.support.wire import PROMOTION, Code, Wire, proof, refused, spec, values

MINE = '''
import json, math, os, signal, time

def write(**said):
    with open(os.environ["HEARD"], "a") as file:
        file.write(json.dumps({"pid": os.getpid()} | said) + "\\n")

class Steps:
    """Proposes 0.1, 0.2, ...; writes down all that it hears."""
    def __init__(self, space, goal, seed):
        self.asked = 0
        write(space=space, goal=goal, seed=seed)
    def tell(self, params, value, resource, state):
        self.asked = max(self.asked, round(params["rate"] * 10))
        write(params=params, value=value, resource=resource, state=state)
    def ask(self):
        self.asked += 1
        return {"rate": self.asked / 10}

class Bad:
    """Does what the file named MODE says."""
    def __init__(self, space, goal, seed): pass
    def tell(self, params, value, resource, state): pass
    def ask(self):
        with open(os.environ["MODE"]) as file:
            return eval(file.read())
def steps(space, goal, seed):
    return Steps(space, goal, seed)
def killed(): os.kill(os.getpid(), signal.SIGKILL)
def hung(): time.sleep(600)
def chatty(): print("{" * 100, flush=True); return {"rate": 0.25}
def broken(space, goal, seed): raise KeyError("no such thing")
class Deaf:
    def __init__(self, space, goal, seed): pass
    def ask(self): return {"rate": 0.5}
    def few(space): pass
number = 7
'''
ALLOWED = "--samplers=steps=mine:steps,mine:Bad,broken=mine:broken,gone=not_there:f"
UNUSABLE = {  # by what a study would name
    "mine:zz": "mine has no zz; name a class or function that it has",
    "mine:Steps.zz": "mine has no Steps.zz",
    "mine:number": "number is no function or class, but of type int",
    "mine:Deaf.few": "it is called with space, goal and seed: got an unexpected keyword",
    "mine:Deaf": "what Deaf makes has no tell; it needs ask and tell",
    "json.zz:f": "it needs the module json.zz, which is not there; install it where the daemon",
    "ends:f": "it could not be imported, the log of the daemon says why",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(MINE)
    (folder / "marker.py").write_text(f"open({str(folder / 'imported')!r}, 'w')\ndef f(**_): 1 / 0")
    (folder / "heard").touch()
    (folder / "raises.py").write_text("raise ValueError('not here')")
    (folder / "ends.py").write_text("raise SystemExit(3)")
    return folder


def environment(place):
    return {
        "PYTHONPATH": str(place), "HEARD": str(place / "heard"), "MODE": str(place / "mode"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def wire(place, new_daemon):
    with new_daemon(place) as daemon:
        daemon.start(
            f"{ALLOWED},raises:f,{','.join(UNUSABLE)}", "--sampler-seconds=3", **environment(place)
        )
        yield (found := Wire(daemon))
        found.channel.close()
        assert daemon.stop() == 0


def own(wire, factory="steps", **more):
    more = {"asha": PROMOTION} | more
    return wire.create(python=pb.PythonSampler(factory=factory), **more)


def refusal(wire, factory, *expected):
    made = pb.CreateStudyRequest(
        study="refused", spec=spec(python=pb.PythonSampler(factory=factory))
    )
    return refused(wire.studies.CreateStudy, made, *expected)


def heard(place):
    return [json.loads(line) for line in (place / "heard").read_text().splitlines()]


# --- whom the daemon asks ------------------------------------------------------------------------


@pytest.mark.parametrize("factory", ["marker:f", "os:system", "mine:steps", "Bad", "mine:killed"])
def test_what_the_operator_did_not_allow_is_refused_by_name_and_never_imported(
    wire, place, factory
):
    before = len(wire.studies.ListStudies(pb.ListStudiesRequest()).studies)
    said = refusal(wire, factory, Code.FAILED_PRECONDITION, "SAMPLER_MISSING")
    assert said.startswith(f"spec.sampler: this daemon allows no sampler '{factory}'")
    assert "--samplers NAME=module:function" in said
    assert f"{factory}', only broken, ends:f, gone, json.zz:f, mine:Bad, " in said
    assert not (place / "imported").exists()
    assert len(wire.studies.ListStudies(pb.ListStudiesRequest()).studies) == before


def test_a_module_that_is_not_there_is_refused_at_creation(wire):
    said = refusal(wire, "gone", Code.FAILED_PRECONDITION, "SAMPLER_MISSING")
    assert "not_there cannot be imported" in said


@pytest.mark.parametrize(("factory", "why"), UNUSABLE.items(), ids=[*UNUSABLE])
def test_a_factory_that_could_make_no_object_is_refused_at_creation(wire, factory, why):
    said = refusal(wire, factory, Code.FAILED_PRECONDITION, "SAMPLER_MISSING")
    assert said.startswith(f"spec.sampler: {factory} is {factory}, which cannot be used: {why}")


def test_one_that_was_mended_is_taken_without_a_restart_and_the_log_warned(wire, place):
    said = refusal(wire, "raises:f", Code.FAILED_PRECONDITION, "SAMPLER_MISSING")
    assert said.endswith("it could not be imported, the log of the daemon says why")
    (place / "raises.py").write_text("from mine import Steps as f")
    name = own(wire, "raises:f", random={})
    assert wire.ask(name, wait=30).HasField("assignment")
    lines = wire.daemon.log.read_text().splitlines()
    [line] = [one for one in lines if "sampler_unusable" in one and "not here" in one]
    assert json.loads(line)["level"] == "warning"


def test_what_cannot_be_looked_into_is_tried():
    """Something that is written in C tells no parameters, a class may make its own attributes."""
    with pytest.raises(UnusableError, match=r"datetime has no zz"):
        OwnObjects("datetime:zz")
    assert OwnObjects("unittest.mock:MagicMock").answer("s", {}, [], [])["params"] is not None
    with pytest.raises(UnusableError, match=r"what dict makes has no ask"):
        OwnObjects("builtins:dict")


async def test_who_makes_a_study_waits_for_no_slow_import_and_the_next_one_knows(
    tmp_path, monkeypatch
):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (tmp_path / "slow.py").write_text(f"open({str(gate)!r}).read()\nf = 1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(own_process, "LOADING", 0.01)
    samplers = OwnSamplers({"slow": "slow:f"})
    assert await samplers.load("slow") == ""
    assert samplers.missing("slow") is None
    monkeypatch.setattr(own_process, "LOADING", 60)
    asked = asyncio.ensure_future(samplers.load("slow"))
    await asyncio.to_thread(gate.write_text, "")
    assert (
        await asked
        == "UnanswerableError: UnusableError: f is no function or class, but of type int"
    )
    assert "f is no function" in samplers.missing("slow")
    await samplers.close()


@pytest.mark.parametrize("factory", ["", "a b", "x" * 201, "a/b", "a\n"])
def test_a_factory_that_is_no_name_is_refused(wire, factory):
    said = refusal(wire, factory, Code.INVALID_ARGUMENT, "INVALID_SPEC")
    assert said.startswith("spec.python.factory: give the name")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("mine", "'mine': give [NAME=]MODULE:FUNCTION"),
        ("a b=mine:f", "give [NAME=]MODULE:FUNCTION"),
        ("a=mine:f,a=mine:g", "'a' is there twice"),
        ("=mine:f", "'=mine:f': no name stands before =; give [NAME=]MODULE:FUNCTION"),
        ("a=", "give [NAME=]MODULE:FUNCTION"),
        ("a=mine:f,", "give [NAME=]MODULE:FUNCTION"),
    ],
)
def test_a_setting_that_allows_nothing_is_refused_before_the_daemon_starts(text, wrong):
    ran = CliRunner().invoke(main, ["serve", "--samplers", text])
    assert ran.exit_code == 2
    assert wrong in ran.output


# --- what it is told, and what is recorded -------------------------------------------------------


def test_it_is_told_each_rung_once_and_what_it_proposes_is_recorded(wire, place):
    start = len(heard(place))
    name = own(wire)
    jobs = []
    for n in range(4):
        held = wire.ask(name, wait=20).assignment
        jobs.append(held)
        wire.report(held, held.target_resource, 1 / (n + 1), checkpoint="c")
    assert [values(job.params)["rate"] for job in jobs[:3]] == [0.1, 0.2, 0.3]
    assert jobs[3].trial == 2  # promoted, and reported at 3
    held = wire.ask(name, wait=20).assignment
    wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(held), message="no"))
    wire.ask(name, wait=20)
    told = heard(place)[start:]
    assert {one.pop("pid") for one in told} == {told_by(wire, place)}
    assert told[0] == {
        "space": {"rate": {"type": "float", "low": 0.0, "high": 1.0, "log": False}},
        "goal": "minimize", "seed": told[0]["seed"],
    }  # fmt: skip
    expected = [
        ({"rate": 0.1}, 1.0, 1, "paused"), ({"rate": 0.2}, 0.5, 1, "paused"),
        ({"rate": 0.3}, 1 / 3, 1, "paused"), ({"rate": 0.3}, 0.25, 3, "paused"),
        ({"rate": 0.4}, None, 0, "failed"),
    ]  # fmt: skip
    got = [(t["params"], t["value"], t["resource"], t["state"]) for t in told[1:]]
    assert got == expected
    assert {trial.origin for trial in wire.trials(name)} == {"sampled"}
    rates = [values(trial.params)["rate"] for trial in wire.trials(name)]
    assert rates == [0.1, 0.2, 0.3, 0.4, 0.5]


def told_by(wire, place):
    return heard(place)[-1]["pid"]


def test_after_a_crash_the_object_is_made_anew_and_told_all(place, new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        more = environment(place)
        daemon.start(ALLOWED, **more)
        wire = Wire(daemon)
        name = own(wire)
        for n in range(7):
            held = wire.ask(name, wait=20).assignment
            wire.report(held, held.target_resource, 1 / (n + 1), checkpoint="c")
        before = [one for one in heard(place) if one["pid"] == told_by(wire, place)]
        daemon.kill()
        wire.channel.close()
        daemon.start(ALLOWED, **more)
        wire = Wire(daemon)
        while wire.ask(name, wait=20).assignment.start_resource:  # promotions go first
            pass
        after = [one for one in heard(place) if one["pid"] == told_by(wire, place)]
        plain = [{k: v for k, v in one.items() if k not in ("pid", "state")} for one in before]
        again = [{k: v for k, v in one.items() if k not in ("pid", "state")} for one in after]
        assert again[0] == plain[0]
        assert all(one in again for one in plain)
        key = [(one["params"]["rate"], one["resource"]) for one in again[1:]]
        assert key == sorted(key)  # in order of trials
        wire.channel.close()
        assert daemon.stop() == 0
    without_the_module(tmp_path / "ashad.db")


def without_the_module(db):
    """Audit and load the file where no sampler can be imported."""
    program = f"""
import sys
sys.modules["mine"] = sys.modules["ashad.outside"] = None
from pathlib import Path
from ashad.store import Reader, audit
from ashad.store.load import load
db = Path({str(db)!r})
wrong = list(audit.audit(db)) if hasattr(audit, "audit") else list(audit(db))
reader = Reader(db)
print(wrong, load(reader, reader.studies()[0]).state.trials > 4)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout == "[] True\n", ran.stderr[-2000:]


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("killed()", "SAMPLER_ENDED"),
        ("hung()", "SAMPLER_TIMED_OUT"),
        ("1 / 0", "SAMPLER_FAILED"),
        ("{'rate': {1}}", "SAMPLER_FAILED"),  # nothing that JSON can say
        ("{'rate': 1.5}", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': math.nan}", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': 'fast'}", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': None}", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': 10 ** 400}", "SAMPLER_ANSWER_INVALID"),
        ("{}", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': 0.5, 'other': 1}", "SAMPLER_ANSWER_INVALID"),
        ("[0.5]", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': 'x' * 2_000_000}", "SAMPLER_ANSWER_INVALID"),
        ("{'rate': 0.9}", "SAMPLER_BREAKS_CONSTRAINT"),
    ],
)
def test_without_a_configuration_the_draw_is_random_and_why_says_so(wire, place, answer, reason):
    (place / "mode").write_text(answer)
    name = own(wire, "mine:Bad", random={}, constraints=["rate < 0.8"])
    held = wire.ask(name, wait=60 if reason == "SAMPLER_TIMED_OUT" else 30).assignment
    assert 0 <= values(held.params)["rate"] < 0.8
    [said, *_] = wire.studies.ExplainTrial(pb.ExplainTrialRequest(study=name, trial=0)).explanations
    assert said.sentence.startswith("Its configuration is a random draw, because")
    assert f"({reason})" in said.sentence
    (place / "mode").write_text("chatty()")  # what it prints is no answer
    assert values(wire.ask(name, wait=30).assignment.params)["rate"] == 0.25


def test_a_factory_that_fails_is_told_in_the_log(wire):
    name = own(wire, "broken", random={})
    assert wire.ask(name, wait=30).HasField("assignment")
    lines = wire.daemon.log.read_text().splitlines()
    [line] = [one for one in lines if "KeyError: 'no such thing'" in one]
    assert (json.loads(line)["event"], json.loads(line)["level"]) == ("sampler_failed", "warning")


def test_while_a_sampler_thinks_the_daemon_goes_on(wire, place, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (place / "mode").write_text(f"(open({str(gate)!r}).read(), {{'rate': 0.75}})[1]")
    name, other = own(wire, "mine:Bad", random={}), wire.create()
    found = []
    waiting = threading.Thread(target=lambda: found.append(wire.ask(name, wait=30)))
    waiting.start()
    with gate.open("w"):  # now it thinks
        for _ in range(3):
            wire.run(other, 0.5)
        assert wire.ask(name).wait.reason == "SAMPLER_BUSY"
        assert not found
    waiting.join(30)
    assert values(found[0].assignment.params)["rate"] == 0.75


def change_space(wire, name, high, **past):
    """Narrow the rate, and add what has a past."""
    space = [pb.ParameterSpec(name="rate", float_range=pb.FloatRange(low=0.15, high=high))]
    added = [pb.Parameter(name=n, value=pb.ParameterValue(double_value=v)) for n, v in past.items()]
    space += [pb.ParameterSpec(name=n, float_range=pb.FloatRange(low=0.0, high=1.0)) for n in past]
    request = pb.ChangeSpaceRequest(study=name, space=space, past_values=added, request_id=name)
    wire.studies.ChangeSpace(request, timeout=9)


def test_what_was_thought_of_an_earlier_space_is_asked_anew(wire, place, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (place / "mode").write_text(f"(open({str(gate)!r}).read(), {{'rate': 0.4}})[1]")
    name, found = own(wire, "mine:Bad", random={}), []
    waiting = threading.Thread(target=lambda: found.append(wire.ask(name, wait=30)))
    waiting.start()
    with gate.open("w"):  # now it thinks, and what it says lacks what is added meanwhile
        (place / "mode").write_text("{'rate': 0.25, 'more': 0.5}")
        change_space(wire, name, 0.5, more=0.0)
    waiting.join(30)
    assert values(found[0].assignment.params) == {"rate": 0.25, "more": 0.5}
    assert [trial.origin for trial in wire.trials(name)] == ["sampled"]


def test_an_object_is_made_anew_for_another_space_and_told_what_is_in_it(wire, place):
    name = own(wire)
    for n in range(3):
        held = wire.ask(name, wait=20).assignment
        wire.report(held, held.target_resource, 1 / (n + 1))
    start = len(heard(place))
    change_space(wire, name, 0.25)
    assert wire.ask(name, wait=20).assignment.trial == 2  # promoted: nothing is drawn
    held = wire.ask(name, wait=20).assignment
    told = heard(place)[start:]
    assert told[0]["space"]["rate"] == {"type": "float", "low": 0.15, "high": 0.25, "log": False}
    assert [(one["params"], one["value"]) for one in told[1:]] == [({"rate": 0.2}, 0.5)]
    assert 0.15 <= values(held.params)["rate"] <= 0.25


# --- the question and the answer -----------------------------------------------------------------

SPACE = {
    "x": Float(0.0, 1.0), "n": Int(1, 64, log=True), "kind": Choice(("a", "b")),
    "m": Float(0.0, 0.3, step=0.1), "fixed": Constant(7),
}  # fmt: skip


def search(when=None):
    made = StudySpec(
        "loss", True, 9, SPACE, Asha(promotion=True), sampler=Python("f"), seed=3, when=when or {}
    )
    memory = InMemoryArchive()
    study, records = Study.create("s", "uid", made, 3, 0, memory)
    memory.take(records)
    return study, memory


def test_a_factory_is_given_the_space_in_the_words_of_a_study_file():
    study, _ = search({"m": (("kind", ("a",)),)})
    found = first(study.state)
    assert found["goal"] == "maximize"
    assert found["space"] == json.loads(json.dumps(found["space"])) == {
        "x": {"type": "float", "low": 0.0, "high": 1.0, "log": False},
        "n": {"type": "int", "low": 1, "high": 64, "log": True, "step": 1},
        "kind": {"type": "choice", "choices": ["a", "b"]},
        "m": {
            "type": "float", "low": 0.0, "high": 0.3, "log": False, "step": 0.1,
            "when": {"kind": ["a"]},
        },
        "fixed": {"type": "constant", "value": 7},
    }  # fmt: skip


def test_an_answer_becomes_a_configuration_of_the_space():
    state = search({"m": (("kind", ("a",)),)})[0].state
    whole = {"x": 1, "n": 2.0, "kind": "b", "m": 0.1}
    assert configuration(state, whole) == {"x": 1.0, "n": 2, "kind": "b", "fixed": 7}
    assert type(configuration(state, whole)["n"]) is int
    for wrong, said in (
        ({**whole, "n": 2.5}, r"params\[n\]: must be a whole number from 1 to 64"),
        ({**whole, "kind": True}, r"params\[kind\]: must be one of"),
        ({**whole, "kind": "a", "m": 0.15}, r"params\[m\]: 0.15 is off the step"),
        ({"x": 1, "n": 2}, r"params\[kind\]: is missing"),
        ("x", "params: must be a dict, not str"),
    ):
        with pytest.raises(ValueError, match=said):
            configuration(state, wrong)


def test_only_news_is_told_and_a_failure_once():
    study, memory = search()

    def job(n):
        params = {"x": n / 10, "n": n + 1, "kind": "a", "m": 0.1, "fixed": 7}
        memory.take(study.propose(n, params))
        outcome, _, records = study.suggest(n, "w", f"r{n}")
        memory.take(records)
        return outcome

    told = set()
    for n in range(3):
        held = job(n)
        memory.take(study.report(n, held.key, ReportContent(1, float(n), None, "c"))[2])
    calls, told = news(study.state, reached(study.state), told, {})
    assert [(c.params["n"], c.value, c.resource, c.state) for c in calls] == [
        (1, 0.0, 1, "paused"), (2, 1.0, 1, "paused"), (3, 2.0, 1, "paused"),
    ]  # fmt: skip
    assert news(study.state, reached(study.state), told, {}) == ([], told)
    study.state.committed(study.state.seq)  # they are forgotten: their rows are needed
    assert news(study.state, reached(study.state), set(), {}) == ([], set())
    rows = {0: Read('{"n": 1}', "PAUSED", 1), 5: Read('{"n": 9}', "FAILED", 0)}
    calls, again = news(study.state, reached(study.state), set(), rows)
    assert [(c.params["n"], c.value, c.state) for c in calls] == [
        (1, 0.0, "paused"), (9, None, "failed"),
    ]  # fmt: skip
    assert again == {(0, 1), (5, 0)}


async def test_an_object_that_is_not_asked_for_long_is_let_go_and_made_anew(
    place, monkeypatch, tmp_path
):
    for name, value in environment(place).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(place)
    monkeypatch.setattr(own_process, "OBJECTS", 1)
    samplers = OwnSamplers({"steps": "mine:Steps"})
    space = {"rate": Float(0.0, 1.0)}
    states = []
    for uid in ("a", "b"):
        made = StudySpec("loss", False, 9, space, Asha(), sampler=Python("steps"), seed=3)
        states.append(Study.create(uid, uid, made, 3, 0, InMemoryArchive())[0].state)

    async def read(trials, failed_after):
        return {}

    found = [await samplers.ask("steps", states[n], read) for n in (0, 0, 1, 1, 0)]
    assert [round(one["rate"] * 10) for one in found] == [1, 2, 1, 2, 1]
    with pytest.raises(UnanswerableError, match="this daemon allows no sampler 'other'"):
        await samplers.ask("other", states[0], read)
    await samplers.close()
