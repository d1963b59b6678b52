"""The private daemon as a process: an ordinary daemon that ends with its last user.

Whoever uses it holds a shared lock, which the system takes from a process however it ends, kill -9
included; this process waits for the exclusive one. It takes no orders but those of any daemon.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from pathlib import Path

# The C core of gRPC would write lines of its own into the log; it looks when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from ashad.daemon.endpoint import EndpointSettings
from ashad.daemon.main import Settings, serve
from ashad.daemon.web_port import WebSettings

ADDRESS = "127.0.0.1:0"  # a free port; where it is found is written into the folder


def main(db: Path, folder: Path, *, allow_network_fs: bool) -> int:
    """Serve `db` until nobody holds the lock of users in `folder`; return the exit status."""
    settings = Settings(
        EndpointSettings(ADDRESS),
        db,
        log_format="text",
        log_level="warning",
        allow_network_fs=allow_network_fs,
        web=WebSettings(ADDRESS),
    )
    with (folder / "daemon").open("rb") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)  # held as long as this process lives
        watch = threading.Thread(target=_end_with_users, args=(folder / "users",), daemon=True)
        watch.start()
        return serve(settings)


def _end_with_users(path: Path) -> None:
    """Wait until nobody uses this daemon, then have it end as a service manager would."""
    with path.open("rb") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait()  # the lock is kept: who comes now waits for the end


if __name__ == "__main__":
    sys.exit(
        main(Path(sys.argv[1]), Path(sys.argv[2]), allow_network_fs="allow-network-fs" in sys.argv)
    )
