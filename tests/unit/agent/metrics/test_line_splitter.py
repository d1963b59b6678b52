"""Lines, however they arrive."""

from __future__ import annotations

import itertools
import time

from ashad_agent.metrics.line_splitter import LineSplitter
from hypothesis import given
from hypothesis import strategies as st


def split(data, cuts, needles=(), limit=50):
    splitter = LineSplitter(needles, limit)
    points = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    found = []
    for begin, end in itertools.pairwise(points):
        found += splitter.feed(data[begin:end])
    rest = splitter.finish()
    return found, rest


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 10**6)))
def test_where_it_is_cut_makes_no_difference(parts, cuts):
    data = b"\n".join(part.replace(b"\r", b"") for part in parts)
    *whole, rest = data.split(b"\n")
    if max(map(len, (*whole, rest))) <= 50:
        assert split(data, cuts) == (whole, rest)


@given(st.lists(st.integers(0, 99)))
def test_a_piece_that_is_written_over_keeps_its_carriage_return(cuts):
    data = b"a\r\nb\rc\r\n\rd\r"
    assert split(data, cuts) == ([b"a", b"b\r", b"c", b"\r"], b"d\r")


@given(
    st.lists(st.sampled_from([b"x", b"loss", b"los", b"s=1", b"\n"])), st.lists(st.integers(0, 999))
)
def test_only_lines_with_a_needle_are_given(parts, cuts):
    data = b"".join(parts)
    *whole, rest = data.split(b"\n")
    wanted = [line for line in whole if b"loss" in line]
    assert split(data, cuts, [b"loss"], 10**6) == (wanted, rest if b"loss" in rest else b"")


@given(st.integers(1, 300), st.lists(st.integers(0, 999)))
def test_a_line_that_is_too_long_is_given_cut_and_once(length, cuts):
    data = b"a\n" + b"x" * length + b"\nb\n"
    found, rest = split(data, cuts, limit=50)
    assert found == [b"a", (b"x" * length)[:51], b"b"]
    assert rest == b""


def test_a_flood_costs_next_to_nothing():
    """100 MB in lines of two bytes, and one line of 100 MB: less than a second each."""
    for chunk in (b"y\n" * 32768, b"y" * 65536):
        splitter = LineSplitter([b"loss"], 1 << 20)
        begun = time.process_time()
        for _ in range(1600):
            assert splitter.feed(chunk) == []
        assert time.process_time() - begun < 3
