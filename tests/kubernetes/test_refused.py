"""What the server does not take: in its own words, with what was made and how it is removed."""

from __future__ import annotations

import json

import pytest

from tests.kubernetes.control_plane import until

GUEST = {"kind": "User", "name": "guest", "apiGroup": "rbac.authorization.k8s.io"}
FLAGS = ("-n", "2")


def may(place, **resources):
    """Let the guest make such things in the namespace: a group of each."""
    rules = [{"apiGroups": [group], "resources": [name], "verbs": ["create", "get", "patch"]}
             for name, group in resources.items()]  # fmt: skip
    named = {"metadata": {"name": "guest"}, "apiVersion": "rbac.authorization.k8s.io/v1"}
    ref = {"kind": "Role", "name": "guest", "apiGroup": "rbac.authorization.k8s.io"}
    for one in (
        {**named, "kind": "Role", "rules": rules},
        {**named, "kind": "RoleBinding", "subjects": [GUEST], "roleRef": ref},
    ):
        place.kubectl("create", "-f", "-", given=one)


def limit(place, what):
    quota = {"kind": "ResourceQuota", "apiVersion": "v1", "metadata": {"name": "none"},
             "spec": {"hard": {what: "0"}}}  # fmt: skip
    place.kubectl("create", "-f", "-", given=quota)
    until(lambda: "hard" in place.look("resourcequota", "none")["status"])


def made(place):
    return [one["kind"] for one in place.look("jobs,secrets,pods")["items"]]


def refused(place, *flags, **more):
    done = place.launch(*FLAGS, *flags, **more)
    assert done.returncode == 1, done.stdout + done.stderr
    assert place.secret not in done.stderr
    return done.stderr


def test_an_unknown_namespace(digits):
    said = refused(digits, "--namespace", "nowhere")
    assert 'namespaces "nowhere" not found' in said
    assert "nothing was submitted" in said


@pytest.mark.parametrize("what", ["count/jobs.batch", "count/secrets"])
def test_a_quota(digits, what):
    limit(digits, what)
    said = refused(digits)
    assert f"exceeded quota: none, requested: {what}=1, used: {what}=0, limited: {what}=0" in said
    assert "nothing was submitted" in said
    assert made(digits) == []


def test_no_right_at_all(digits):
    said = refused(digits, user="guest")
    assert 'User "guest" cannot create resource "jobs" in API group "batch"' in said
    assert "nothing was submitted" in said
    assert made(digits) == []


def test_a_right_to_jobs_and_none_to_secrets(digits):
    may(digits, jobs="batch")
    said = refused(digits, user="guest")
    assert 'User "guest" cannot' in said
    assert '"secrets"' in said
    assert "nothing was submitted" in said
    assert made(digits) == []


def test_a_right_to_secrets_and_none_to_jobs(digits):
    may(digits, secrets="")
    said = refused(digits, user="guest")
    assert "cannot create resource" in said
    assert made(digits) == []


def test_rights_to_both_are_all_that_it_takes(digits):
    may(digits, jobs="batch", secrets="")
    done = digits.launch(*FLAGS, user="guest")
    assert done.returncode == 0, done.stderr
    assert made(digits)[:2] == ["Job", "Secret"]


def test_a_job_that_is_there_already_is_left_as_it_is(digits):
    assert digits.launch(*FLAGS).returncode == 0
    before = json.dumps(digits.look("secret", "ashad-digits"))
    (digits.folder / "worker.token").write_text(digits.secret + "\n")
    said = refused(digits)
    assert 'jobs.batch "ashad-digits" already exists' in said
    assert "nothing was submitted" in said
    assert "kubectl" in said
    assert "delete secret" not in said  # which the pods of that one need
    assert json.dumps(digits.look("secret", "ashad-digits")) == before


def test_pods_that_a_quota_holds_back_come_when_it_allows_them(digits):
    """The Job itself is taken: what its controller says is where the launcher points to."""
    limit(digits, "pods")
    assert digits.launch(*FLAGS).returncode == 0
    until(lambda: "exceeded quota" in digits.kubectl("describe", "job", "ashad-digits"))
    digits.kubectl("delete", "resourcequota", "none")
    until(lambda: len(digits.attempts()) == 2)
