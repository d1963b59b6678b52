"""Admission: under load reports go before suggests, suggests before reads; no bug's text leaves."""

import pytest
from ashad.core.errors import RefusalError
from ashad.service.admission import AdmissionControl, guarded
from ashad_client.v1 import ashad_pb2 as pb


class Aborted(Exception):
    pass


class Context:
    async def abort(self, code, details, metadata):
        raise Aborted(code.name, dict(metadata)["ashad-reason"], details)


class Service:
    """Three handlers: one that answers, one that refuses, one with a bug."""

    def __init__(self, admission):
        self.admission = admission
        self.calls = 0

    @guarded("report")
    async def Report(self, request, context):
        self.calls += 1
        assert self.admission.under_way == 1
        return request

    @guarded("suggest")
    async def Suggest(self, request, context):
        raise KeyError("secret of ours")

    @guarded("read")
    async def GetStudy(self, request, context):
        raise KeyError("secret of ours")


@pytest.fixture
def told():
    return []


@pytest.fixture
def service(told):
    log = lambda event, **facts: told.append((event, facts))
    quarantine = lambda study: told.append(("quarantine", study))
    return Service(AdmissionControl(log, most=8, quarantine=quarantine))


async def ended(call):
    with pytest.raises(Aborted) as aborted:
        await call
    return aborted.value.args


async def test_a_call_is_counted_in_and_out(service):
    request = pb.ReportRequest(study="s")
    assert await service.Report(request, Context()) is request
    admission = service.admission
    assert (admission.arrived, admission.under_way) == (1, 0)


def fill(admission, rank):
    while True:
        admission.enter(rank)


def test_the_lower_the_rank_the_sooner_it_is_refused():
    admission = AdmissionControl(pytest.fail, most=8)
    admitted = []
    for rank in ("read", "list", "suggest", "report"):
        with pytest.raises(RefusalError, match="overloaded; retry"):
            fill(admission, rank)
        admitted.append(admission.under_way)
    assert admitted == [2, 2, 6, 8]
    admission.leave()
    admission.enter("report")


def test_a_parked_call_makes_room():
    admission = AdmissionControl(pytest.fail, most=4)
    admission.enter("read")
    with admission.parked():
        admission.enter("read")
        admission.leave()
    assert admission.under_way == 1


async def test_while_draining_calls_are_told_to_come_again(service):
    service.admission.draining = True
    code, reason, _ = await ended(service.Report(pb.ReportRequest(), Context()))
    assert (code, reason, service.calls) == ("UNAVAILABLE", "DRAINING", 0)


@pytest.mark.parametrize(
    ("request_", "reason"), [(None, "MALFORMED_MESSAGE"), (5 << 20, "MESSAGE_TOO_LARGE")]
)
async def test_bytes_that_are_no_message(service, request_, reason):
    assert (await ended(service.Report(request_, Context())))[1] == reason
    assert (service.calls, service.admission.under_way) == (0, 0)


async def test_a_bug_is_a_number_and_the_study_that_it_may_have_hurt_is_put_aside(service, told):
    code, _, text = await ended(service.Suggest(pb.SuggestRequest(study="s"), Context()))
    assert code == "INTERNAL"
    assert "secret" not in text
    assert told[0] == ("quarantine", "s")
    assert told[1][1]["number"] in text
    assert service.admission.under_way == 0


async def test_a_bug_in_a_read_puts_nothing_aside(service, told):
    await ended(service.GetStudy(pb.GetStudyRequest(study="s"), Context()))
    assert [event for event, _ in told] == ["internal_error"]
