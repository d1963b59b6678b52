"""From messages to plain values: what is wrong is named."""

import pytest
from ashad.core.errors import RefusalError
from ashad.service.messages import from_proto
from ashad_client.v1 import ashad_pb2 as pb


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "the report has none"),
        (["val_los"], "the report has 'val_los'"),
        (list("abcdefg"), "the report has 'a', 'b', 'c', 'd', 'e' and 2 more"),
    ],
)
def test_a_missing_metric_is_told_with_those_that_were_given(names, said):
    with pytest.raises(RefusalError) as refused:
        from_proto.metrics([pb.Metric(name=name, value=1.0) for name in names], "loss")
    assert refused.value.reason == "METRIC_MISSING"
    assert refused.value.message == f"metrics: the study's metric 'loss' is missing; {said}"
