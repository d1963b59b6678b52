"""From plain values to messages and back: a spec says the same both ways."""

import pytest
from ashad.core.kinds import ALGORITHMS, SAMPLERS
from ashad.core.validation.differences import differences
from ashad.service.messages import from_proto, to_proto

from tests.support.specs import GOOD, TREE, WHEN, sampled, with_

SPECS = [
    GOOD,
    *(with_(algorithm=kind.settings()) for kind in ALGORITHMS),
    *(sampled(kind.settings(), TREE, when=WHEN) for kind in SAMPLERS),
]


@pytest.mark.parametrize("spec", SPECS)
def test_a_spec_reads_back_from_its_message(spec):
    again = from_proto.spec(to_proto.spec(spec))
    assert differences(spec, again) == []
    assert list(again.space) == list(spec.space)
