"""The examples as a stranger runs them, but smaller: real daemon, real workers, real training."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

FASHION_PYTHON = ROOT / ".venv-fashion/bin/python"
PNG = b"\x89PNG\r\n\x1a\n"


def smaller(study, tmp_path, changes):
    """Copy a study file with some of its values changed."""
    text = (ROOT / "examples" / study).read_text()
    for key, value in changes.items():
        text, count = re.subn(rf"^{key} = [^#\n]*", f"{key} = {value} ", text, flags=re.MULTILINE)
        assert count == 1, key
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


def search(tmp_path, *arguments):
    # Its temporary folder goes below ours; settings of this shell must not reach it.
    environment = os.environ | {"TMPDIR": str(tmp_path), "ASHAD_ADDRESS": "127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-m", "examples.search", *map(str, arguments)],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def rows(output):
    """Pick the lines of the table of trials: number, state, ..., worker seconds."""
    return [
        line.split() for line in output.splitlines() if re.match(r" *\d+  [a-z]+ .*\.\d$", line)
    ]


def test_digits_end_to_end(tmp_path):
    changes = {"max_trials": 7, "max_resource": 9, "min_resource": 1, "units": "{ int = [8, 16] }"}
    study = smaller("digits/study.toml", tmp_path, changes)
    ran = search(tmp_path, study, "examples/digits/train.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""

    trials = rows(ran.stdout)
    assert [row[0] for row in trials] == [str(number) for number in range(7)]
    assert {row[1] for row in trials} <= {"completed", "stopped"}
    assert all(len(row) == 12 for row in trials)
    epochs = sum(int(row[8]) for row in trials)
    assert f"Spent: {epochs} epochs on 7 configurations\n" in ran.stdout
    assert f"Saved by stopping early: {63 - epochs} of the 63 epochs of all in full" in ran.stdout
    best = re.search(
        r"^Best: validation_error (\S+) by trial (\d+) at epoch (\d+)", ran.stdout, re.MULTILINE
    )
    assert best
    assert "7 trials (" in ran.stdout  # progress, as it stood at the end
    assert "ended by max trials" in ran.stdout

    database = re.search(r"^The database is kept: (.*)$", ran.stdout, re.MULTILINE)
    assert database
    assert Path(database[1]).stat().st_size > 0


def test_a_population_goes_on_from_checkpoints(tmp_path):
    changes = {"max_resource": 6, "interval": 2, "population": 4}
    study = smaller("schedule/study.toml", tmp_path, changes)
    ran = search(tmp_path, study, "examples/schedule/train.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert max(int(row[0]) for row in rows(ran.stdout)) > 3, "nobody exploited"
    assert re.search(r"^Best: validation_loss \S+ by trial \d+ at epoch", ran.stdout, re.MULTILINE)
    assert len([*tmp_path.rglob("checkpoints/*.npz")]) > 4 * 6 - 4


def test_a_worker_that_fails_ends_the_search_with_its_output(tmp_path):
    worker = tmp_path / "worker.py"
    worker.write_text("raise SystemExit('no such data set')")
    study = smaller("digits/study.toml", tmp_path, {})
    ran = search(tmp_path, study, worker)
    assert ran.returncode == 1
    assert "a worker ended with 1" in ran.stderr
    assert "no such data set" in ran.stderr


def test_a_worker_that_leaves_early_is_a_failure(tmp_path):
    worker = tmp_path / "worker.py"
    worker.write_text("")
    ran = search(tmp_path, smaller("digits/study.toml", tmp_path, {}), worker)
    assert ran.returncode == 1
    assert "the workers ended before the study did" in ran.stderr


def test_a_study_that_is_refused_starts_no_worker(tmp_path):
    worker = tmp_path / "worker.py"
    worker.write_text(f"open({str(tmp_path / 'started')!r}, 'w')")
    study = smaller("digits/study.toml", tmp_path, {"goal": '"sideways"'})
    ran = search(tmp_path, study, worker)
    assert ran.returncode == 1
    assert "goal" in ran.stderr
    assert not (tmp_path / "started").exists()


@pytest.mark.skipif(
    not FASHION_PYTHON.exists(), reason="Fashion-MNIST: examples/fashion_mnist/setup.sh was not run"
)
def test_fashion_mnist_smoke(tmp_path):
    changes = {"images": 1000, "max_resource": 2, "max_duration": '"2m"\nmax_trials = 2'}
    study = smaller("fashion_mnist/study-quick.toml", tmp_path, changes)
    outputs = ["--result", tmp_path / "result.md", "--curves", tmp_path / "curves.png"]
    worker = "examples/fashion_mnist/train.py"
    ran = search(tmp_path, "--python", FASHION_PYTHON, *outputs, study, worker)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [row[0] for row in rows(ran.stdout)] == ["0", "1"]
    assert rows(ran.stdout)[0][2:4] == ["0.1", "128"]  # the point to evaluate comes first
    assert "| 0 | completed | 0.1 | 128 | 2 |" in (tmp_path / "result.md").read_text()
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)


POLYGLOT = ("cpp", "typescript", "java")


@pytest.fixture(scope="module")
def polyglot():
    """Build the workers, as `make demo-polyglot` does; the languages that are not here, by name."""
    missing = []
    for language in POLYGLOT:
        for command in (
            ["-C", f"client/{language}", "check"],
            ["-C", f"examples/polyglot/{language}"],
        ):
            made = subprocess.run(
                ["make", "--silent", *command],
                check=False,
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            if made.returncode and command[-1] == "check":
                missing.append(made.stdout + made.stderr)
                break
            assert made.returncode == 0, made.stdout + made.stderr
    if missing and not os.environ.get("CI"):
        pytest.skip("".join(missing))
    assert not missing


@pytest.mark.languages
@pytest.mark.usefixtures("polyglot")
def test_three_languages_train_one_study(tmp_path):
    data = tmp_path / "digits"
    subprocess.run([sys.executable, "examples/polyglot/export.py", data], check=True, cwd=ROOT)
    workers = [f"{language}=examples/polyglot/{language}/build/train" for language in POLYGLOT]
    ran = search(tmp_path, "--data", data, "examples/polyglot/study.toml", *workers)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    best = re.search(r"^Best: validation_error (\S+)", ran.stdout, re.MULTILINE)
    assert best
    assert float(best[1]) < 0.1  # guessing is 0.9: they learn
    shares = re.findall(r"^(\w+)-\d +(\d+) +(\d+) +(\S+)$", ran.stdout, re.MULTILINE)
    assert {name for name, *_ in shares} == set(POLYGLOT), ran.stdout
    assert sum(int(trials) for _, trials, *_ in shares) == 120
    epochs = sum(int(row[5]) for row in rows(ran.stdout))
    assert sum(int(spent) for _, _, spent, _ in shares) == epochs
