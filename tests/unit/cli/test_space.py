"""Values typed on the command line take the type of their parameter."""

import pytest
from ashad.cli.studyfile.values import fit_text
from ashad_client.dialect.parameters import configuration, value_of
from ashad_client.v1 import ashad_pb2 as pb

FLOAT = pb.ParameterSpec(name="f", float_range=pb.FloatRange(low=0, high=1))
INT = pb.ParameterSpec(name="i", int_range=pb.IntRange(low=0, high=9))


def choice(*values):
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}
    choices = [pb.ParameterValue(**{kinds[type(value)]: value}) for value in values]
    return pb.ParameterSpec(name="c", categorical=pb.Categorical(choices=choices))


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (FLOAT, "0.1", 0.1),
        (FLOAT, "1", 1.0),
        (FLOAT, "1e-4", 1e-4),
        (FLOAT, "-.5", -0.5),
        (INT, "64", 64),
        (INT, "-3", -3),
        (INT, "2.0", 2),
        (choice("adam", "sgd"), "adam", "adam"),
        (choice("adam", "sgd"), '"adam"', "adam"),
        (choice(1, 2.5, True), "1", 1),
        (choice(1, 2.5, True), "1.0", 1),
        (choice(1, 2.5, True), "2.5", 2.5),
        (choice(1, 2.5, True), "2.50", 2.5),
        (choice(1, 2.5, True), "true", True),
        (choice("1", 1), '"1"', "1"),
        (choice("", "x"), "", ""),
        (pb.ParameterSpec(constant=pb.ParameterValue(int_value=7)), "7", 7),
    ],
)
def test_text_is_read_by_the_space(parameter, text, value):
    found = value_of(fit_text(parameter, text))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("parameter", "text", "problem"),
    [
        (FLOAT, "nan", 'must be a number, not "nan"'),
        (FLOAT, "1e999", "must be finite"),
        (FLOAT, "0,1", "must be a number"),
        (FLOAT, "1_0", "must be a number"),
        (FLOAT, "", "must be a number"),
        (INT, "1.5", "must be a whole number"),
        (INT, "9223372036854775808", "does not fit in 64 bits"),
        (INT, "9" * 5000, "must be a whole number"),
        (choice("adam", True), "adm", 'must be "adam" or true, not "adm"'),
        (choice("1", 1), "1", 'may be "1" or 1; put text in double quotes'),
        (pb.ParameterSpec(constant=pb.ParameterValue(int_value=7)), "8", "must be 7"),
    ],
)
def test_text_that_does_not_fit(parameter, text, problem):
    with pytest.raises(ValueError, match=r"^") as caught:
        fit_text(parameter, text)
    assert problem in str(caught.value)


def test_parameters_travel_in_the_order_of_the_space():
    values = {name: pb.ParameterValue(int_value=1) for name in ("b", "a")}
    made = configuration(values, ["a", "x", "b"])
    assert [parameter.name for parameter in made.params] == ["a", "b"]
