"""What a rule says of a study: the more exact one holds, and a study weighs what its labels do."""

from ashad.scheduler.quotas.rules import QuotaRules, Slot, slots

LABELS = ("team=a", "note", "queue=night")


def test_a_trial_counts_for_all_its_study_its_owner_and_each_label_with_a_value():
    assert list(map(str, slots("s", "ana", LABELS))) == [
        "all", "study s", "owner ana", "label team=a", "label queue=night",
    ]  # fmt: skip
    assert Slot("owner") not in slots("s", "", LABELS), "without tokens there are no owners"


def test_a_quota_of_a_name_holds_before_one_of_each():
    rules = QuotaRules({
        Slot("owner", "*"): 2, Slot("owner", "ana"): 10,
        Slot("label", "team=*"): 5, Slot("label", "team=b"): 0, Slot("study", "*"): 3,
    })  # fmt: skip
    assert dict(rules.bounds("s", "ana", LABELS)) == {
        Slot("study", "s"): 3, Slot("owner", "ana"): 10, Slot("label", "team=a"): 5,
    }  # fmt: skip
    assert dict(rules.bounds("s", "bob", ("team=b",)))[Slot("label", "team=b")] == 0
    assert dict(rules.bounds("s", "bob", ()))[Slot("owner", "bob")] == 2


def test_a_study_weighs_what_is_said_of_it_then_the_most_of_its_labels_then_what_each_does():
    rules = QuotaRules({}, {
        Slot("study", "s"): 3, Slot("label", "team=a"): 5, Slot("label", "queue=*"): 7,
        Slot("study", "*"): 2, Slot("owner", "*"): 4, Slot("owner", "ana"): 9,
    })  # fmt: skip
    assert rules.weight("study", "s", "ana", LABELS) == 3
    assert rules.weight("study", "t", "ana", LABELS) == 7
    assert rules.weight("study", "t", "ana", ()) == 2
    assert rules.weight("owner", "t", "ana", ()) == 9
    assert rules.weight("owner", "t", "bob", ()) == 4
    assert QuotaRules().weight("study", "t", "", ()) == 1
