"""A manifest as YAML: read back, it is what was written, whatever reads it."""

import yaml
from ashad_agent.fleet.yaml_text import yaml_of
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "no",
        "Yes",
        "null",
        "~",
        "1.0",
        "1e3",
        "0x1F",
        "1_000",
        "12:30:45",
        "a: b",
        "- a",
        "# c",
        "",
        "$(A)",
    ]
)
VALUES = st.none() | st.booleans() | st.integers() | TEXT
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)


@given(st.dictionaries(TEXT, TREES, max_size=4))
def test_what_is_written_is_read(data):
    assert yaml.safe_load(yaml_of(data)) == data


def test_it_is_as_a_person_would_write_it():
    data = {"kind": "Job", "spec": {"rules": [{"action": "Ignore", "on": []}], "many": 2}}
    assert yaml_of(data) == (
        'kind: Job\nspec:\n  rules:\n    - action: Ignore\n      "on": []\n  many: 2\n'
    )
