"""Numbers as programs print them; what is not wholly a number is none."""

import math

import pytest
from ashad_agent.metrics.number import number_at, number_of, whole_at, whole_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5), ("-.5", -0.5), ("1e-3", 1e-3), ("1.5D-03", 1.5e-3), ("1.000+100", 1e100),
        ("np.float64(0.1)", 0.1), ("tensor(0.1, device='cuda:0')", 0.1), ("0.44+0.01", 0.44),
        ("0.5 +/- 0.1", 0.5), ("'0.5'", 0.5), ("Infinity", math.inf), ("-inf", -math.inf),
        ("1.#INF", math.inf), ("  7", 7.0), ("0.5, next", 0.5), ("0.5\n", 0.5),
    ],
)  # fmt: skip
def test_notations_of_the_field(text, value):
    assert number_at(text, 0).value == value


@pytest.mark.parametrize("text", ["nan", "NaN", "1.#QNAN", "nan(ind)", "tensor(nan)"])
def test_what_is_not_a_number_is_a_reading(text):
    assert math.isnan(number_at(text, 0).value)


@pytest.mark.parametrize(
    "text",
    [
        "1,5", "1'234", "3:20", "10^-3", "12ms", "1.2.3", "5/10", "0x1f", "1 234", "1.5 x 10^-3",
        "abc", "", "10+5", "1e", "3*4",
    ],
)  # fmt: skip
def test_what_is_not_wholly_a_number_is_none(text):
    assert number_at(text, 0) is None


def test_a_number_knows_where_it_ends():
    found = number_at("loss=0.25 lr=1", 5)
    assert (found.value, found.end) == (0.25, 9)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("3/10", 3), ("[3]", 3), ('"3"', 3), ("#7", 7), ("3.0", 3), ("2e+03", 2000),
        ("1.000", None), ("3.5", None), ("-3", None), ("1 234", None), ("3/10x", None),
        ("9" * 19, None),
    ],
)  # fmt: skip
def test_whole_numbers(text, whole):
    assert whole_at(text, 0) == whole


def test_a_text_that_is_a_number():
    assert number_of(" 0.5 ") == 0.5
    assert number_of("0.5 s") is None
    assert whole_of("4d2") == 400
    assert whole_of("1e18") == 10**18
    assert whole_of("1e19") is None
