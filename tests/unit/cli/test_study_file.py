"""Study files: bytes to plain data, bounded, with nothing executed and nothing guessed."""

import contextlib
import json
import time

import pytest
from ashad.cli.studyfile.study import YAML
from ashad.cli.studyfile.yaml_text import MAX_YAML_BYTES, parse_yaml
from ashad_client.dialect import file
from ashad_client.dialect.file import MAX_BYTES, UnreadableError, parse_toml
from hypothesis import given
from hypothesis import strategies as st


def load(path):
    return file.load(path, YAML)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        (".5", 0.5),
        ("-2.", -2.0),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("'true'", "true"),
        ("'7'", "7"),
        ('"1e-4"', "1e-4"),
        ("~", None),
        ("", None),
        ("2024-01-02", "2024-01-02"),
        ("1_000", "1_000"),
        ("[1, [2]]", [1, [2]]),
        ("{a: 1}", {"a": 1}),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_yaml_scalars_follow_version_1_2(text, value):
    found = parse_yaml(f"key: {text}\n")["key"]
    assert (found, type(found)) == (value, type(value))


def test_yaml_infinities_and_nan_are_numbers():
    data = parse_yaml("a: .inf\nb: -.Inf\nc: .nan\n")
    assert data["a"] == float("inf")
    assert data["b"] == float("-inf")
    assert data["c"] != data["c"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 'line 3: the key "a" is there twice'),
        ("x: {k: 1, k: 2}\n", 'line 1: the key "k" is there twice'),
        ("1: a\n", "line 1: a key must be text"),
        ("? [a]\n: 1\n", "line 1: a key must be text"),
        ("a: &x 1\nb: *x\n", "line 1: anchors and aliases"),
        ("a: *x\n", "line 1: anchors and aliases"),
        ("a: !!python/object/apply:os.system [id]\n", "line 1: tags"),
        ("a: !!int 7\n", "line 1: tags"),
        ("a: [\n", "not YAML: "),
        ("a: b: c\n", "(line 1, column"),
        ("a: 1\n---\nb: 1\n", "one YAML document, not 2"),
        ("", "one YAML document, not 0"),
        ("- 1\n", "must be a table"),
        ("a: \x07\n", "not YAML: "),
        ("a: " + "[" * 33 + "]" * 33, "nested deeper than 32"),
        ("a: " + "[" * 60_000, "nested deeper than 32"),
        ("a:" + "".join("\n" + " " * i + "- " for i in range(1, 40)) + "1\n", "nested deeper"),
    ],
)
def test_yaml_that_is_refused(text, problem):
    with pytest.raises(UnreadableError) as caught:
        parse_yaml(text)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\na = 2\n", "not TOML: Cannot overwrite a value (at line 2"),
        ("a = \n", "not TOML: Invalid value (at line 1"),
        ("a = " + "[" * 33 + "]" * 33, "nested deeper than 32"),
        ("a = " + "[" * 500_000, "nested deeper than 32"),
        ("a = " + "{a = " * 100_000, "nested deeper than 32"),
        ("a." * 40 + "a = 1", "nested deeper than 32"),
        ("a." * 500_000 + "a = 1", "nested deeper than 32"),
        ("[" + "a." * 20 + "a]\n" + "b." * 20 + "b = 1", "nested deeper than 32"),
        ("a = 1" + "0" * 5000, "not TOML: "),
        ('a = """' + '"" ' * 100_000, "not TOML: "),
    ],
)
def test_toml_that_is_refused(text, problem):
    began = time.process_time()
    with pytest.raises(UnreadableError) as caught:
        parse_toml(text)
    assert problem in str(caught.value)
    assert time.process_time() - began < 5


def test_brackets_in_strings_and_comments_do_not_nest():
    deep = "[" * 50 + "." * 50
    text = f'a = "{deep}\\""\nb = \'{deep}\'\nc = """{deep}\n"" """\n'
    text += f"# {deep}\nd = '''{deep}'''\n"
    assert parse_toml(text)["d"] == deep
    assert len(parse_toml("a = [" + "0.5, " * 1000 + "]")["a"]) == 1000


_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc_", min_size=1), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1), _DATA))
def test_json_is_yaml(data):
    assert parse_yaml(json.dumps(data)) == data


def test_files_by_their_ending(tmp_path):
    for name, content in (
        ("a.toml", b"x = 1"),
        ("a.yaml", b"x: 1"),
        ("a.YML", b"\xef\xbb\xbfx: 1"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert load(path) == {"x": 1}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"", "must end in .toml, .yaml or .yml"),
        ("a.toml", b"#" * (MAX_BYTES + 1), "larger than 1,048,576 bytes"),
        ("a.yaml", b"a: \xff", "not UTF-8 text (byte 3)"),
        (
            "a.yaml",
            b"a: " + b"x" * MAX_YAML_BYTES,
            "YAML larger than 65,536 characters",
        ),
    ],
)
def test_files_that_are_refused(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        load(path)
    assert problem in str(caught.value)


@pytest.mark.slow
def test_the_largest_file_is_read_in_seconds(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a:\n" + "- [1.5, x]\n" * 5_900)
    began = time.process_time()
    assert len(load(path)["a"]) == 5_900
    assert time.process_time() - began < 30


@given(st.text(), st.text("[]{}:,-#&*!|>'\"\\ \n\tab01.=?%@`~"))
def test_any_text_is_read_or_refused(text, marks):
    for parse in (parse_toml, parse_yaml):
        for content in (text, marks):
            with contextlib.suppress(UnreadableError):
                assert isinstance(parse(content), dict)
