"""What is counted equals a count of all that runs, whatever happens in whatever order."""

import random
from collections import Counter

import pytest
from ashad.scheduler.quotas.rules import Slot, slots
from ashad.scheduler.quotas.usage import Usage

from tests.support import size

STUDIES, TRIALS = range(4), range(3)
OWNERS = ["", "ana", "bob"]
LABELS = [(), ("team=a",), ("team=b", "note"), ("team=a", "queue=night")]


def check(usage, running, labels):
    """Compare with `running` ((study, trial) to owner) and the `labels` of each study."""
    used, holders = Counter(), Counter()
    for (study, _), owner in running.items():
        for slot in slots(f"s{study}", owner, labels[study]):
            used[slot] += 1
            holders[slot, f"s{study}"] += 1
    assert usage.in_use() == sorted(used)
    for slot in used:
        assert usage.used(slot) == used[slot]
        assert usage.holders(slot) == {s: n for (one, s), n in holders.items() if one == slot}
    for study in STUDIES:
        for trial in TRIALS:
            assert usage.owner_of(f"s{study}", trial) == running.get((study, trial))


@pytest.mark.parametrize("seed", range(size(20, 400)))
def test_against_a_count_of_everything(seed):
    dice, usage = random.Random(seed), Usage()
    running, lost, labels = {}, {}, dict.fromkeys(STUDIES, ())

    def begin(study, trial, owner):
        if study not in usage:
            usage.enter(study, f"s{study}", labels[study])
        usage.begin(study, trial, owner)

    counted = dice.randrange(100)  # when there are the first quotas
    for step in range(200):
        if step == counted:
            usage.count()
        study, trial, owner = dice.choice(STUDIES), dice.choice(TRIALS), dice.choice(OWNERS)
        key = study, trial
        match dice.choice(["begin", "begin", "end", "lose", "reclaim", "relabel", "forget"]):
            case "begin":
                begin(study, trial, owner)
                running[key] = owner
                lost.pop(key, None)
            case "end":
                usage.end(study, trial)
                running.pop(key, None)
                lost.pop(key, None)
            case "lose" if key in running:
                usage.end(study, trial, lost=True)
                lost[key] = running.pop(key)
            case "reclaim" if key in lost:
                assert usage.lost_owner(study, trial) == lost[key]
                begin(study, trial, lost[key])
                running[key] = lost.pop(key)
            case "relabel":
                labels[study] = dice.choice(LABELS)
                usage.relabel(study, labels[study])
            case "forget" if dice.random() < 0.2:
                usage.forget(study)
                running = {k: v for k, v in running.items() if k[0] != study}
                lost = {k: v for k, v in lost.items() if k[0] != study}
        if step >= counted:
            check(usage, running, labels)


def test_the_owners_of_a_study():
    usage = Usage()
    usage.count()
    usage.enter(1, "s", ())
    usage.begin(1, 0, "ana")
    usage.begin(1, 1, "")
    assert usage.owners("s") == {"ana", ""}
    assert usage.used(Slot("owner", "ana")) == 1
    assert usage.owners("t") == set()
