"""A writer that waits for the replica, against a socket that speaks as Litestream's does."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from ashad.daemon.replica.confirmation import ALL, ASSIGNMENTS, ConfirmedWriter


class Control(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, said = self.server.answers.pop(0)
        self.server.asked.append((self.path, asked["path"], asked["wait"]))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def address_string(self):
        return ""

    def log_message(self, *_):
        pass


class Inner:
    def __init__(self, path):
        self.path, self.written = path, []
        self.batch = self.probe = self.purge = None

    def commit(self, batch):
        self.written.append(batch)


class Batch:
    def __init__(self, *tables):
        self.rows = dict.fromkeys(tables)


@pytest.fixture
def control(tmp_path):
    with socketserver.UnixStreamServer(str(tmp_path / "s"), Control) as server:
        server.answers, server.asked = [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def synced(txid, replicated):
    return 200, {"status": "synced", "txid": txid, "replicated_txid": replicated}


def writer(tmp_path, what):
    logged = []
    made = ConfirmedWriter(
        Inner(tmp_path / "a.db"), tmp_path / "s", what, lambda event, **_: logged.append(event)
    )
    return made, logged


def test_it_waits_until_the_replica_has_it(control, tmp_path):
    made, logged = writer(tmp_path, ASSIGNMENTS)
    control.answers = [(500, {"error": "disk"}), (200, []), synced(7, 6), synced(7, 7)]
    made.commit(Batch("change", "report"))
    assert control.asked == [("/sync", str(tmp_path / "a.db"), True)] * 4
    assert logged == ["replica_away", "replica_back"]


def test_reports_wait_only_where_all_do(control, tmp_path):
    reports = Batch("report", "entry", "trial")
    writer(tmp_path, ASSIGNMENTS)[0].commit(reports)
    assert control.asked == []
    control.answers = [synced(1, 1)]
    writer(tmp_path, ALL)[0].commit(reports)
    assert len(control.asked) == 1


def test_a_daemon_that_ends_waits_no_more(tmp_path):
    made, logged = writer(tmp_path, ALL)  # nobody listens
    committing = threading.Thread(target=made.commit, args=(Batch("change"),))
    committing.start()
    while not logged:
        assert committing.is_alive()
    made.end()
    committing.join(10)
    assert not committing.is_alive()
    assert logged == ["replica_away"]
