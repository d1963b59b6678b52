"""The metrics of a report: read from their text, and which are lacking."""

import math

from ashad.core import metrics


def test_they_are_read_with_what_is_no_number():
    read = metrics.read('{"a": 1, "b": "nan", "c": "-inf"}')
    assert (read["a"], read["c"]) == (1.0, -math.inf)
    assert math.isnan(read["b"])
    assert metrics.read(None) == {}


def test_each_lacking_one_is_named_once():
    assert metrics.lacking(["b", "a", "b", "c"], '{"a": 1}') == ["b", "c"]
    assert metrics.lacking(["a"], '{"a": "nan"}') == []
