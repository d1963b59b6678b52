"""A metric has the name of its data set before it; alone it is enough where that is clear."""

from ashad_client.integration.boosting.evaluation import named


def test_a_plain_name_is_there_where_one_data_set_has_it():
    found = [("train", "rmse", 1), ("valid", "rmse", 2), ("valid", "mae", 3)]
    assert named(found) == {"train-rmse": 1, "valid-rmse": 2, "valid-mae": 3, "mae": 3}
    assert named(found, "train")["rmse"] == 2
    assert named(found[:1], "train") == {"train-rmse": 1, "rmse": 1}
    assert named([]) == {}
    two = [*found, ("test", "rmse", 4)]
    assert "rmse" not in named(two, "train")


def test_the_name_of_another_metric_is_not_taken():
    assert named([("a", "b", 1), ("x", "a-b", 2)])["a-b"] == 1
