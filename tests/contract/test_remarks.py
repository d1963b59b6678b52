"""Notes, labels and attributes over the wire: kept, told wherever a trial is, and found again."""

from __future__ import annotations

from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import PROMOTION, Code, proof, refused

DEADLINE = 9
HOST = [pb.Attribute(name="host", value="n1"), pb.Attribute(name="gpu", value="A100 80GB")]


def told(attributes):
    return {one.name: one.value for one in attributes}


def annotate(wire, study, trial=None, **more):
    if trial is None:
        request = pb.AnnotateStudyRequest(study=study, **more)
        return wire.studies.AnnotateStudy(request, timeout=DEADLINE)
    request = pb.AnnotateTrialRequest(study=study, trial=trial, **more)
    return wire.studies.AnnotateTrial(request, timeout=DEADLINE)


def query(wire, study, columns, *filters):
    request = pb.QueryTrialsRequest(study=study, columns=columns, filters=filters)
    found = wire.studies.QueryTrials(request, timeout=DEADLINE)
    return [list(read(column, found.rows)) for column in found.columns]


def read(column, rows):
    for row in range(rows):
        if row in column.missing:
            yield None
        elif column.dictionary:
            yield column.dictionary[column.indexes[row]].string_value
        else:
            yield column.integers[row]


def suggest(wire, study, worker, attributes=HOST):
    request = pb.SuggestRequest(
        study=study, worker=worker, request_id=worker, attributes=attributes
    )
    return wire.scheduler.Suggest(request, timeout=DEADLINE).assignment


def listed(wire, study, *labels):
    request = pb.ListTrialsRequest(study=study, labels=labels)
    return [t.trial for t in wire.studies.ListTrials(request, timeout=DEADLINE).trials]


def test_a_study_has_a_note_and_labels(wire):
    name = wire.create()
    assert (wire.study(name).note, list(wire.study(name).labels)) == ("", [])
    answer = annotate(wire, name, note="# Why\n\n<b>x</b>", add_labels=["b", "a"])
    assert list(answer.study.labels) == ["a", "b"]
    again = annotate(wire, name, note="# Why\n\n<b>x</b>", add_labels=["a"])
    assert again.commit_seq == answer.commit_seq
    annotate(wire, name, add_labels=["c"], remove_labels=["b", "z"])
    wire.crash()
    found = wire.study(name)
    assert (found.note, list(found.labels)) == ("# Why\n\n<b>x</b>", ["a", "c"])
    annotate(wire, name, note="")
    assert (wire.study(name).note, list(wire.study(name).labels)) == ("", ["a", "c"])


def test_studies_are_found_by_labels(wire):
    names = sorted(wire.create() for _ in range(3))
    annotate(wire, names[0], add_labels=["find-me", "x"])
    annotate(wire, names[2], add_labels=["find-me"])

    def found(*labels, **more):
        request = pb.ListStudiesRequest(labels=labels, **more)
        return wire.studies.ListStudies(request, timeout=DEADLINE)

    assert [study.name for study in found("find-me").studies] == [names[0], names[2]]
    assert [study.name for study in found("x", "find-me").studies] == [names[0]]
    assert list(found("find").studies) == []
    first = found("find-me", page_size=1)
    assert first.next_page_token
    after = found("find-me", page_size=1, page_token=first.next_page_token)
    assert [study.name for study in after.studies] == [names[2]]
    wire.studies.DeleteStudy(pb.DeleteStudyRequest(study=names[2]), timeout=DEADLINE)
    assert [study.name for study in found("find-me").studies] == [names[0]]
    refused(
        wire.studies.ListStudies, pb.ListStudiesRequest(labels=["a,b"]), Code.INVALID_ARGUMENT,
        "INVALID_FIELD", "labels", "'a,b'",
    )  # fmt: skip


def test_a_trial_has_a_note_labels_and_the_attributes_of_its_attempt(wire):
    name = wire.create(asha=PROMOTION)
    held = suggest(wire, name, "w0")
    annotate(wire, name, 0, note="runs", add_labels=["odd"])
    other = suggest(wire, name, "w1", [])
    wire.report(other, 1, 0.9)  # paused
    for trial in (2, 3, 4):
        wire.run(name, 0.5 + trial)
    annotate(wire, name, 1, add_labels=["odd", "paused"])
    trial = wire.trial(name, 0)
    assert (trial.note, list(trial.labels), told(trial.attributes)) == ("runs", ["odd"], told(HOST))
    assert told(wire.trial(name, 1).attributes) == {}
    assert listed(wire, name, "odd") == [0, 1]
    assert listed(wire, name, "paused", "odd") == [1]
    assert listed(wire, name, "none") == []
    request = pb.ListTrialsRequest(
        study=name, labels=["odd"], states=[pb.TRIAL_STATE_PAUSED], page_size=1
    )
    assert [t.trial for t in wire.studies.ListTrials(request, timeout=9).trials] == [1]
    asked = pb.ExplainTrialRequest(study=name, trial=0)
    assert wire.studies.ExplainTrial(asked, timeout=DEADLINE).trial.note == "runs"
    wire.report(held, 1, 0.1)
    best = wire.studies.GetBestTrial(pb.GetBestTrialRequest(study=name), timeout=DEADLINE)
    assert (best.trial.note, told(best.trial.attributes)) == ("runs", told(HOST))
    promoted = suggest(wire, name, "w2", [pb.Attribute(name="host", value="n2")])
    assert (promoted.trial, promoted.attempt) == (0, 2)
    hosts = {"n1": [], "n2": [0]}  # of the latest attempt
    for host, trials in hosts.items():
        is_host = [pb.ParameterValue(string_value=host)]
        test = pb.TrialFilter(column="attributes.host", one_of=is_host)
        assert query(wire, name, ["trial"], test) == [trials]
    wire.crash()
    found = wire.studies.GetTrial(pb.GetTrialRequest(study=name, trial=0), timeout=DEADLINE)
    assert found.trial.note == "runs"
    assert told(found.trial.attributes) == {"host": "n2"}
    assert [(a.attempt, a.worker, told(a.attributes)) for a in found.attempts] == [
        (1, "w0", told(HOST)), (2, "w2", {"host": "n2"}),
    ]  # fmt: skip
    assert found.attempts[0].time.seconds > 1_700_000_000
    cancelled = wire.studies.CancelTrial(pb.CancelTrialRequest(study=name, trial=0), timeout=9)
    assert (cancelled.trial.note, told(cancelled.trial.attributes)) == ("runs", {"host": "n2"})
    annotate(wire, name, 0, note="ended, and said so")
    assert wire.trial(name, 0).note == "ended, and said so"


def test_trials_are_asked_for_by_columns_of_remarks(wire):
    name = wire.create()
    for n, worker in enumerate(("a", "b", "c", "d")):
        attributes = [] if worker == "d" else [pb.Attribute(name="host", value=f"N{n % 2}")]
        suggest(wire, name, worker, attributes)
    ended = wire.trial(name, 0)
    wire.studies.CancelTrial(pb.CancelTrialRequest(study=name, trial=ended.trial), timeout=9)
    annotate(wire, name, 0, add_labels=["to do", "Bad"], note="Look\nhere")
    annotate(wire, name, 1, add_labels=["bad"])
    columns = ["trial", "labels", "note", "attributes.host", "attributes.none"]
    assert query(wire, name, columns) == [
        [0, 1, 2, 3], ["Bad, to do", "bad", None, None], ["Look\nhere", None, None, None],
        ["N0", "N1", "N0", None], [None] * 4,
    ]  # fmt: skip

    def found(column, **test):
        return query(wire, name, ["trial"], pb.TrialFilter(column=column, **test))[0]

    def of(*words):
        return [pb.ParameterValue(string_value=word) for word in words]

    assert found("labels", one_of=of("bad")) == [1]
    assert found("labels", one_of=of("bad", "to do")) == [0, 1]
    assert found("labels", contains="BAD") == [0, 1]
    assert found("labels", contains="d, t") == []  # of one label, not of the text
    assert found("labels", missing=True) == [2, 3]
    assert found("labels", missing=False, contains="do") == [0]
    assert found("note", contains="look") == [0]
    assert found("note", missing=True) == [1, 2, 3]
    assert found("attributes.host", one_of=of("N0")) == [0, 2]
    assert found("attributes.host", contains="n") == [0, 1, 2]
    assert found("attributes.host", missing=True) == [3]
    assert found("attributes.none", missing=False) == []
    both = [
        pb.TrialFilter(column="attributes.host", one_of=of("N0")),
        pb.TrialFilter(column="state", contains="x"),
    ]
    for field, request in {
        "filters[1].column": pb.QueryTrialsRequest(study=name, filters=both),
        "order_by": pb.QueryTrialsRequest(study=name, order_by="labels"),
        "columns[0]": pb.QueryTrialsRequest(study=name, columns=["attributes.a b"]),
    }.items():
        refused(wire.studies.QueryTrials, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", field)
    number = pb.TrialFilter(column="labels", at_least=pb.ParameterValue(int_value=1))
    refused(
        wire.studies.QueryTrials, pb.QueryTrialsRequest(study=name, filters=[number]),
        Code.INVALID_ARGUMENT, "INVALID_FIELD", "filters[0].at_least",
    )  # fmt: skip


def test_a_repeat_of_suggest_keeps_the_attributes_of_the_first(wire):
    name = wire.create()
    first = suggest(wire, name, "w")
    assert suggest(wire, name, "w", [pb.Attribute(name="host", value="other")]) == first
    assert told(wire.trial(name, 0).attributes) == told(HOST)


def test_what_is_refused_changes_nothing(wire):
    name = wire.create()
    taken = suggest(wire, name, "w")
    before = wire.everything(name), wire.rows()
    wrong = {"note": {"note": "\x1b[2J"}, "add_labels": {"add_labels": ["a,b"]}}
    for field, said in wrong.items():
        study = pb.AnnotateStudyRequest(study=name, **said)
        trial = pb.AnnotateTrialRequest(study=name, trial=taken.trial, **said)
        for call, request in (
            (wire.studies.AnnotateStudy, study),
            (wire.studies.AnnotateTrial, trial),
        ):
            refused(call, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", field)
    for trial in (-1, 1):  # -1 is how the core calls the study
        request = pb.AnnotateTrialRequest(study=name, trial=trial, note="x")
        refused(wire.studies.AnnotateTrial, request, Code.NOT_FOUND, "TRIAL_NOT_FOUND")
    bad = pb.SuggestRequest(
        study=name, worker="v", request_id="q", attributes=[pb.Attribute(name="a b", value="x")]
    )
    refused(
        wire.scheduler.Suggest, bad, Code.INVALID_ARGUMENT, "INVALID_FIELD", "attributes['a b']"
    )
    assert (wire.everything(name), wire.rows()) == before


def test_whoever_watches_is_told(wire):
    name = wire.create()
    held = suggest(wire, name, "w")
    annotate(wire, name, note="n")
    annotate(wire, name, held.trial, add_labels=["l"])
    watch = wire.studies.WatchStudy(pb.WatchStudyRequest(study=name), timeout=DEADLINE)
    answer = next(watch)
    watch.cancel()
    kinds = [(c.kind, c.HasField("trial")) for c in answer.changes]
    assert kinds == [
        ("CREATED", False),
        ("ASSIGNED", True),
        ("ANNOTATED", False),
        ("ANNOTATED", True),
    ]
    assert answer.study.note == "n"
    assert list(answer.changes[3].trial.labels) == ["l"]
    assert told(answer.changes[1].trial.attributes) == told(HOST)
    wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(held)), timeout=DEADLINE)
