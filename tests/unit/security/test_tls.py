"""The daemon's certificates: files that do not fit are refused, good ones stay in use."""

from datetime import UTC, datetime

import pytest
from ashad.security import certificates
from ashad.security.tls import Certificates, Files, TlsFileError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    for name in ("a", "b"):
        certificates.make(folder / name, ["localhost"])
    return folder


def files(folder, ca=None):
    return Files(folder / "server.pem", folder / "server.key", ca)


def test_good_files_are_in_use_with_their_end(made):
    found = Certificates(files(made / "a", made / "a" / "ca.pem"), pytest.fail)
    assert found.expires > datetime.now(UTC)
    assert found.credentials() is not None


@pytest.mark.parametrize(
    ("cert", "key", "ca", "words"),
    [
        ("a/server.pem", "b/server.key", None, "is not the key of"),
        ("a/server.key", "a/server.key", None, "is no PEM certificate"),
        ("a/none.pem", "a/server.key", None, "No such file"),
        ("a", "a/server.key", None, "is no file"),
        ("a/server.pem", "a/server.key", "a/server.key", "holds no PEM certificate of a CA"),
    ],
)
def test_files_that_do_not_fit_are_refused_by_name(made, cert, key, ca, words):
    with pytest.raises(TlsFileError, match=words):
        Certificates(Files(made / cert, made / key, ca and made / ca), pytest.fail)


def test_a_reload_takes_good_files_and_keeps_the_old_ones_otherwise(made, tmp_path):
    told = []
    for name in ("server.pem", "server.key"):
        (tmp_path / name).write_bytes((made / "a" / name).read_bytes())
    found = Certificates(files(tmp_path), lambda event, **facts: told.append(event))
    (tmp_path / "server.pem").write_bytes((made / "b" / "server.pem").read_bytes())
    assert not found.reload()
    assert found._fetch() is None  # gRPC keeps what it has
    assert told == ["certificates_not_reloaded"]
    (tmp_path / "server.key").write_bytes((made / "b" / "server.key").read_bytes())
    assert found.reload()
    assert found._fetch() is not None
    assert found._fetch() is None
    assert told == ["certificates_not_reloaded"]
