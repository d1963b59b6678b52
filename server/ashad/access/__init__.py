"""Who may call: tokens, their roles, the file that holds them. Knows no contract and no grpc."""

from ashad.access.keyring import Keyring
from ashad.access.tokens import (
    ROLES,
    Denied,
    Role,
    Token,
    TokenFile,
    TokenFileError,
    default_path,
)

__all__ = [
    "ROLES",
    "Denied",
    "Keyring",
    "Role",
    "Token",
    "TokenFile",
    "TokenFileError",
    "default_path",
]
