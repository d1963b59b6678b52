"""`ashad replay`: its figures by hand, and what the records do not tell is said."""

import pytest
from ashad.cli.commands.replay import _change
from ashad_client.v1 import ashad_pb2 as pb

CURVES = {  # nine trials: the loss is the trial's number and a half, but trial 5 ends best
    trial: {r: 0.25 if trial == 5 and r == 9 else trial + 0.5 for r in range(1, 10)}
    for trial in range(9)
}


@pytest.fixture
def searched(cli, study_file, worker):
    """A study whose trials were all trained in full, one after the other."""

    def search(swaps):
        cli("study", "create", "-f", study_file(swaps))
        while (lease := worker.suggest("digits", "w")).lease_token:
            for resource in range(1, 10):
                value = CURVES[lease.trial][resource]
                decision = worker.report(lease, resource, value, checkpoint_uri="c")
                if decision.action != pb.ACTION_CONTINUE:
                    break
        return cli

    return search


RANDOM = {'type = "asha"\neta = 3': 'type = "random"'}


def table(out):
    lines = [line.split("  ") for line in out.splitlines() if line.strip()]
    return [[word.strip() for word in line if word.strip()] for line in lines]


def test_what_a_search_in_full_would_have_been_with_cuts(searched):
    """Trial 0 is the best at 1 and at 3: every later one stops at 1; so trial 5 is never found."""
    cli = searched(RANDOM)
    out = cli("replay", "digits", "--type", "asha", "--eta", 3).out
    assert "All that it would have asked for is in the records." in out
    head, was, instead, *_ = table(out)
    assert head[-2:] == ["best loss", "curves too short"]
    assert was[0] == "as it was"
    assert was[-5:-3] == ["9", "81"]
    assert was[-2:] == ["0.25", "0"]
    assert instead[-5:-3] == ["1", "17"]  # 9 for trial 0, 1 for each of the others
    assert instead[-2:] == ["0.5", "0"]
    assert out.endswith(
        "The other settings would have found loss 0.5 and not 0.25 for 79% fewer epochs: cheaper, "
        "but worse.\n"
    )
    again = cli("replay", "digits").out
    assert again.endswith("found the same: leave the settings as they are.\n")


def test_where_the_records_end_too_early_it_is_said(searched):
    cli = searched({})
    out = cli("replay", "digits", "--type", "random").out
    assert (
        "The curves of 8 trials begin too late or end too early to know: 1, 2, 3, 4, 5, 6, 7, 8."
        in out
    )
    assert table(out)[2][-2:] == ["0.5 or better", "8"]
    assert "No verdict: the other settings would have trained 8 of 9 trials beyond" in out


def test_a_mode_takes_adaptive_asha(searched):
    cli = searched(RANDOM)
    out = cli("replay", "digits", "--eta", 4, "--mode", "conservative", "--workers", 3).out
    assert "adaptive_asha, variant stopping, mode conservative, eta 4" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--type", "random", "--eta", 3], "random has no such setting"),
        (["--type", "asha", "--eta", 1], "spec.algorithm.eta"),
        (["--type", "hyperband", "--max-rungs", 99], "max_rungs"),
    ],
)
def test_settings_that_cannot_be_are_told(searched, arguments, why):
    ran = searched(RANDOM).fails("replay", "digits", *arguments)
    assert ran.code != 0
    assert why in ran.err


def test_a_study_without_a_report_is_told(digits, cli):
    assert "has no report yet" in cli.fails("replay", digits).err


def test_settings_are_laid_over_those_of_the_study():
    spec = pb.StudySpec(asha=pb.Asha(min_resource=2, eta=3, variant=pb.ASHA_VARIANT_PROMOTION))
    _change(spec, None, {"eta": 4.0})
    assert (spec.asha.min_resource, spec.asha.eta) == (2, 4.0)
    assert spec.asha.variant == pb.ASHA_VARIANT_PROMOTION


def test_an_infeasible_trial_is_as_if_it_had_never_been(cli, study_file, worker):
    cli("study", "create", "-f", study_file(RANDOM))
    lease = worker.suggest("digits", "w")
    worker.report(lease, 1, 0.001)
    failed = pb.FailTrialRequest(
        study=lease.study, trial=lease.trial, attempt=lease.attempt, lease_token=lease.lease_token,
        kind=pb.FAILURE_KIND_INFEASIBLE,
    )  # fmt: skip
    worker.stub.FailTrial(failed, timeout=30)
    lease = worker.suggest("digits", "w")
    worker.report(lease, 1, 0.5)
    assert table(cli("replay", "digits").out)[1][-2] == "0.5 or better"


def test_before_the_first_report_nothing_is_known(cli, study_file, worker):
    """A search that decides at 1 would look ahead in a curve that begins at 3."""
    cli("study", "create", "-f", study_file(RANDOM))
    lease = worker.suggest("digits", "w")
    for resource in (3, 9):
        worker.report(lease, resource, 0.5)
    assert "All that it would" in cli("replay", "digits").out
    out = cli("replay", "digits", "--type", "asha").out
    assert "The curves of 1 trial begin too late or end too early to know: 0." in out


def test_a_bracket_with_too_few_curves_is_no_mistake(cli, study_file, worker):
    kind = {'type = "asha"\neta = 3': 'type = "successive_halving"\neta = 3'}
    cli("study", "create", "-f", study_file(kind))
    lease = worker.suggest("digits", "w")
    worker.report(lease, 1, 0.5, checkpoint_uri="c")
    out = cli("replay", "digits").out
    assert "There is no curve of 8 trials of a bracket" in out
    assert table(out)[1][2:4] == ["1", "9"], out  # in full, epochs: theirs are none
