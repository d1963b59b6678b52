"""The asked metric, by its exact name; what is missing is refused with what there is."""

import ashad_client
import pytest
from ashad_client.integration.metric import value_of

LOGS = {"loss": 1.5, "val_loss": 2.5}


def test_the_asked_one():
    assert value_of("val_loss", LOGS, "Keras") == 2.5


@pytest.mark.parametrize(
    ("asked", "has", "said"),
    [
        ("valid_loss", LOGS, r"loss, val_loss; did you mean 'val_loss'\? Name it with metric="),
        ("accuracy", LOGS, r"it has: loss, val_loss\. Name it"),
        ("loss", {}, r"it has: none at all\."),
    ],
)  # fmt: skip
def test_one_that_is_not_there(asked, has, said):
    with pytest.raises(ashad_client.Error, match=said) as refused:
        value_of(asked, has, "Keras")
    assert refused.value.reason == "METRIC_MISSING"
