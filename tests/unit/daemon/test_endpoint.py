"""Where the daemon may listen: off loopback with TLS and tokens, or not at all."""

import socket

import pytest
from ashad.daemon.endpoint import EndpointSettings, check, in_the_clear
from ashad.daemon.exit_codes import EXIT_CONFIG, StartupError
from ashad.security import certificates


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    certificates.make(folder, ["localhost"])
    return {"tls_cert": folder / "server.pem", "tls_key": folder / "server.key"}


def refused(**wanted):
    with pytest.raises(StartupError) as error:
        check(EndpointSettings(**wanted), pytest.fail)
    assert error.value.code == EXIT_CONFIG
    return str(error.value)


@pytest.mark.parametrize(("address", "shown"), [("127.0.0.1:0", "127.0.0.1"), ("[::1]:5", "[::1]")])
def test_on_loopback_neither_tls_nor_tokens_are_needed(address, shown):
    if "::1" in address and not socket.has_ipv6:
        pytest.skip("no IPv6")
    found = check(EndpointSettings(address), pytest.fail)
    assert (found.local, found.with_tokens, found.certificates, found.shown) == (
        True, False, None, shown,
    )  # fmt: skip
    assert check(EndpointSettings(address, require_tokens=True), pytest.fail).with_tokens


def test_off_loopback_it_needs_tls_and_has_tokens_by_itself(certs):
    assert "it needs TLS" in refused(address="0.0.0.0:0")
    found = check(EndpointSettings("0.0.0.0:0", **certs), pytest.fail)
    assert (found.local, found.with_tokens) == (False, True)


def test_who_insists_gets_what_he_insists_on():
    found = check(EndpointSettings("0.0.0.0:0", exposed=True), pytest.fail)
    assert (found.local, found.with_tokens, found.certificates) == (False, False, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["tls_cert"], "--tls-cert needs --tls-key"), (["tls_key"], "--tls-key needs --tls-cert"),
        (["tls_client_ca"], "--tls-client-ca needs --tls-cert and --tls-key"),
    ],
)  # fmt: skip
def test_half_of_the_tls_files_is_refused_by_flag(tmp_path, given, words):
    assert words in refused(address="127.0.0.1:0", **dict.fromkeys(given, tmp_path / "x"))


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:65536", "no-such-host.invalid:1"])
def test_an_address_that_is_none(address):
    assert refused(address=address).startswith("address")


def test_the_web_listens_in_the_clear():
    assert in_the_clear("127.0.0.1:0").with_tokens is False
