"""Constraints: what is read, what holds, and what is refused with the place."""

import pytest
from ashad.core.constraints import (
    DEEP,
    MOST_CHARACTERS,
    MOST_TOKENS,
    ConstraintError,
    broken,
    concerned,
    mistakes,
    parse,
)
from ashad.core.space import Choice, Constant, Float, Int

SPACE = {
    "lr": Float(0.0, 1.0),
    "low": Float(0.0, 1.0),
    "batch-size": Int(1, 512),
    "units": Int(1, 512),
    "opt": Choice(("sgd", "adam", "5")),
    "flag": Choice((True, False)),
    "mixed": Choice((1, 2.5)),
    "name": Constant("x"),
}
HERE = {"lr": 0.5, "low": 0.25, "batch-size": 64, "units": 32, "opt": "sgd", "flag": True}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("low < lr", True),
        ("lr <= low", False),
        ("lr >= 0.5 and lr <= 0.5", True),
        ("lr != .5", False),
        ("2 * low == lr", True),
        ("units + `batch-size` <= 96", True),
        ("units + `batch-size` - 1 > 95", False),
        ("`batch-size` - units == 32", True),
        ("-units < -31.5", True),
        ("1e-1 + lr < 0.6", False),
        ("not (opt == 'sgd' and lr > 0.4)", False),
        ('not (opt == "adam" and lr > 0.4)', True),
        ("opt != 'adam' or lr < 0.1", True),
        ("lr < 0.1 or low < 0.1 or units == 32", True),
        ("not not flag == true", True),
        ("flag == false", False),
        ("lr < 0.1 and low < 0.1 or units == 32", True),  # `and` binds closer
        ("lr < 0.1 and (low < 0.1 or units == 32)", False),
        ("nothing < lr", True),  # of a parameter that is not there
        ("not (nothing > 1) and lr > 1", True),
    ],
)
def test_what_holds(text, holds):
    assert parse(text).holds(HERE) is holds
    assert broken([text], HERE) == (None if holds else text)


def test_true_is_not_one():
    for value, holds in ((1, False), (True, True)):
        assert parse("flag == true").holds({"flag": value}) is holds
        assert parse("flag != true").holds({"flag": value}) is not holds
    assert not parse("a == b").holds({"a": 1, "b": True})
    assert parse("a == b").holds({"a": 1, "b": 1.0})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "needs a parameter or a value before its end"),
        ("lr", "needs one of < <= == != >= > before its end"),
        ("lr <", "before its end"),
        ("lr < 1 lr", "ends before 'lr'"),
        ("(lr < 1", "a ( is not closed"),
        ("lr < 1 and", "before its end"),
        ("1 < 2", "names no parameter"),
        ("lr = 1", "cannot be read from '= 1' on"),
        ("lr * 2 < 1", "before '*'"),
        ("2 * 3 < lr", "only a number times a parameter"),
        ("lr + 'x' < 1", "'x' cannot be added"),
        ("-true == flag", "'true' cannot be added"),
        ("__import__('os').system('true') == 0", "cannot be read from"),
        ("lr < 1; low < 1", "cannot be read from '; low < 1' on"),
        ("not " * (DEEP + 2) + "lr < 1", "nested deeper"),
        ("(" * 20 + "lr < 1" + ")" * 20, "nested deeper"),
        ("lr < 1" + " + 1" * MOST_TOKENS, "words and marks"),
        ("lr < 1" + " " * MOST_CHARACTERS, "characters"),
        ("low < lr < 1", "ends before '<'"),
    ],
)
def test_what_is_no_constraint_is_refused_with_the_place(text, why):
    with pytest.raises(ConstraintError) as error:
        parse(text)
    assert why in str(error.value)
    assert list(mistakes(text, SPACE)) == [f"{text[:100]!r}: {error.value}"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("depth < 3", "there is no parameter 'depth' in the space"),
        ("opt < 'sgd'", "opt is no number: compare it by == or !="),
        ("opt == 'sdg'", "opt must be one of 'sgd', 'adam', '5', not 'sdg'"),
        ("opt == 5", "not 5"),
        ("opt + 1 == lr", "opt is no number and cannot be added"),
        ("lr == 'x'", "lr is a number, 'x' is none"),
        ("units > true", "units is a number, True is none"),
        ("flag > 0", "flag is no number"),
    ],
)
def test_what_is_no_constraint_of_this_space_is_refused(text, why):
    assert why in " ".join(mistakes(text, SPACE))


@pytest.mark.parametrize(
    "text", ["opt == 'sgd'", "'sgd' != opt", "flag == true", "mixed > 1.5", "opt == name", "0 < lr"]
)
def test_what_fits_is_taken(text):
    assert list(mistakes(text, SPACE)) == []


def test_what_they_are_about_is_with_its_parents():
    when = {"low": (("opt", ("sgd",)),), "opt": (("flag", (True,)),)}
    space = {name: SPACE[name] for name in ("flag", "opt", "lr", "low", "units")}
    assert list(concerned(["low < 1"], space, when)) == ["flag", "opt", "low"]
