"""Exit statuses of the daemon (those of sysexits.h), and the error that ends its start."""

from __future__ import annotations

EXIT_DATA, EXIT_UNAVAILABLE, EXIT_SOFTWARE, EXIT_IO = 65, 69, 70, 74
EXIT_BUSY, EXIT_CONFIG = 75, 78


class StartupError(Exception):
    """The daemon cannot start; the message says why and what to do, `code` is the exit status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
