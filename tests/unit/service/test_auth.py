"""Which rpc needs which right: the table is whole, and a token gets what its role grants."""

import pytest
from ashad.core.errors import RefusalError
from ashad.security import TokenCache, TokenFile
from ashad.security.limits import TransportLimits
from ashad.service.auth import (
    GRANTS,
    NEEDS,
    AuthInterceptor,
    CallRates,
    Need,
    _caller,
    check_scope,
    sees,
)
from ashad_client.v1 import ashad_pb2 as pb

STUDY = "/ashad.v1.StudyService/"
WORK = "/ashad.v1.SchedulerService/"


@pytest.fixture
def tokens(tmp_path):
    return TokenFile(tmp_path / "tokens")


@pytest.fixture
def audit():
    return []


@pytest.fixture
def auth(tokens, audit):
    cache = TokenCache(tokens.path, lambda: 0.0, pytest.fail)
    rates = CallRates(lambda: 100.0, TransportLimits(max_token_rate=1000, max_refused_rate=1000))
    return AuthInterceptor(cache, rates, pytest.fail, lambda event, **facts: audit.append(facts))


def metadata(token):
    return [("user-agent", "x"), ("authorization", f"Bearer {token}")]


def refused(auth, method, given):
    with pytest.raises(RefusalError) as refusal:
        auth.authorize(method, given)
    return refusal.value


def test_every_rpc_of_the_contract_has_its_need():
    rpcs = {
        f"/{service.full_name}/{method.name}"
        for service in pb.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert {name for name in NEEDS if name.startswith("/ashad.v1.")} == rpcs
    assert NEEDS[STUDY + "DeleteStudy"] is Need.ADMIN
    assert NEEDS[WORK + "Report"] is Need.WORK


def test_a_role_grants_what_the_lesser_ones_do():
    assert GRANTS["viewer"] < GRANTS["worker"] < GRANTS["admin"]


@pytest.mark.parametrize(
    ("role", "rpc", "least"),
    [
        ("viewer", WORK + "Report", "worker"), ("viewer", STUDY + "StopStudy", "admin"),
        ("worker", STUDY + "UpdateStudy", "admin"), ("admin", STUDY + "Unheard", "nobody has"),
    ],
)  # fmt: skip
def test_a_role_that_is_too_small_is_told_which_would_do(auth, tokens, role, rpc, least):
    refusal = refused(auth, rpc, metadata(tokens.create(role)[1]))
    assert refusal.reason == "PERMISSION_DENIED"
    assert refusal.message.endswith(f"it needs a token of the role {least}")


def test_calls_of_an_admin_are_audited_without_the_secret(auth, tokens, audit):
    made, token = tokens.create("admin", label="anna")
    assert auth.authorize(STUDY + "GetStudy", metadata(token)).id == made.id
    assert audit == []
    auth.authorize(STUDY + "DeleteStudy", metadata(token))
    assert audit == [{"rpc": STUDY + "DeleteStudy", "token": made.id, "label": "anna"}]


@pytest.mark.parametrize(
    "given", [[], [("authorization", "Bearer ")], [("authorization", "Basic ash_1_x")]]
)
def test_without_a_token_the_fix_is_told(auth, given):
    refusal = refused(auth, WORK + "Report", given)
    assert refusal.reason == "TOKEN_MISSING"
    assert "ASHAD_TOKEN_FILE" in refusal.message


def test_a_probe_needs_none(auth):
    assert auth.authorize("/grpc.health.v1.Health/Check", []) is None


def test_a_token_that_calls_too_often_is_told_to_wait(auth, tokens):
    _, token = tokens.create("viewer", rate=1)
    answers = [
        auth.authorize(STUDY + "GetStudy", metadata(token)) for _ in range(3)
    ]  # two seconds' worth
    assert all(answers)
    assert refused(auth, STUDY + "GetStudy", metadata(token)).reason == "RATE_LIMITED"


def test_a_study_outside_of_the_scope_is_not_there(tokens):
    made, _ = tokens.create("admin", studies=("mine-*",))
    before = _caller.set(made)
    try:
        check_scope("GetStudy", "mine-1")
        assert (sees("mine-1"), sees("other")) == (True, False)
        with pytest.raises(RefusalError) as hidden:
            check_scope("GetStudy", "other")
        assert hidden.value.reason == "STUDY_NOT_FOUND"
        with pytest.raises(RefusalError) as denied:
            check_scope("CreateStudy", "other")
        assert denied.value.reason == "PERMISSION_DENIED"
    finally:
        _caller.reset(before)
    assert sees("other")
