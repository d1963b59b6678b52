"""Data frames of a study while it runs: typed, NaN kept apart from missing, in each library."""

import datetime as dt
import math
import subprocess
import sys

import ashad_client
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from ashad_client import choice, integer, uniform
from ashad_client.tables import columns, frame
from ashad_client.v1 import ashad_pb2 as pb

SPACE = {
    "lr": uniform(0, 1),
    "layers": integer(1, 9),
    "opt": choice("adam", "sgd"),
    "nesterov": choice(True, False),
    "size": choice(1, 2.5),
    "any": choice(1, "1"),
    "momentum": uniform(0, 1, when={"opt": "sgd"}),
}
NAN = float("nan")


@pytest.fixture
def study(client, make_study):
    """Three trials: one trained, one that diverged at once, one that runs and has told nothing."""
    name = make_study(space=SPACE, limits={"max_trials": 20})
    trial = client.suggest(name)
    trial.report(1, loss=0.5)
    trial.report(2, loss=0.25, accuracy=0.5)
    trial.complete()
    trial = client.suggest(name)
    trial.report(1, loss=NAN, accuracy=NAN)
    trial.complete()
    client.suggest(name)
    return name


def as_rows(table):
    """The rows of any library, missing as None; NaN stays."""
    if isinstance(table, pd.DataFrame):
        missing = {id(pd.NA), id(pd.NaT)}
        return [
            {name: None if id(value) in missing else value for name, value in row.items()}
            for row in table.astype(object).to_dict("records")
        ]
    return table.to_dicts() if isinstance(table, pl.DataFrame) else table.to_pylist()


@pytest.mark.parametrize("library", frame.LIBRARIES)
def test_trials(client, study, library):
    table = client.frame(study, metrics=["accuracy"], library=library)
    assert type(table).__module__.split(".")[0] == library
    first, second, third = as_rows(table)
    assert [row["trial"] for row in (first, second, third)] == [0, 1, 2]
    assert [row["state"] for row in (first, second, third)] == ["completed", "stopped", "running"]
    assert (first["value"], first["best_value"], first["resource"]) == (0.25, 0.25, 2)
    assert math.isnan(second["value"])
    assert (second["best_value"], third["value"], third["best_value"]) == (None, None, None)
    assert (first["metrics.accuracy"], third["metrics.accuracy"]) == (0.5, None)
    for row in (first, second, third):
        told = client.get_trial(study, row["trial"])
        assert row["create_time"] == told.create_time
        assert row["worker"] == client.worker
        found = {k.removeprefix("params."): v for k, v in row.items() if k.startswith("params.")}
        if library != "pandas":
            assert found.pop("any") == str(told.params["any"])
        assert {k: v for k, v in found.items() if v is not None} == {
            k: v for k, v in told.params.items() if k in found
        }


def test_pandas_has_a_type_for_each_column(client, study):
    table = client.frame(study, library="pandas")
    types = {name: str(dtype) for name, dtype in table.dtypes.items()}
    assert types["trial"] == types["rung"] == types["params.layers"] == "Int64"
    assert types["value"] == types["params.lr"] == types["params.size"] == "Float64"
    assert types["params.nesterov"] == "boolean"
    assert types["state"] == types["message"] == types["params.opt"] == "string"
    assert types["create_time"] == "datetime64[us, UTC]"
    assert types["worker_time"] == "timedelta64[us]"
    assert types["params.any"] == "object"
    assert table["value"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("library", frame.LIBRARIES)
def test_curves(client, study, library):
    rows = as_rows(client.frame(study, curves=True, library=library))
    told = [(row["trial"], row["resource"], row["metrics.accuracy"]) for row in rows]
    assert told[:2] == [(0, 1, None), (0, 2, 0.5)]
    assert told[2][:2] == (1, 1)
    assert math.isnan(told[2][2])
    assert math.isnan(rows[2]["value"])
    stored = list(client.list_reports(study))
    assert [row["commit_seq"] for row in rows] == [report.commit_seq for report in stored]
    assert [row["time"] for row in rows] == [report.time for report in stored]
    assert [row["action"] for row in rows] == ["continue"] * 3


@pytest.mark.parametrize("library", frame.LIBRARIES)
def test_a_study_without_trials_has_the_same_columns_and_types(client, make_study, study, library):
    empty = client.frame(make_study(space=SPACE), library=library)
    full = client.frame(study, library=library)
    assert len(empty) == 0
    if library == "pyarrow":
        assert empty.schema == full.schema
    else:
        assert list(empty.columns) == list(full.columns)
        assert list(empty.dtypes) == list(full.dtypes)
    assert len(client.frame(make_study(), curves=True, library=library)) == 0


def test_pages_and_more_columns_than_one_answer_has():
    """Every trial has its parameters, whatever page or part of the columns they came in."""
    study = pb.Study(name="s")
    names = [f"p{number}" for number in range(150)]
    for name in names:
        study.spec.space.add(name=name).int_range.high = 9
    reader = columns.TrialReader(study)
    asked = []
    while (request := reader.request()) is not None:
        asked.append(request)
        assert len(request.columns) <= 100
        assert request.page_size * len(request.columns) <= 200_000
        page = int(request.page_token or 0)
        trials = [2 * page, 2 * page + 1] if page < 2 else [4]  # the last page has trial 4
        parts = len({request.columns[1] for request in asked})
        trials += [9] if page == 2 and parts == 2 else []  # made in the meantime
        answer = pb.QueryTrialsResponse(next_page_token="" if page == 2 else str(page + 1))
        for name in request.columns:
            column = answer.columns.add(name=name)
            if name == "trial":
                column.integers.extend(trials)
            elif name.startswith("params."):
                column.integers.extend(int(name[8:]) * 10 + trial for trial in trials)
            else:
                column.integers.extend([0] * len(trials))
                column.missing.extend(range(len(trials)))
        reader.take(answer)
    table = frame.frame(reader.columns(), "pandas")
    assert len(asked) == 6
    assert table["trial"].tolist() == [0, 1, 2, 3, 4]
    for number in (0, 80, 99, 149):
        assert table[f"params.p{number}"].tolist() == [number * 10 + trial for trial in range(5)]


def test_what_cannot_be_is_refused_by_its_name(client, study, monkeypatch):
    with pytest.raises(ashad_client.Error, match="one of pandas, polars, pyarrow, not 'dask'"):
        client.frame(study, library="dask")
    with pytest.raises(ashad_client.Error, match="STUDY_NOT_FOUND"):
        client.frame("nothing")
    monkeypatch.setattr(frame.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ashad_client.Error, match=r"pip install 'ashad-client\[frame\]'"):
        client.frame(study)


async def test_the_asyncio_client_has_the_same(daemon, study):
    async with ashad_client.aio.connect(daemon.address) as client:
        table = await client.frame(study, library="polars")
    assert table["trial"].to_list() == [0, 1, 2]


def test_importing_the_client_imports_none_of_it():
    code = "import ashad_client, sys; print(sorted(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in ("pandas", "polars", "pyarrow", "numpy", "matplotlib", "ashad_client.tables"):
        assert f"'{name}'" not in told.stdout


def test_an_export_as_parquet(client, study, daemon, tmp_path):
    for what, rows in (("trials", 3), ("reports", 3)):
        path = tmp_path / f"{what}.parquet"
        line = [sys.executable, "-m", "ashad", "export", study, "--what", what, "-o", str(path)]
        subprocess.run([*line, "--address", daemon.address], check=True)
        table = pyarrow.parquet.read_table(path)
        assert len(table) == rows
        assert [value is None for value in table["value"].to_pylist()] == [
            False, False, what == "trials",
        ]  # fmt: skip
    assert table.schema.field("time").type == pa.timestamp("us", tz="UTC")
    assert table["time"][0].as_py().tzinfo is not None
    assert table["time"][0].as_py() < dt.datetime.now(dt.UTC)
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix == ".parquet") == [
        "reports.parquet", "trials.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize("library", frame.LIBRARIES)
def test_what_outcome_constraints_are_broken(client, make_study, library):
    settings = {"algorithm": {"type": "random"}, "limits": {"max_trials": 9}}
    name = make_study(outcome_constraints=["ms <= 20"], **settings)
    for loss, ms in ((0.5, 31), (0.25, 20), (NAN, 5)):
        trial = client.suggest(name)
        trial.report(1, loss=loss, ms=ms)
        trial.complete()
    client.suggest(name)
    trials = as_rows(client.frame(name, library=library))
    reports = as_rows(client.frame(name, curves=True, library=library))
    for rows, more in ((trials, [(None, None)]), (reports, [])):
        found = [(row["feasible"], row["broken_constraints"]) for row in rows]
        assert found == [(False, "ms <= 20"), (True, None), (None, None), *more]
