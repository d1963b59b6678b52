"""Settings between class and message: each kind reads back, and a wrong enum is named."""

import dataclasses

import pytest
from ashad.core.errors import RefusalError
from ashad.core.kinds import ALGORITHMS, SAMPLERS, AdaptiveAsha, Asha, Tpe
from ashad.service.messages.settings import read, write
from ashad_client.v1 import ashad_pb2 as pb

KINDS = [("algorithm", ALGORITHMS, kind) for kind in ALGORITHMS] + [
    ("sampler", SAMPLERS, kind) for kind in SAMPLERS
]


@pytest.mark.parametrize(("oneof", "kinds", "kind"), KINDS, ids=[k.name for *_, k in KINDS])
def test_each_kind_reads_back(oneof, kinds, kind):
    message = pb.StudySpec()
    write(message, kind.settings())
    assert message.WhichOneof(oneof) == kind.field
    assert read(message, oneof, kinds) == kind.settings()


@pytest.mark.parametrize(
    ("oneof", "kinds", "settings"),
    [
        ("algorithm", ALGORITHMS, Asha(promotion=True, min_resource=2, eta=2.5, max_rungs=3)),
        ("algorithm", ALGORITHMS, AdaptiveAsha(mode="conservative", bracket_rungs=(3, 1))),
        ("sampler", SAMPLERS, Tpe(0.25, min_points=7)),
    ],
)
def test_what_is_not_default_reads_back_too(oneof, kinds, settings):
    message = pb.StudySpec()
    write(message, settings)
    assert dataclasses.asdict(read(message, oneof, kinds)) == dataclasses.asdict(settings)


def test_what_is_not_set_is_the_default_of_the_class():
    assert read(pb.StudySpec(), "algorithm", ALGORITHMS) is None
    assert read(pb.StudySpec(asha=pb.Asha()), "algorithm", ALGORITHMS) == Asha()


def test_an_unknown_value_of_an_enum_is_refused_by_its_field():
    with pytest.raises(RefusalError) as refusal:
        read(pb.StudySpec(asha=pb.Asha(variant=99)), "algorithm", ALGORITHMS)
    assert refusal.value.fields["field"] == "spec.asha.variant"
    assert refusal.value.reason == "INVALID_SPEC"
