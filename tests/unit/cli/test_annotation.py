"""Notes and labels at the command line, against a real daemon."""

from __future__ import annotations

import csv
import io
import json
import os
import stat

from ashad_client.v1 import ashad_pb2 as pb


def test_the_note_of_a_study_is_set_shown_and_printed(cli, digits):
    assert cli("study", "note", digits).out == ""
    assert "study digits has this note" in cli("study", "note", digits, "# Why\n\n<b>x</b>").out
    assert cli("study", "note", digits).out == "# Why\n\n<b>x</b>\n"
    assert "note\n  # Why\n\n  <b>x</b>\n" in cli("study", "show", digits).out
    assert json.loads(cli("study", "show", digits, "-o", "json").out)["note"] == "# Why\n\n<b>x</b>"
    assert "has no note" in cli("study", "note", digits, "--clear").out
    assert cli("study", "note", digits).out == ""
    ran = cli.fails("study", "note", digits, "text", "--clear")
    assert "give one of TEXT, --edit and --clear" in ran.err


def test_a_note_is_read_from_the_standard_input_or_written_in_the_editor(cli, digits, tmp_path):
    cli("study", "note", digits, "-", stdin="of a file\nof two lines\n")
    assert cli("study", "note", digits).out == "of a file\nof two lines\n"
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "and more" >> "$1"\ntouch -d "+1 minute" "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    cli("study", "note", digits, "--edit", env={"EDITOR": str(editor)})
    assert cli("study", "note", digits).out == "of a file\nof two lines\nand more\n"
    ran = cli("study", "note", digits, "--edit", env={"EDITOR": "true"})
    assert "the note stays as it was" in ran.out


def test_studies_and_trials_are_found_by_labels(cli, digits, study_file, worker):
    worker.suggest(digits)
    worker.suggest(digits, "another")
    cli("study", "create", "-f", study_file(), "other")
    assert "labels" not in cli("study", "list").out
    assert "study digits: no label" in cli("study", "label", digits).out
    assert "study digits: draft, to do" in cli("study", "label", digits, "to do", "draft").out
    assert "study digits: to do" in cli("study", "label", digits, "--remove", "draft").out
    assert "trial 1 of digits: odd" in cli("trial", "label", digits, "1", "odd").out
    cli("trial", "note", digits, "1", "see\nthis")
    assert "to do" in cli("study", "list").out
    found = csv.DictReader(io.StringIO(cli("study", "list", "--label", "to do", "-o", "csv").out))
    assert [row["study"] for row in found] == [digits]
    assert "no study has the label draft" in cli("study", "list", "--label", "draft").out
    found = list(
        csv.DictReader(io.StringIO(cli("trial", "list", digits, "--label", "odd", "-o", "csv").out))
    )
    assert [(row["trial"], row["labels"], row["note"]) for row in found] == [
        ("1", "odd", "see\nthis")
    ]
    assert "has the label none" in cli("trial", "list", digits, "--label", "none").out
    out = cli("trial", "show", digits, "1").out
    assert "labels  odd\nnote\n  see\n  this\n" in out
    ran = cli.fails("trial", "label", digits, "1", "a,b")
    assert "add_labels: 'a,b' is no label" in ran.err


def test_attributes_are_shown_with_each_attempt(cli, digits, worker):
    attributes = [pb.Attribute(name="host", value="n1"), pb.Attribute(name="run", value="night")]
    request = pb.SuggestRequest(
        study=digits, worker="w", request_id=os.urandom(4).hex(), attributes=attributes
    )
    worker.stub.Suggest(request)
    out = cli("trial", "show", digits, "0").out
    assert "Attempt 1, by w:\n  host  n1\n  run   night\n" in out
    shown = json.loads(cli("trial", "show", digits, "0", "-o", "json").out)
    assert shown["attributes"] == {"host": "n1", "run": "night"}
    assert [one["attributes"] for one in shown["attempts"]] == [shown["attributes"]]
    (row,) = csv.DictReader(io.StringIO(cli("export", digits).out))
    assert json.loads(row["attributes"]) == shown["attributes"]
