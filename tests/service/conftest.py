"""One daemon for each file of tests; every test has studies of its own."""

from __future__ import annotations

import pytest
from wire import Wire


@pytest.fixture(scope="module")
def wire(new_daemon, tmp_path_factory):
    daemon = new_daemon(tmp_path_factory.mktemp("service")).start()
    yield (started := Wire(daemon))
    started.channel.close()
    if daemon.process.poll() is None:
        assert daemon.stop() == 0
