"""The table of kinds: one row for each field of the contract, and the JSON of the store."""

import json

import pytest
from ashad.core.kinds import ALGORITHMS, SAMPLERS, kind_of
from ashad.core.kinds import from_json as read
from ashad.core.spec import to_json
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.specs import with_


@pytest.mark.parametrize(("kinds", "oneof"), [(ALGORITHMS, "algorithm"), (SAMPLERS, "sampler")])
def test_each_field_of_the_contract_has_one_row(kinds, oneof):
    fields = pb.StudySpec.DESCRIPTOR.oneofs_by_name[oneof].fields
    assert {kind.field for kind in kinds} == {field.name for field in fields}
    assert (
        len({kind.settings for kind in kinds}) == len({kind.name for kind in kinds}) == len(kinds)
    )
    assert all(kind.help for kind in kinds)


@pytest.mark.parametrize("kind", ALGORITHMS, ids=lambda kind: kind.name)
def test_an_algorithm_reads_back_from_the_store(kind):
    assert kind_of(kind.settings()) is kind
    spec = with_(algorithm=kind.settings())
    assert read(json.loads(json.dumps(to_json(spec)))) == spec


@pytest.mark.parametrize("kind", SAMPLERS, ids=lambda kind: kind.name)
def test_a_sampler_reads_back_from_the_store(kind):
    spec = with_(sampler=kind.settings())
    assert read(json.loads(json.dumps(to_json(spec)))) == spec


def test_a_spec_of_before_samplers_and_draws():
    plain = to_json(with_())
    for name in ("sampler", "when", "draws"):
        plain.pop(name, None)
    found = read(plain)
    assert type(found.sampler).__name__ == "RandomSampler"
    assert found.draws == 1
    assert type(found.space["drop"]).__name__ == "EarlierFloat"
