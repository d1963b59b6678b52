"""`ashad plot`: a picture of any study, or a clear word why there is none."""

import itertools
import random
import subprocess
import sys

import pytest
from ashad_client.plots.search_data import IN_FULL, STOPPED, WAITING, WENT_ON, gather
from ashad_client.v1 import ashad_pb2 as pb

from tests.unit.cli.conftest import held

STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


def draw(*drawn):
    from ashad_client.plots import search_figure  # noqa: PLC0415 - matplotlib is imported late

    search_figure.draw(*drawn)


@pytest.fixture
def trained(cli, worker, digits):
    for value in (0.3, 0.1, 0.2, 0.4):
        lease = worker.suggest("digits")
        for resource in range(1, 10):
            if worker.report(lease, resource, value / resource).action != pb.ACTION_CONTINUE:
                break
    return "digits"


@pytest.mark.parametrize("kind", STARTS)
def test_a_picture_of_each_kind(cli, trained, tmp_path, kind):
    pictures = [tmp_path / f"{name}.{kind}" for name in ("one", "two")]
    for picture in pictures:
        assert f"{picture}: digits: 4 trials" in cli("plot", trained, "-o", picture).out
    one, two = (picture.read_bytes() for picture in pictures)
    assert one.startswith(STARTS[kind])
    assert one == two
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_is_drawn_is_what_was_reported(cli, trained, tmp_path):
    cli("plot", trained, "-o", tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    for word in ("stopped: 2", "completed: 2", "rung ladder", "the best: trial 1", "rung at 1"):
        assert f"<!-- {word} -->" in text, word


def test_another_suffix_is_refused_before_anything(cli, tmp_path):
    ran = cli.fails("plot", "nothing", "-o", tmp_path / "a.jpeg")
    assert (ran.code, ".svg, .png, .pdf" in ran.err) == (2, True)
    assert cli.fails("plot", "nothing", "-o", tmp_path / "a.svg").code == 1
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_it_names_the_extra(daemon, tmp_path):
    """In a Python that cannot find it, everything but the plot works."""
    code = (
        "import sys, importlib.util as u; f = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'matplotlib' else f(name, *a); "
        "sys.modules['matplotlib'] = None; "
        "from ashad.cli import main; main(sys.argv[1:])"
    )
    here = [sys.executable, "-c", code]
    at = ["--address", daemon.address]
    ran = subprocess.run(
        [*here, "plot", "x", "-o", str(tmp_path / "a.svg"), *at],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "error: ashad plot draws with matplotlib: pip install 'ashad[plot]'\n"
    assert subprocess.run([*here, "study", "list", *at], check=False).returncode == 0


# --- any study ----------------------------------------------------------------------------------


def invented(trials, *, goal=pb.GOAL_MINIMIZE, brackets=1, metric="loss", best=True, scale=1.0):
    """A study that never ran, its trials and reports."""
    rng = random.Random(trials)
    levels = (1, 3, 9, 27)
    study = pb.Study(name="s")
    study.spec.metric, study.spec.goal, study.spec.max_resource = metric, goal, 27
    for number in range(brackets):
        bracket = study.brackets.add(bracket=number)
        for k, level in enumerate(levels):
            bracket.rungs.add(rung=k, level=level, size=trials, promoted=trials // 3, paused=1)
            if trials:
                bracket.rungs[-1].cutoff = 0.5 * scale
    rows, reports, seq = [], [], itertools.count(1)
    for number in range(trials):
        state = (3, 4, 5, 6, 2, 1)[min(5, int(rng.expovariate(1)))]
        rows.append(pb.Trial(trial=number, state=state))
        top = rng.choice((0, *levels))
        for resource in range(1, top + 1):
            report = pb.StoredReport(trial=number, attempt=1, resource=resource)
            report.commit_seq = next(seq)
            report.time.seconds = report.commit_seq
            if rng.random() > 0.02:
                report.value = scale * (rng.random() + 3 / resource)
            if resource in levels:
                report.decision.rung = levels.index(resource)
                report.decision.bracket = number % brackets
                report.decision.action = 1 if resource < top else rng.choice((2, 3))
            reports.append(report)
    if best and reports:
        study.best.trial, study.best.value = reports[0].trial, 1.0
        study.best.params.add(name="x")
    return study, rows, reports


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trials", "more"),
    [(0, {}), (1, {}), (400, {"brackets": 4}), (10, {"goal": pb.GOAL_MAXIMIZE}),
     (10, {"metric": "a $^{ b _x"}), (10, {"scale": -1e9}), (10, {"scale": 0.0}),
     (10, {"best": False})],
    ids=str,
)  # fmt: skip
def test_any_study_can_be_drawn(tmp_path, trials, more):
    draw(gather(*invented(trials, **more)), tmp_path / "a.png", "png")
    assert (tmp_path / "a.png").stat().st_size > 20_000


@pytest.mark.slow
def test_of_brackets_without_end_the_newest_are_drawn(tmp_path):
    """The daemon tells of the latest brackets only; reports are of all."""
    study, rows, reports = invented(60, brackets=40)
    del study.brackets[:20]
    draw(gather(study, rows, reports), tmp_path / "a.svg", "svg")
    text = (tmp_path / "a.svg").read_text()
    assert "<!-- rung ladder, the newest 5 brackets -->" in text
    assert "bracket 39" in text
    assert "bracket 34" not in text


def test_one_whose_values_all_diverged(tmp_path):
    study, rows, reports = invented(5)
    for report in reports:
        report.ClearField("value")
    draw(gather(study, rows, reports), tmp_path / "a.svg", "svg")


@pytest.mark.slow
def test_ten_thousand_trials_make_a_picture_that_opens(tmp_path):
    draw(gather(*invented(10_000)), tmp_path / "a.svg", "svg")
    assert (tmp_path / "a.svg").stat().st_size < 3_000_000


def test_the_best_so_far_counts_what_was_spent():
    """A resumed trial goes on from its checkpoint; one without begins anew."""
    study, _, _ = invented(0)
    told = [
        (0, 1, 1, 0.9, ""), (0, 1, 3, 0.5, "c"), (1, 1, 3, 0.6, ""), (0, 2, 5, 0.4, ""),
        (1, 2, 2, 0.7, ""), (1, 2, 4, 0.3, ""),
    ]  # fmt: skip
    reports = []
    for trial, attempt, resource, value, checkpoint in told:
        report = pb.StoredReport(trial=trial, attempt=attempt, resource=resource, value=value)
        report.checkpoint_uri = checkpoint
        reports.append(report)
    search = gather(study, [pb.Trial(trial=0, state=2), pb.Trial(trial=1, state=2)], reports)
    assert [(best.spent, best.value) for best in search.best] == [
        (1, 0.9), (3, 0.5), (8, 0.4), (12, 0.3),
    ]  # fmt: skip
    assert search.spent == 12
    assert list(search.curves[0].value) == [0.9, 0.5, 0.4]
    assert list(search.curves[1].resource) == [3, 2, 2, 4]
    assert repr(list(search.curves[1].value)) == "[0.6, nan, 0.7, 0.3]"  # no line leads back


def test_what_became_of_an_entry():
    study, _, _ = invented(0)
    told = {
        0: (3, 3, 3), 1: (5, 3, 3), 2: (3, 3, 5), 3: (3, 2, 5), 4: (4, 1, 2), 5: (5, 3, 1),
    }  # fmt: skip
    trials, reports = [], []
    for trial, (last, action, state) in told.items():
        trials.append(pb.Trial(trial=trial, state=state))
        for resource in (3, last, *([1] if trial == 5 else [])):  # one that began anew, and waits
            report = pb.StoredReport(trial=trial, attempt=1, resource=resource, value=0.5)
            if resource == 3:
                report.decision.rung, report.decision.action = 1, action
            reports.append(report)
    search = gather(study, trials, reports)
    rungs = study.brackets[0].rungs
    fates = {e.trial: search.fate(rungs[1], e) for e in search.rungs[0, 1]}
    assert fates == {0: WAITING, 1: WENT_ON, 2: STOPPED, 3: STOPPED, 4: WENT_ON, 5: WENT_ON}
    assert {search.fate(rungs[3], e) for e in search.rungs[0, 1]} == {IN_FULL}


def test_parameters_are_drawn_each_by_each(cli, trained, tmp_path):
    said = cli("plot", trained, "-o", tmp_path / "a.svg", "--params").out
    assert "3 parameters of 4 trials" in said
    text = (tmp_path / "a.svg").read_text()
    for word in ("digits: loss by parameter", "rate", "size", "optimizer", "=adam", "0.01"):
        assert f"<!-- {word}" in text, word
    assert "mathdefault" not in text
    assert (
        cli.fails("plot", trained, "-o", tmp_path / "b.svg", "--params", "--metric", "x").code == 2
    )


def test_parameters_of_a_study_without_a_report(cli, digits, tmp_path):
    cli("plot", digits, "-o", tmp_path / "a.png", "--params")
    assert (tmp_path / "a.png").read_bytes().startswith(STARTS["png"])


def test_another_metric_has_its_curves(cli, worker, digits, tmp_path):
    lease = worker.suggest(digits)
    metrics = [pb.Metric(name="loss", value=0.5), pb.Metric(name="accuracy", value=0.75)]
    worker.stub.Report(pb.ReportRequest(**held(lease), resource=1, metrics=metrics), timeout=30)
    cli("plot", digits, "-o", tmp_path / "a.svg", "--metric", "accuracy")
    assert "<!-- accuracy -->" in (tmp_path / "a.svg").read_text()
    ran = cli.fails("plot", digits, "-o", tmp_path / "b.svg", "--metric", "f1")
    assert (ran.code, "there are: accuracy" in ran.err) == (1, True)
    assert not (tmp_path / "b.svg").exists()


def test_the_wall_clock_is_that_of_the_training():
    """Made a day before, rested over night: what was trained is not one spike."""
    study = pb.Study(spec=pb.StudySpec(metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=99))
    study.create_time.seconds = 0
    reports = []
    for n in range(40):
        report = pb.StoredReport(trial=0, attempt=1, resource=n + 1, value=1 / (n + 1))
        report.time.seconds = 86_400 + 10 * n + (40_000 if n >= 20 else 0)
        reports.append(report)
    search = gather(study, [], reports)
    assert [best.seconds for best in search.best] == [10.0 * n for n in range(40)]
    assert (search.seconds, search.idle) == (390.0, 40_010.0)
    assert gather(study, [], []).seconds == 0
    assert gather(study, [], reports[:1]).best[0].seconds == 0
