"""A daemon with TLS and tokens."""

from __future__ import annotations

import pytest
from ashad.security import TokenFile
from ashad.security.certificates import make

from tests.support.callers import Guarded


@pytest.fixture(scope="module")
def guarded(new_daemon, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    make(folder / "certs", ["localhost", "127.0.0.1"])
    daemon = new_daemon(folder).start(
        "--tls-cert", str(folder / "certs" / "server.pem"),
        "--tls-key", str(folder / "certs" / "server.key"),
        "--require-tokens", "--reflection", "--max-refused-rate", "1000000",
    )  # fmt: skip
    yield Guarded(daemon, folder, TokenFile(folder / "ashad.db.tokens"))
    assert daemon.stop() == 0
