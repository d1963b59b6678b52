"""Files of metrics: half lines, old content, files that are replaced, tables."""

from __future__ import annotations

import os

import pytest
from ashad_agent.metrics.metric_file import MetricFile, Source, source_of
from ashad_agent.metrics.metric_parser import MetricParser, Reading
from ashad_client import Error

RULES = MetricParser("loss", "epoch")


class File:
    def __init__(self, path):
        self.path = path

    def write(self, text, mode="a"):
        with self.path.open(mode) as file:
            file.write(text)
        # A clock that ticks with each write, however fast the test is.
        now = self.path.stat().st_mtime_ns
        self.ticks = max(getattr(self, "ticks", 0), now) + 1_000_000
        os.utime(self.path, ns=(self.ticks, self.ticks))

    def tail(self, table=False):
        return MetricFile(str(self.path), RULES, table=table)


@pytest.fixture
def file(tmp_path):
    return File(tmp_path / "log")


def values(found):
    return [(said.resource, said.value) for said in found if isinstance(said, Reading)]


def test_lines_as_they_come(file):
    tail = file.tail()
    assert tail.read() == []
    file.write("epoch=1 loss=0.5\nepoch=2 lo")
    assert values(tail.read()) == [(1, 0.5)]
    file.write("ss=0.25\nepoch=3 loss=0.1")
    assert values(tail.read()) == [(2, 0.25)]
    assert values(tail.finish(trust=True)) == [(3, 0.1)]


def test_a_last_line_without_its_end_may_be_half_a_line(file):
    tail = file.tail()
    file.write("epoch=3 loss=0.1")
    assert values(tail.finish(trust=False)) == []


def test_what_was_there_before_is_passed_over(file):
    file.write("epoch=1 loss=9\n")
    tail = file.tail()
    assert values(tail.read()) == []
    file.write("epoch=1 loss=0.5\n")
    assert values(tail.read()) == [(1, 0.5)]


@pytest.mark.parametrize("old", ["epoch=1 loss=9\n" * 50, "epoch=1 loss=9\n", "epoch=1 loss=0.5\n"])
def test_a_file_that_is_written_anew_is_read_from_its_beginning(file, old):
    file.write(old)
    tail = file.tail()
    file.write("epoch=1 loss=0.5\n", "w")
    assert values(tail.read()) == [(1, 0.5)]
    file.write("epoch=2 loss=0.5\n")
    assert values(tail.read()) == [(2, 0.5)]


def test_a_file_that_is_replaced_or_cut(file, tmp_path):
    tail = file.tail()
    file.write("epoch=1 loss=0.5\nepoch=2 loss=0.5\n")
    assert len(values(tail.read())) == 2
    other = File(tmp_path / "other")
    other.write("epoch=3 loss=0.5\nepoch=4 loss=0.5\nepoch=5 loss=0.5\n")
    other.path.rename(file.path)
    assert [at for at, _ in values(tail.read())] == [3, 4, 5]
    file.write("epoch=6 loss=0.5\n", "w")
    assert values(tail.read()) == [(6, 0.5)]


def test_tables(file):
    file.write("epoch,loss,acc\n1,9,9\n")
    tail = file.tail(table=True)
    assert values(tail.read()) == []
    file.write('2,0.5,0.75\n"3", 0.25 ,x\n4,nan,\n\n5,"0,5",1\n6')
    found = [said for said in tail.read() if isinstance(said, Reading)]
    assert [(said.resource, repr(said.value), dict(said.others)) for said in found] == [
        (2, "0.5", {"acc": 0.75}), (3, "0.25", {}), (4, "nan", {}),
    ]  # fmt: skip
    file.write("epoch,loss\n1,0.125\n", "w")
    assert values(tail.read()) == [(1, 0.125)]


def test_a_table_without_the_metric_says_so(file):
    tail = file.tail(table=True)
    file.write("epoch,accuracy\n1,0.5\n")
    assert "no column loss" in tail.read()[0].why


def test_sources():
    assert source_of("stdout") == Source("stdout")
    assert source_of("file:a:b") == Source("lines", "a:b")
    assert source_of("csv:x") == Source("csv", "x")
    for wrong in ("", "file:", "tb:x", "log.txt"):
        with pytest.raises(Error, match="--metrics"):
            source_of(wrong)


def test_a_table_that_is_rewritten_in_place_with_other_columns(file):
    """Lightning does so when a metric comes up: same inode, columns sorted anew, larger."""
    tail = file.tail(table=True)
    file.write("epoch,loss\n1,0.5\n2,0.4\n")
    assert values(tail.read()) == [(1, 0.5), (2, 0.4)]
    with file.path.open("r+") as same:
        same.write("acc,epoch,loss,lr\n,1,0.5,1\n,2,0.4,1\n0.9,3,0.3,1\n")
    said = [one for one in tail.read() if isinstance(one, Reading)]
    assert [(one.resource, one.value, one.again) for one in said] == [
        (1, 0.5, True), (2, 0.4, True), (3, 0.3, False),
    ]  # fmt: skip
    file.write("0.8,4,0.2,1\n")
    assert values(tail.read()) == [(4, 0.2)]


def test_a_table_that_is_cut_and_written_anew(file):
    tail = file.tail(table=True)
    file.write("epoch,loss\n1,0.5\n")
    tail.read()
    file.write("", mode="w")
    assert values(tail.read()) == []
    file.write("loss,epoch\n0.5,1\n0.4,2\n")
    said = [one for one in tail.read() if isinstance(one, Reading)]
    assert [(one.resource, one.value, one.again) for one in said] == [
        (1, 0.5, True), (2, 0.4, False),
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_tables_with_other_delimiters(file, delimiter):
    tail = file.tail(table=True)
    file.write("epoch,loss,note\n1,0.5,a b\n2,,x\n3,0.4,\n".replace(",", delimiter))
    assert values(tail.finish(trust=True)) == [(1, 0.5), (3, 0.4)]


@pytest.mark.parametrize("cell", ["1_000", '"1,000"', "-1", "+5", "", "1.5"])
def test_a_resource_in_a_table_that_cannot_be_read(file, cell):
    tail = file.tail(table=True)
    file.write(f"epoch,loss\n{cell},0.5\n")
    [_, said] = tail.read()
    assert "epoch is no whole number" in said.why


def test_a_second_header_in_a_table(file):
    tail = file.tail(table=True)
    file.write("epoch,loss\n1,0.5\nloss,epoch\n0.4,2\n")
    assert values(tail.read()) == [(1, 0.5), (2, 0.4)]
