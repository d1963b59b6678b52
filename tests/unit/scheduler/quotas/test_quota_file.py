"""The operator's file is read strictly: each mistake is refused by its key, with a way out."""

import os

import pytest
from ashad.scheduler.quotas.quota_file import QuotaFileError, Rereader, read_rules
from ashad.scheduler.quotas.rules import QuotaRules, Slot

WHOLE = """
share = ["owner", "study"]
[[quota]]
all = true
trials = 100
[[quota]]
label = "team=*"
trials = 8
[[quota]]
owner = "*"
trials = 4
[[quota]]
study = "digits"
trials = 0
[[weight]]
owner = "ana"
weight = 2
[[weight]]
label = "team=a"
weight = 3
"""
WRONG = {
    "[[quotas]]\n": 'unknown key "quotas"; there are quota, weight, share',
    "quota = 3": "quota: write a table of its own for each: [[quota]]",
    "[[quota]]\nall = true": "[[quota]] 1: trials: give a whole number, 0 to 1000000",
    '[[quota]]\nstudy = "s"\ntrials = -1': "trials: give a whole number, 0 to",
    '[[quota]]\nstudy = "s"\ntrials = true': "trials: give a whole number, 0 to",
    '[[quota]]\nstudy = "s"\ntrials = 1.5': "trials: give a whole number, 0 to",
    "[[quota]]\ntrials = 1": "say for what, by one of all, study, owner, label",
    '[[quota]]\nall = true\nstudy = "s"\ntrials = 1': "say for what, by one of",
    "[[quota]]\nall = false\ntrials = 1": "all: it is true, or left out",
    '[[quota]]\nlabel = "team"\ntrials = 1': "'team' has no value; give KEY=VALUE, or ",
    '[[quota]]\nlabel = "=a"\ntrials = 1': "give KEY=VALUE",
    '[[quota]]\nlabel = "*"\ntrials = 1': '"KEY=*" for each of its values is the only "*"',
    '[[quota]]\nlabel = "*=*"\ntrials = 1': '"KEY=*" for each of its values is the only "*"',
    '[[quota]]\nlabel = "*=a"\ntrials = 1': '"KEY=*" for each of its values is the only "*"',
    '[[quota]]\nlabel = "team=a*"\ntrials = 1': "'team=a*': no pattern is read; \"team=*\" for",
    '[[weight]]\nlabel = "team=**"\nweight = 1': '1: label: \'team=**\': no pattern is read; "',
    '[[quota]]\nowner = "a*"\ntrials = 1': '1: owner: \'a*\': no pattern is read; "*" alone',
    '[[quota]]\nlabel = "a=b,c"\ntrials = 1': "no comma among them",
    '[[quota]]\nstudy = "digits*"\ntrials = 1': "1: study: 'digits*': no pattern is read",
    '[[quota]]\nstudy = "a b"\ntrials = 1': "[[quota]] 1: study: a name has 1 to 200 of A-Z",
    '[[quota]]\nall = true\ntrials = 1\nshare = ["owner"]': "it stands at the head of the file, ",
    "[[quota]]\nall = true\nweight = 1": 'unknown key "weight"; it stands below a [[weight]]',
    "trials = 1": 'unknown key "trials"; it stands below a [[quota]]',
    '[[quota]]\nowner = " ana"\ntrials = 1': "owner: give the label of a token, or its id",
    "[[quota]]\nowner = 3\ntrials = 1": "owner: must be text in quotes",
    '[[quota]]\ntrails = 3\nstudy = "s"': 'unknown key "trails"; there are trials, all, study',
    '[[quota]]\nstudy="s"\ntrials=1\n[[quota]]\nstudy="s"\ntrials=2': "2: study s is there twice",
    '[[weight]]\nstudy = "s"\nweight = 0': "weight: give a whole number, 1 to 1000",
    "[[weight]]\nall = true\nweight = 1": 'unknown key "all"',
    '[[weight]]\nowner = "ana"\nweight = 2': 'owner ana: it weighs nothing; add "owner" to share',
    'share = ["team"]': 'share: give "study", "owner" or both',
    'share = ["study", "study"]': 'share: give "study", "owner" or both',
    "share = []": 'share: give "study", "owner" or both',
    "share = [[1]]": 'share: give "study", "owner" or both',
    "quota = ": "not TOML",
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "quotas.toml"


def test_a_whole_file(path):
    path.write_text(WHOLE)
    rules = read_rules(path)
    assert rules.quotas == {
        Slot("all"): 100, Slot("label", "team=*"): 8, Slot("owner", "*"): 4,
        Slot("study", "digits"): 0,
    }  # fmt: skip
    assert rules.weights == {Slot("owner", "ana"): 2, Slot("label", "team=a"): 3}
    assert rules.share == ("owner", "study")
    path.write_text("")
    assert read_rules(path) == QuotaRules()


@pytest.mark.parametrize(("text", "why"), WRONG.items(), ids=[*map(str, range(len(WRONG)))])
def test_a_mistake_is_told_with_its_key_and_a_fix(path, text, why):
    path.write_text(text)
    with pytest.raises(QuotaFileError) as refused:
        read_rules(path)
    assert why in str(refused.value)
    assert str(refused.value).startswith(f"{path}: ")


def test_a_file_that_is_none_or_that_everybody_may_write(path, tmp_path):
    with pytest.raises(QuotaFileError, match="cannot be read: No such file"):
        read_rules(path)
    with pytest.raises(QuotaFileError, match=r"cannot be read|is no file"):
        read_rules(tmp_path)
    os.mkfifo(path)
    with pytest.raises(QuotaFileError, match="is no file"):
        read_rules(path)
    path.unlink()
    path.write_text(WHOLE)
    path.chmod(0o666)
    with pytest.raises(QuotaFileError, match="may be written by everyone; chmod o-w"):
        read_rules(path)
    path.chmod(0o644)
    path.write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(QuotaFileError, match="larger than"):
        read_rules(path)
    path.write_bytes(b"\xff")
    with pytest.raises(QuotaFileError, match="not TOML"):
        read_rules(path)


def test_a_file_that_cannot_be_taken_leaves_what_was_taken(path):
    taken, said = [], []
    log = lambda event, **facts: said.append((event, facts))
    again = Rereader(path, taken.append, log, log)
    path.write_text("[[quota]]\n")
    again.read()
    assert taken == []
    assert said[0][0] == "quotas_unreadable"
    assert "until it is fixed the old ones hold" in said[0][1]["why"]
    path.write_text(WHOLE)
    again.read()
    assert len(taken) == 1
    assert said[1] == ("quotas_reloaded", {"file": str(path), "quotas": 4})
